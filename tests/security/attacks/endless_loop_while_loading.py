"""Loops for ever before it is loaded."""
while True:
    pass
