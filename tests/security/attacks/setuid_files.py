"""Makes a setuid file, and runs the system's setuid programs."""
import os
import shutil
import subprocess

try:
    shutil.copy("/bin/sh", "shell")
    os.chmod("shell", 0o6755)
except OSError:
    pass
for command in (["./shell", "-p", "-c", "id"], ["/bin/su", "-c", "id"], ["/bin/mount"], ["/bin/sh", "-c", "id"]):
    try:
        print("ESCAPED: ran", command, subprocess.run(command, capture_output=True, timeout=5))
    except OSError:
        pass
