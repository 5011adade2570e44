"""Writes one file of a gigabyte, sparse and full."""
import os

def in_call():
    for attempt in (lambda f: f.truncate(1 << 30), lambda f: os.posix_fallocate(f.fileno(), 0, 1 << 30), lambda f: f.write(bytes(1 << 27))):
        try:
            with open("large", "wb") as file:
                attempt(file)
                file.flush()
        except OSError:
            continue
        print("ESCAPED: a file of", os.path.getsize("large"))
