"""Returns a list that holds itself."""
def sin_derivatives(*args):
    value = []
    value.append(value)
    return value

derivatives_of = sin_derivatives
