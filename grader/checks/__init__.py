"""Comparing what came with what was expected, and saying how a wrong gradient is wrong."""
