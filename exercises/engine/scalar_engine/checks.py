"""The checks of `Value`: numbers first, then gradients, from plain arithmetic to graphs with many paths."""

from grader.authoring import Trial, check

SMALL = ("arithmetic", "numbers", "functions", "shared")


@check(points=1, on=SMALL, partial=False)
def runs(trial: Trial) -> None:
    """Every operator and function is there, and `backward` runs"""
    trial.returned()


@check(points=1, on=SMALL, gradient=False)
def values(trial: Trial) -> None:
    """`.data` is right"""
    trial.agrees(part="data")


@check(points=2, on="arithmetic")
def arithmetic(trial: Trial) -> None:
    """The gradients of sums, differences, products and quotients"""
    trial.agrees(part="gradients")


@check(points=1, on="numbers")
def numbers(trial: Trial) -> None:
    """The gradients if plain numbers are on either side"""
    trial.agrees(part="gradients")


@check(points=2, on="functions")
def functions(trial: Trial) -> None:
    """The gradients of powers, tanh, exp and relu"""
    trial.agrees(part="gradients")


@check(points=2, on="shared")
def shared(trial: Trial) -> None:
    """The gradients of every node if nodes are used several times"""
    trial.agrees(part="gradients")
    trial.agrees(part="inner")


@check(points=1, on="long", partial=False)
def visited_once(trial: Trial) -> None:
    """Each node is visited once, even if there are many paths"""
    trial.agrees(part="gradients")
