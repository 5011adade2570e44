"""Prints for ever."""
def in_call():
    while True:
        print("spam " * 1000)
