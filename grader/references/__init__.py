"""Truth: derivatives by autograd in float64, and witnesses that compute the same numbers in another way."""
