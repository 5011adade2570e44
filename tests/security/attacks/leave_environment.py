"""Leaves variables for the next submission, and looks for those of the last one."""
import os
import sys

if "FOR_THE_NEXT_ONE" in os.environ:
    print("ESCAPED: found the environment of another submission")
os.environ["FOR_THE_NEXT_ONE"] = os.environ["LD_PRELOAD"] = os.environ["PYTHONSTARTUP"] = "x"
secrets = [name for name in os.environ if any(word in name for word in ("TOKEN", "KEY", "SECRET", "PASSWORD", "REDIS", "DATABASE", "DOCKER"))]
if secrets:
    print("ESCAPED: secrets", secrets)
