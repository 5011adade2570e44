"""Prints its user id: no two submissions can have the same."""
import os

print("USER", os.getuid())
