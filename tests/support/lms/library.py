"""A platform built with `lti1p3platform`: the library does the protocol; this file adds the data and HTTP."""

import json
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request
from lti1p3platform.score import UpdateScoreStatus
from lti1p3platform.service_connector import AssignmentsGradesService


class PlatformRequest(Request):
    def build_metadata(self, request):
        return {"method": "GET", "form_data": {}, "get_data": {}, "headers": {}, "json": None} | request


class Config(LTI1P3PlatformConfAbstract):
    def init_platform_config(self, *, url, tool):
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self._registration = (
            Registration()
            .set_iss(url)
            .set_client_id("library")
            .set_deployment_id("1")
            .set_launch_url(f"{tool}/lti/launch")
            .set_deeplink_launch_url(f"{tool}/lti/deep-link")
            .set_oidc_login_url(f"{tool}/lti/login")
            .set_platform_private_key(pem.decode())
            .set_platform_public_key(public.decode())
        )
        self._registration.set_tool_key_set_url(f"{tool}/lti/jwks")

    def get_registration_by_params(self, **_):
        return self._registration


class Login(OIDCLoginAbstract):
    def set_lti_message_hint(self, **_):
        self._lti_message_hint = "hint"

    def get_redirect(self, url):
        return url


class Launch(LTIAdvantageMessageLaunchAbstract):
    def render_launch_form(self, launch_data, **_):
        return launch_data


class Grades(AssignmentsGradesService):
    """Columns and scores of one course, in `platform.columns` and `platform.scores`."""

    def __init__(self, request, platform):
        super().__init__(request, platform.config, f"{platform.url}/lineitems")
        self.platform = platform

    def find_lineitems(self, resource_id=None, tag=None, **_):
        found = self.platform.columns.values()
        return {"content": [one for one in found if resource_id in {None, one["resourceId"]}], "has_next": False}

    def create_lineitem(self, creation_data):
        address = f"{self.platform.url}/lineitems/{len(self.platform.columns) + 1}"
        self.platform.columns[address] = {**creation_data, "id": address}
        return self.platform.columns[address]

    def update_score(self, line_item_id, score):
        before = self.platform.scores.get(score["userId"])
        if before and datetime.fromisoformat(before["timestamp"]) >= datetime.fromisoformat(score["timestamp"]):
            return UpdateScoreStatus.OLD_TIMESTAMP
        self.platform.scores[score["userId"]] = score
        return UpdateScoreStatus.SUCCESS

    def get_results(self, line_item_id, user_id=None, **_):
        found = [
            {"userId": sub, "resultScore": one["scoreGiven"], "resultMaximum": one["scoreMaximum"]}
            for sub, one in self.platform.scores.items()
            if user_id in {None, sub}
        ]
        return {"content": found, "has_next": False}

    def find_lineitem(self, line_item_id):
        raise NotImplementedError

    update_lineitem = delete_lineitem = find_lineitem


class Library:
    def __init__(self, tool):
        self.columns, self.scores = {}, {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.config = Config(url=self.url, tool=tool)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def login(self, user):
        login = Login(PlatformRequest({}), self.config)
        login.set_lti_message_hint()
        return login.initiate_login(user)

    def launch(self, preflight, *, role, exercise=None, pick=False):
        """The form that the browser posts to the tool after the login."""
        launch = Launch(PlatformRequest({"get_data": preflight}), self.config)
        role = f"http://purl.imsglobal.org/vocab/lis/v2/membership#{role}"
        launch.set_user_data(preflight["login_hint"], [role], full_name="Ada Lovelace")
        launch.set_launch_context_claim("course-1", context_title="Calculus")
        launch.set_ags(f"{self.url}/lineitems")
        if pick:
            launch.set_dl(f"{self.url}/back")
        else:
            launch.set_resource_link_claim("link-1")
            launch.set_custom_parameters_claim({"exercise": exercise})
        return launch.lti_launch()

    def answer(self, method, path, query, headers, body):
        if path == "/jwks":
            return 200, self.config.get_jwks()
        if path == "/token":
            return 200, self.config.get_access_token(dict(parse_qsl(body.decode())))
        request = {"method": method, "get_data": query, "headers": headers, "json": json.loads(body or b"null")}
        grades = Grades(PlatformRequest(request), self)
        number = path.removeprefix("/lineitems").strip("/").partition("/")[0]
        if path.endswith("/scores"):
            answer = grades.handle_resp(grades.handle_update_score, line_item_id=number)
        elif path.endswith("/results"):
            answer = grades.handle_resp(grades.handle_get_results, line_item_id=number)
        elif method == "POST":
            answer = grades.handle_resp(grades.handle_create_lineitem)
        else:
            answer = grades.handle_resp(grades.handle_get_lineitems)
        is_page = isinstance(answer.result, dict) and "has_next" in answer.result
        return answer.code, answer.result["content"] if is_page else answer.result

    def _handler(self):
        library = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = urlsplit(self.path)
                status, content = library.answer(
                    self.command, parts.path, dict(parse_qsl(parts.query)), self.headers, body
                )
                data = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = handle_one  # noqa: N815

            def log_message(self, *_):
                pass

        return Handler
