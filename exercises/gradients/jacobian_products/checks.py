"""The checks of the three functions."""

from grader.authoring import Trial, check


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """Every function runs and returns something"""
    trial.returned()


@check(points=1, on="powers", gradient=False)
def powers_value(trial: Trial) -> None:
    """`powers` returns the three powers"""
    trial.agrees(part="value")


@check(points=3, on="powers")
def powers_graph(trial: Trial) -> None:
    """The graph of `powers` leads back to `x`"""
    trial.agrees(part="gradients")


@check(points=2, on="powers_vjp")
def product(trial: Trial) -> None:
    """`powers_vjp` is the vector-Jacobian product"""
    trial.agrees()


@check(points=3, on="jacobian")
def whole_jacobian(trial: Trial) -> None:
    """`jacobian` has the right rows and columns for every function"""
    trial.agrees()
