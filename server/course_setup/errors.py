"""Why a course is not made or changed. The text is for the person who asked for it."""


class SetupRefused(Exception):
    """Nothing was changed."""


class SlugTaken(SetupRefused):
    """Another course has this slug, or had it."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"Another course has the address {slug}, or had it before. Choose another one.")


class TooManyCourses(SetupRefused):
    """The person has made as many courses as is allowed within a year."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"You made {limit} courses within a year, and no more are allowed. An administrator can make another one."
        )


class RowRefused(SetupRefused):
    """One of many assignments cannot be made or changed like this, so none is."""

    def __init__(self, title: str, why: str) -> None:
        super().__init__(f"{title}: {why} Nothing was changed.")
