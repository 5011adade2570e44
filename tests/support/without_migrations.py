"""Production's settings for an empty database whose tables are made from the models, without migrations."""

from collections import defaultdict

from server.settings.production import *  # noqa: F403


class _None(defaultdict):
    """No app has migrations."""

    def __contains__(self, app):
        return True


MIGRATION_MODULES = _None(lambda: None)
