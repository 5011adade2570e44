"""Fixtures of the webhook tests: a receiver on this machine that stores what it gets."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from server.webhooks import services
from server.webhooks.models import EventType


class Receiver:
    """A server that sends the given answers and stores (headers, body) of each request."""

    def __init__(self):
        self.answers, self.requests = [], []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((dict(self.headers), body))
                status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?course=1"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def answers_with(self, *answers):
        self.answers = [answer if isinstance(answer, tuple) else (answer, {}) for answer in answers]

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver(settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def endpoint(assignment, receiver):
    return services.add_endpoint(assignment.course, url=receiver.url, events=list(EventType))
