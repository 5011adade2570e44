"""Uses the formula."""


def slope(x):
    return 3 * x * x
