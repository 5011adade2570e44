from torch import Tensor


def slope(x: Tensor) -> Tensor:
    """Return the derivative of x**3 at every entry of x."""
    return None
