"""Truth: derivatives by autograd in float64, and second witnesses that find the same numbers another way."""
