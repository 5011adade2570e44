"""A learning platform with pages. Like Moodle, it shows activities in a frame, and it is another site than the server.

For a browser, `localhost` and `127.0.0.1` are two sites, with any port. The platform's pages are on `localhost`.
"""

import html
import json
import re
import urllib.request
import uuid
from urllib.parse import parse_qs

import jwt

from server.lti.platform import claims as c
from tests.support.lms.double import Double

PAGE = "<!doctype html><html lang=en><title>Campus</title><body style='margin:0'>{}"
FORM = "<form method=post action='{address}'>{fields}</form><script>document.forms[0].submit()</script>"
FRAME = "<h1>Campus</h1><iframe src='{src}' title=Activity style='width:100%;height:900px;border:0'></iframe>"


class Campus(Double):
    """`tool` is the server's address. `picked` are the content items of the last deep-linking response.

    Like Moodle, it accepts the hint of a launch once.
    """

    def __init__(self, tool):
        super().__init__()
        self.site = self.url.replace("127.0.0.1", "localhost")
        self.issuer, self.tool, self.picked = self.site, tool, []
        self.used_hints = set()

    def launch(self, sub="s1", role="Learner", exercise=None, *, pick=False, framed=True, column=1):
        """The address of a page of the platform that launches the tool. Each column belongs to an activity."""
        hint = json.dumps({"sub": sub, "role": role, "exercise": exercise, "pick": pick, "column": column})
        address = f"{self.site}/launch?hint={urllib.request.quote(hint)}"
        return f"{self.site}/course?src={urllib.request.quote(address)}" if framed else address

    @property
    def probe(self):
        """The address of a page whose frame shows whether the browser keeps a third-party cookie."""
        return f"{self.site}/course?src={urllib.request.quote(f'{self.url}/probe')}"

    def answer(self, method, path, query, headers, body):
        sent = {name: values[0] for name, values in query.items()}
        match path:
            case "/favicon.ico":
                return 204, b"", {}
            case "/course":
                return page(FRAME.format(src=html.escape(sent["src"])))
            case "/launch":
                login = {"iss": self.issuer, "login_hint": sent["hint"], "client_id": self.client_id}
                login["lti_message_hint"] = uuid.uuid4().hex
                return page(form(f"{self.tool}/lti/login", login | {"target_link_uri": f"{self.tool}/lti/launch"}))
            case "/auth" if sent["lti_message_hint"] in self.used_hints:
                return page(form(sent["redirect_uri"], {"error": "invalid_request", "state": sent["state"]}))
            case "/auth":
                self.used_hints.add(sent["lti_message_hint"])
                token = self.signed(self._claims_for(sent))
                return page(form(sent["redirect_uri"], {"id_token": token, "state": sent["state"]}))
            case "/back":
                return self._read_picked(parse_qs(body.decode())["JWT"][0])
            case "/probe":
                return 302, b"", {"Location": "/probed", "Set-Cookie": "probe=1; SameSite=None; Secure"}
            case "/probed":
                return page("kept" if "probe=1" in headers.get("Cookie", "") else "lost")
            case "/token":
                self.published = self._keys()
        return super().answer(method, path, query, headers, body)

    def _claims_for(self, sent):
        hint = json.loads(sent["login_hint"])
        column = self.address(hint["column"]) if hint["column"] in self.columns and hint["exercise"] else None
        names = {"name": f"Person {hint['sub']}", "email": None}
        launch = self.claims(
            nonce=sent["nonce"],
            sub=hint["sub"],
            roles=[hint["role"]],
            exercise=hint["exercise"],
            link=f"link-{hint['column']}",
            line_item=column,
        )
        if hint["pick"]:
            settings = {"deep_link_return_url": f"{self.site}/back", "accept_types": ["ltiResourceLink"]}
            names |= {c.MESSAGE_TYPE: c.DEEP_LINK_MESSAGE, c.DL_SETTINGS: settings | {"accept_multiple": True}}
        return {name: value for name, value in (launch | names).items() if value is not None}

    def _read_picked(self, token):
        keys = {key["kid"]: jwt.PyJWK(key).key for key in self._keys()["keys"]}
        key = keys[jwt.get_unverified_header(token)["kid"]]
        self.picked = jwt.decode(token, key, algorithms=["RS256"], audience=self.issuer)[c.DL_ITEMS]
        return page(f"{len(self.picked)} added")

    def _keys(self):
        with urllib.request.urlopen(f"{self.tool}/lti/jwks", timeout=10) as answer:
            return json.load(answer)

    def register(self, system, *words):
        """Register this platform for the demo course with `manage.py ltiplatform`."""
        urls = {"auth": f"{self.site}/auth", "token": f"{self.url}/token", "jwks": f"{self.url}/jwks"}
        options = [word for name, url in urls.items() for word in (f"--{name}-url", url)]
        names = ["--issuer", self.issuer, "--client-id", self.client_id, "--deployment-id", self.deployment_id]
        done = system.manage("ltiplatform", "add", *names, *options, "--course", "autograd-demo", *words)
        assert re.search("registered", done.stdout), done.stderr


def form(address, fields):
    inputs = "".join(f"<input type=hidden name={name} value='{html.escape(text)}'>" for name, text in fields.items())
    return FORM.format(address=html.escape(address), fields=inputs)


def page(content):
    return 200, PAGE.format(content).encode(), {}
