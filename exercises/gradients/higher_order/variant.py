"""The numbers of one learner: the polynomial a x³ + b x² of the example and of the first public case, and a place."""

import random


def numbers(seed: int) -> dict[str, int]:
    """Return a, b and place, and the first three derivatives of a x³ + b x² there."""
    rng = random.Random(seed)
    a, b, place = rng.randint(2, 5), rng.randint(2, 7), rng.randint(2, 4)
    first = 3 * a * place**2 + 2 * b * place
    return {"a": a, "b": b, "place": place, "first": first, "second": 6 * a * place + 2 * b, "third": 6 * a}
