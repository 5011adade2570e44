import subprocess
import sys
import threading

import pytest

from deploy.dev import base
from deploy.dev.base import SetupError, digest, main, only_one, run


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(base, "ROOT", tmp_path)
    monkeypatch.setattr(base, "VAR", tmp_path / "var")
    return tmp_path


def test_a_digest_follows_the_content(root):
    file = root / "a"
    file.write_text("one")
    before = digest([file])
    file.write_text("two")

    assert digest([file]) != before


def test_a_digest_follows_the_name(root):
    (root / "a").write_text("same")
    (root / "b").write_text("same")

    assert digest([root / "a"]) != digest([root / "b"])


def test_a_digest_ignores_the_order(root):
    (root / "a").write_text("1")
    (root / "b").write_text("2")

    assert digest([root / "a", root / "b"]) == digest([root / "b", root / "a"])


def test_a_failing_command_is_named():
    with pytest.raises(SetupError, match=r"exit code 7: .*sys.exit\(7\)"):
        run([sys.executable, "-c", "import sys; sys.exit(7)"])


def test_a_missing_command_is_named():
    with pytest.raises(SetupError, match="no-such-program is not installed"):
        run(["no-such-program"])


def test_a_set_up_error_is_one_line_without_traceback(capsys):
    def step():
        raise SetupError("there is no cheese")

    with pytest.raises(SystemExit) as ended:
        main(step)

    assert ended.value.code == 1
    assert capsys.readouterr().err == "chainrule: there is no cheese\n"


def test_only_one_process_holds_the_lock(root):
    order = []

    def second():
        with only_one("door"):
            order.append("second")

    with only_one("door"):
        thread = threading.Thread(target=second)
        thread.start()
        order.append("first")
    thread.join()

    assert order == ["first", "second"]


def test_set_up_needs_only_the_standard_library():
    """The modules that run when there is no environment yet, in a Python without packages."""
    script = "import deploy.dev.environment, deploy.dev.frontend, deploy.dev.debian, deploy.dev.services"
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], cwd=base.ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
