"""Why a snippet is not run. The text of the error is for the reader."""


class NotRun(Exception):
    """The snippet was not run, for a reason that the reader can change."""
