"""A platform that behaves as we measured real ones: a careless tool loses grades here as it does there.

    Moodle   409 for an equal or earlier whole second, 400 for two media types in Accept, a query in a column's address,
             a score that is not final wipes the stored one, a score above the maximum is cut to it, two identical
             posts make two columns; a score for an overridden grade is accepted and changes nothing; a person who is
             not a student now is refused, and so is a deleted column, both with JSON; a token has only the scopes that
             are granted, a request without its scope gets 401, and a request for no granted scope gets `invalid_scope`
    Canvas   400 "before last updated", 403 with X-Rate-Limit-Remaining: 0

It checks signatures with our key set as it last fetched it, and listens on loopback.
"""

import json
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from server.lti.platform import claims as c

SCOPES = [c.LINE_ITEM, c.RESULT, c.SCORE]


@dataclass
class StoredGrade:
    given: float | None = None
    maximum: float = 100.0
    second: int = 0


@dataclass
class Column:
    maximum: float = 100.0
    grades: dict = field(default_factory=dict)
    overridden: dict = field(default_factory=dict)  # points by person, set by hand in the platform's gradebook
    resource: str = ""
    tag: str = ""


def refusal(status, reason):
    """Refuse as Moodle does: the reason is in JSON, beside what was requested."""
    return status, {"status": status, "reason": reason, "request": {"method": "POST", "accept": "*/*"}}


class Double:
    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.kid = "platform-1"
        self.client_id, self.deployment_id = "client-1", "1"
        self.tokens, self.columns, self.people, self.members = {}, {}, {}, []
        self.requests, self.scores, self.answers = [], [], []
        self.published = {"keys": []}  # our key set, as last fetched
        self.down = self.canvas = False
        self.product = ""  # the product family in the claims
        self.granted = [*SCOPES, c.ROSTER]
        self.made_columns = 0
        self.accept_then_hang_up = 0
        self.lifetime = 3600
        self.link_style = "{}"
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.issuer = self.url
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    # Launches

    def claims(self, *, nonce="", sub="s1", roles=("Learner",), exercise=None, link="link-1", line_item=None, **more):
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": sub,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "name": "Ada Lovelace",
            "email": "ada@school.example",
            c.VERSION: "1.3.0",
            c.MESSAGE_TYPE: c.RESOURCE_MESSAGE,
            c.DEPLOYMENT_ID: self.deployment_id,
            c.CONTEXT: {"id": "course-9", "title": "Calculus by machine"},
            c.RESOURCE_LINK: {"id": link, "title": "An activity"},
            c.ROLES: [f"http://purl.imsglobal.org/vocab/lis/v2/membership#{role}" for role in roles],
            c.AGS: {
                "scope": [scope for scope in SCOPES if scope in self.granted],
                "lineitems": f"{self.url}/lineitems?type_id=1",
            },
            c.NRPS: {"context_memberships_url": f"{self.url}/members"},
        }
        if self.product:
            claims[c.TOOL_PLATFORM] = {"product_family_code": self.product, "name": "School"}
        if exercise is not None:
            claims[c.CUSTOM] = {"exercise": exercise}
        if line_item is not None:
            claims[c.AGS]["lineitem"] = line_item
        return {name: value for name, value in (claims | more).items() if value is not None}

    def signed(self, claims, *, key=None, kid=None, algorithm="RS256"):
        return jwt.encode(claims, key or self.key, algorithm=algorithm, headers={"kid": kid or self.kid})

    # Stored columns and grades

    def add_column(self, *, maximum=100.0, resource="", tag=""):
        self.made_columns += 1
        number = self.made_columns
        self.columns[number] = Column(maximum=maximum, resource=resource, tag=tag)
        return self.address(number)

    def address(self, number):
        return f"{self.url}/lineitems/{number}/lineitem?type_id=1"

    def share(self, sub, number=1):
        if sub in self.columns[number].overridden:
            return self.columns[number].overridden[sub] / self.columns[number].maximum
        stored = self.columns[number].grades.get(sub)
        return None if stored is None or stored.given is None else stored.given / self.columns[number].maximum

    # Responses

    def answer(self, method, path, query, headers, body):
        if self.answers:
            return self.answers.pop(0)
        if path == "/jwks":
            public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
            return 200, {"keys": [public | {"kid": self.kid, "alg": "RS256", "use": "sig"}]}
        if path == "/token":
            return self._token(body)
        scopes = self.tokens.get(headers.get("Authorization", "").removeprefix("Bearer "))
        if scopes is None:
            return 401, {"error": "invalid_token"}
        if "," in headers.get("Accept", ""):
            return 400, {"error": "exactly one media type is allowed"}
        found = re.fullmatch(r"/lineitems/(\d+)/lineitem/(scores|results)", path)
        if found and query.get("type_id") == ["1"]:
            column, what = self.columns.get(int(found[1])), found[2]
            if (c.SCORE if what == "scores" else c.RESULT) not in scopes:
                return refusal(401, f"This resource does not support {method} requests.")
            if column is None:
                return refusal(404, f"Not Found: Grade item {found[1]} doesn't exist.")
            if what == "scores" and method == "POST":
                return self._score(column, headers, json.loads(body))
            if what == "results":
                return 200, self._results(column, query)
        if path == "/lineitems":
            allowed = c.LINE_ITEM in scopes
            return self._line_items(method, query, body) if allowed else refusal(401, "No permission.")
        if path == "/members":
            return (200, {"members": self.members}) if c.ROSTER in scopes else refusal(401, "No permission.")
        return 404, {"error": f"nothing at {path}"}

    def _token(self, body):
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        assertion = form["client_assertion"]
        known = {key["kid"]: jwt.PyJWK(key).key for key in self.published["keys"]}
        try:
            key = known[jwt.get_unverified_header(assertion)["kid"]]
            payload = jwt.decode(assertion, key, algorithms=["RS256"], audience=f"{self.url}/token")
        except (KeyError, jwt.PyJWTError) as error:
            return 400, {"error": "invalid_client", "error_description": str(error)}
        assert payload["iss"] == payload["sub"] == self.client_id
        scopes = [scope for scope in form["scope"].split() if scope in self.granted]
        if not scopes:
            return 400, {"error": "invalid_scope"}
        token = uuid.uuid4().hex
        self.tokens[token] = scopes
        return 200, {"access_token": token, "expires_in": self.lifetime, "token_type": "bearer"}

    def _score(self, column, headers, score):
        assert headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
        self.scores.append(score)
        sub = str(score["userId"])
        if self.people.get(sub) != "student":
            return refusal(400, "Incorrect user for this resource")
        second = int(datetime.fromisoformat(score["timestamp"]).timestamp())
        stored = column.grades.setdefault(sub, StoredGrade())
        if second <= stored.second:
            if self.canvas:
                return 400, {"message": "timestamp is before last updated"}
            return 409, {"error": "there is a newer score"}
        stored.second = second
        if score["gradingProgress"] != "FullyGraded" or "scoreGiven" not in score:
            stored.given = None
        else:
            stored.given = min(score["scoreGiven"] / score["scoreMaximum"], 1.0) * column.maximum
        if self.accept_then_hang_up:
            self.accept_then_hang_up -= 1
            return None
        return 200, {}

    def _results(self, column, query):
        wanted = query.get("user_id", [None])[0]
        shown = {sub: stored.given for sub, stored in column.grades.items()} | column.overridden
        return [
            {"userId": sub, "resultMaximum": column.maximum, "resultScore": round(points, 5)}
            for sub, points in shown.items()
            if points is not None and wanted in {None, sub}
        ]

    def _line_items(self, method, query, body):
        if method == "POST":
            item = json.loads(body)
            address = self.add_column(maximum=item["scoreMaximum"], resource=item["resourceId"], tag=item["tag"])
            return 201, item | {"id": address}
        wanted = (query.get("resource_id", [None])[0], query.get("tag", [None])[0])
        return 200, [
            {"id": self.address(number), "resourceId": one.resource, "tag": one.tag, "scoreMaximum": one.maximum}
            for number, one in self.columns.items()
            if wanted[0] in {None, one.resource} and wanted[1] in {None, one.tag}
        ]

    def _handler(self):
        double = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = urlsplit(self.path)
                double.requests.append((self.command, parts.path, dict(self.headers), body))
                answer = (
                    (503, "Down for maintenance", {})
                    if double.down
                    else double.answer(self.command, parts.path, parse_qs(parts.query), self.headers, body)
                )
                if answer is None:
                    self.connection.close()
                    self.close_connection = True
                    return
                status, content, *headers = answer
                is_reason, is_page = isinstance(content, str), isinstance(content, bytes)
                self.send_response(status, content if is_reason else None)
                data = content if is_page else b"" if is_reason else json.dumps(content).encode()
                self.send_header("Content-Type", "text/html" if is_page else "application/json")
                for name, value in (headers[0] if headers else {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = handle_one  # noqa: N815

            def log_message(self, *_):
                pass

        return Handler
