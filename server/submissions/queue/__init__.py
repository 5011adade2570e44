"""The queue of submissions: send them, find lost ones, see which workers run, estimate the wait."""
