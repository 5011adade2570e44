"""The numbers of one learner: the factor and the place of the example, which the public cases use too."""

import random


def numbers(seed: int) -> dict[str, int]:
    """Return factor and place, and the gradient of factor * x**2 there: once, and after two and three passes."""
    rng = random.Random(seed)
    factor, place = rng.randint(2, 6), rng.randint(2, 7)
    once = 2 * factor * place
    return {"factor": factor, "place": place, "once": once, "twice": 2 * once, "thrice": 3 * once}
