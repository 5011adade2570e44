import subprocess
import sys

from deploy.dev.base import ROOT


def test_the_table_shows_which_part_takes_how_long(tmp_path):
    (tmp_path / "Makefile").write_text(
        "demo:\n\t@echo first\n\t@python3 work.py\n\t@echo ready: http://127.0.0.1\n\t@exec sleep 60\n"
    )
    (tmp_path / "work.py").write_text("import time\nwhile time.process_time() < 0.5:\n    pass\n")

    done = subprocess.run(
        [sys.executable, "-m", "deploy.dev.timing", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )

    rows = {" ".join(line.split()[4:]) or line: line.split() for line in done.stdout.splitlines()}
    assert done.returncode == 0, done.stderr
    assert float(rows["first"][3]) >= 0.4
    assert done.stdout.splitlines()[-1].endswith("ready")
