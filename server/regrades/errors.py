"""Why a regrade is not changed. The text of an error is for the instructor."""


class RegradeError(Exception):
    """Nothing was changed."""
