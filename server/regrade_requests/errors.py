"""What can be wrong with a request or an answer."""


class RequestRefused(Exception):
    """Nothing was saved. The text says why, for the person who sent it."""
