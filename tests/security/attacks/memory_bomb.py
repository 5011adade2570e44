"""Takes all the memory there is, in Python objects."""
def in_call():
    hoard = []
    while True:
        hoard.append(bytearray(10_000_000))
