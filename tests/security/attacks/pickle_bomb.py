"""Returns an object that runs code when it is unpickled."""
class Bomb:
    def __reduce__(self):
        return print, ("ESCAPED: unpickled",)

def sin_derivatives(*args):
    return Bomb(), Bomb()

derivatives_of = sin_derivatives
