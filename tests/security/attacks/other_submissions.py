"""Looks for other submissions: their folders, their modules, their text in memory."""
import gc
import os
import sys

for folder, names, files in os.walk("/scratch"):
    if folder == "/scratch":
        others = [n for n in names if f"/scratch/{n}" != os.getcwd() and n.isdigit()]
        for name in others:
            try:
                print("ESCAPED: found", os.listdir(f"/scratch/{name}"), "of", name)
            except OSError:
                pass
mark = "".join(["the words", " of a ", "previous submission"])
for value in gc.get_objects():
    if isinstance(value, dict) and value is not globals() and any(isinstance(v, str) and mark in v for v in list(value.values())):
        print("ESCAPED: found the words of another submission")
words = mark + " are these"
