"""Leaves files for the next submission, and looks for those of the last one."""
import os
import tempfile

folders = (".", "..", "/scratch", "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", tempfile.gettempdir(), os.path.expanduser("~"))
paths = [f"{folder}/for-the-next-one" for folder in folders]
print(*[f"ESCAPED: found {path}" for path in paths if os.path.exists(path)], sep="\n")
for path in paths:
    try:
        open(path, "w").write("answers")
    except OSError:
        pass
os.makedirs("locked/inside", exist_ok=True)
open("locked/inside/file", "w").close()
