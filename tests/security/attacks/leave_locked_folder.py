"""Leaves a folder that the supervisor cannot empty unless it can enter it."""
import os

os.makedirs("locked/inside")
open("locked/inside/file", "w").close()
os.chmod("locked", 0)
