"""The reverse proxy with its real configuration, in front of a server that returns what it received."""

import json
import ssl
import threading
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deploy.dev.base import ROOT
from deploy.dev.debian import find
from deploy.dev.processes import free_port, is_taken, running, wait_until

pytestmark = pytest.mark.slow

HOST = "chainrule.test"


class Website(BaseHTTPRequestHandler):
    """Returns each request. At /stream it sends one event, and the next one when the test allows it."""

    go_on = threading.Event()

    def do_GET(self):
        if self.path == "/stream":
            self.stream()
        else:
            self.answer(json.dumps(dict(self.headers.items())).encode())

    def do_POST(self):
        wanted = int(self.headers["Content-Length"])
        if len(self.rfile.read(wanted)) == wanted:
            self.answer(b"taken")

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"data: first\n\n")
        self.go_on.wait(30)
        self.wfile.write(b"data: second\n\n")

    def log_message(self, *_):
        """Log no requests."""


@contextmanager
def website(port):
    server = ThreadingHTTPServer(("127.0.0.1", port), Website)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Proxy:
    """A running proxy, and a visitor's requests to it."""

    def __init__(self, http, https, behind, folder):
        self.http, self.https, self.behind, self.folder = http, https, behind, folder

    def visit(self):
        authority = self.folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        return Visit(self.https, ssl.create_default_context(cafile=authority))

    def ask(self, method, path, **more):
        """The answer, read to its end."""
        visit = self.visit()
        try:
            visit.request(method, path, **more)
            answer = visit.getresponse()
            answer.body = answer.read()
            return answer
        finally:
            visit.close()


class Visit(HTTPSConnection):
    def __init__(self, port, trust):
        super().__init__(HOST, port, context=trust, timeout=30)

    def connect(self):
        self.host = "127.0.0.1"
        HTTPConnection.connect(self)
        self.host = HOST
        self.sock = self._context.wrap_socket(self.sock, server_hostname=HOST)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxy")
    http, https, behind = free_port(), free_port(), free_port()
    env = {
        "CHAINRULE_HOST": HOST,
        "CHAINRULE_TLS": "internal",
        "CHAINRULE_WEB": f"127.0.0.1:{behind}",
        "HTTP_PORT": str(http),
        "HTTPS_PORT": str(https),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    command = [find("caddy"), "run", "--config", ROOT / "deploy" / "proxy" / "Caddyfile", "--adapter", "caddyfile"]
    log = folder / "caddy.log"
    proxy = Proxy(http, https, behind, folder)
    with running("Caddy", command, log=log, env=env) as process:
        wait_until(lambda: is_taken(https) and is_signed(proxy), name="Caddy", process=process, log=log)
        yield proxy


def is_signed(proxy):
    """Whether the proxy has its certificate, which it makes when it has started."""
    try:
        return proxy.ask("GET", "/metrics").status == 404
    except OSError:
        return False


def test_forwarded_headers_of_a_client_are_ignored(proxy):
    forged = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}
    with website(proxy.behind):
        heard = json.loads(proxy.ask("GET", "/", headers=forged).body)

    assert heard["X-Forwarded-For"] == "127.0.0.1"
    assert heard["X-Forwarded-Proto"] == "https"
    assert heard["X-Forwarded-Host"].partition(":")[0] == HOST
    assert heard["Host"].partition(":")[0] == HOST


def test_events_are_not_buffered(proxy):
    Website.go_on.clear()
    with website(proxy.behind):
        visit = proxy.visit()
        visit.request("GET", "/stream")
        answer = visit.getresponse()
        first = answer.readline()
        Website.go_on.set()
        rest = answer.read()
        visit.close()

    assert first == b"data: first\n"
    assert rest == b"\ndata: second\n\n"


# If a body is too large, Caddy up to 2.6 answers 502, and later ones 413.
@pytest.mark.parametrize(("megabytes", "statuses"), [(9, {200}), (11, {413, 502})])
def test_an_upload_may_be_as_large_as_a_notebook(proxy, megabytes, statuses):
    with website(proxy.behind):
        assert proxy.ask("POST", "/", body=b"x" * megabytes * 1_000_000).status in statuses


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/metrics/of/something"])
def test_metrics_are_not_public(proxy, path):
    with website(proxy.behind):
        assert proxy.ask("GET", path).status == 404


def test_a_request_waits_for_a_website_that_is_being_replaced(proxy):
    statuses = []
    visitor = threading.Thread(target=lambda: statuses.append(proxy.ask("GET", "/").status))
    visitor.start()
    visitor.join(1)
    waited = visitor.is_alive()
    with website(proxy.behind):
        visitor.join()

    assert waited
    assert statuses == [200]


def test_a_request_without_tls_is_redirected(proxy):
    plain = HTTPConnection("127.0.0.1", proxy.http, timeout=30)
    plain.request("GET", "/some/page?x=1", headers={"Host": HOST})
    answer = plain.getresponse()
    plain.close()

    assert answer.status == 308
    assert answer.headers["Location"] == f"https://{HOST}/some/page?x=1"
