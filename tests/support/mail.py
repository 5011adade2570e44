"""E-mails that are sent: by Django's own outbox in memory, and by a real SMTP server that can refuse."""

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from django.core import mail

from deploy.dev.processes import free_port
from server.mail import sender

SMTP = "django.core.mail.backends.smtp.EmailBackend"


def delivered():
    """Send what is queued, as the records worker does, and return all that was sent so far."""
    while sender.send_due():
        pass
    return mail.outbox


class Inbox(Message):
    """Keeps what arrives. `answers` maps addresses to what the server says about them instead of taking the mail."""

    def __init__(self):
        super().__init__()
        self.arrived = []
        self.answers = {}
        self.data_answers = []
        self.connections = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802 aiosmtpd's name
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.data_answers:
            return self.data_answers.pop(0)
        return await super().handle_DATA(server, session, envelope)

    def handle_message(self, message):
        self.arrived.append(message)

    @property
    def addresses(self):
        return [message["To"] for message in self.arrived]


class SmtpServer:
    """A real SMTP server on this machine, and the settings to use it."""

    def __init__(self, settings):
        self.inbox = Inbox()
        self.port = free_port()
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", self.port
        self._controller = None

    def start(self):
        self._controller = Controller(self.inbox, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        return self

    def stop(self):
        if self._controller is not None:
            self._controller.stop()
            self._controller = None
