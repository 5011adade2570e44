"""Exits with success before any call can be made."""
import os

os._exit(0)
