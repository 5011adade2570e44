"""Leaves a folder that cannot be emptied by who may not enter it."""
import os

os.makedirs("locked/inside")
open("locked/inside/file", "w").close()
os.chmod("locked", 0)
