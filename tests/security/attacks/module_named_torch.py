"""Writes its own torch.py into every folder from which Python imports."""
import os
import sys
from pathlib import Path

for folder in {"." , os.getcwd(), *sys.path}:
    try:
        Path(folder, "torch.py").write_text("print('ESCAPED: a false torch was imported')")
        Path(folder, "sitecustomize.py").write_text("print('ESCAPED: a false sitecustomize was imported')")
        if folder not in (".", os.getcwd()):
            print("ESCAPED: wrote into", folder)
    except OSError:
        pass
