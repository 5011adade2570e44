"""Writes until the disk is full."""
import os

def in_call():
    written = 0
    try:
        for number in range(10_000):
            with open(f"fill{number}", "wb") as file:
                for _ in range(16):
                    written += file.write(bytes(1_000_000))
                file.flush()
    except OSError:
        pass
    if written > 300_000_000:
        print("ESCAPED: wrote", written)
    for name in os.listdir("."):
        os.unlink(name)
