"""Starts threads until it is stopped."""
import threading
import time

def in_call():
    started = 0
    try:
        while started < 5000:
            threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
            started += 1
    except RuntimeError:
        return
    print("ESCAPED: no limit to threads")
