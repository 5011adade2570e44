"""Loops for ever and ignores every signal that can be ignored."""
import signal

def in_call():
    for number in signal.valid_signals():
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        pass
