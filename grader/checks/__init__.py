"""Compare a value with the expected one, and explain how a wrong gradient is wrong."""
