"""The notifications app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Notes what people should hear of."""

    name = "server.notifications"

    def ready(self) -> None:
        """Connect to the signals of grades and comments, which are sent inside the transactions that write them."""
        from server.comments.signals import comment_written  # noqa: PLC0415 models can be imported only now
        from server.gradebook.signals import accommodated, grade_changed, results_released  # noqa: PLC0415
        from server.notifications import news  # noqa: PLC0415
        from server.regrade_requests.signals import request_answered  # noqa: PLC0415

        request_answered.connect(news.on_answer, dispatch_uid="notifications: answer to a request")
        comment_written.connect(news.on_comment, dispatch_uid="notifications: comment")
        results_released.connect(news.on_release, dispatch_uid="notifications: release")
        grade_changed.connect(news.on_grade, dispatch_uid="notifications: grade")
        accommodated.connect(news.on_accommodation, dispatch_uid="notifications: accommodation")
