"""The Celery tasks of mail: one line each around a plain function. Their names are part of the protocol."""

from celery import shared_task

from server import queue
from server.mail import sender


@shared_task(name="mail.send")
def send() -> None:
    """Send what is due. If there is more, the next message continues."""
    if sender.send_due():
        queue.publish("mail.send")


@shared_task(name="mail.sweep")
def send_again() -> None:
    """Send what is due: retries, and mails whose message was lost."""
    send()


@shared_task(name="mail.forget")
def delete_old() -> None:
    """Delete old mails."""
    sender.delete_old()
