"""What a reader is told instead of a run. The words are the message."""


class NotRun(Exception):
    """A snippet is not run, for a reason that the reader can do something about."""
