"""Publishes LTI's Celery tasks by name, so that the code they call does not have to import them (see `tasks`)."""

from server import queue


def publish_send(pk: int) -> None:
    """Publish one try at sending a score. If the message is lost, `lti.sweep` publishes it again."""
    queue.publish("lti.send", pk)


def publish_compare(pk: int) -> None:
    """Publish the comparison of a column. If the message is lost, `lti.sweep` publishes it again."""
    queue.publish("lti.compare", pk)


def publish_rosters() -> None:
    """Publish the synchronization of the rosters that are due. It also runs every ten minutes."""
    queue.publish("lti.rosters")
