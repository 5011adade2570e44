"""The checks of the function."""

from grader.authoring import Trial, check

ORDERS = tuple(f"the {number} derivative" for number in ("first", "second", "third", "fourth", "fifth", "sixth"))


@check(points=1, on="lasting", partial=False)
def runs(trial: Trial) -> None:
    """`derivatives` runs and returns something"""
    trial.returned()


@check(points=5, on="lasting")
def every_order(trial: Trial) -> None:
    """Every derivative is right, and in the right place"""
    trial.agrees(what=ORDERS)


@check(points=4, on="vanishing")
def vanishing(trial: Trial) -> None:
    """A derivative that is zero everywhere is returned as zeros"""
    trial.agrees(what=ORDERS)
