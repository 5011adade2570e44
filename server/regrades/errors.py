"""Why a regrade does not move; the text is for the instructor."""


class RegradeError(Exception):
    """Nothing was changed."""
