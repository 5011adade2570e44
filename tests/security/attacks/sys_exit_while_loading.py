"""Calls sys.exit with success before any call can be made."""
import sys

sys.exit(0)
