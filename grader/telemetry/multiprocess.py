"""Sharing metric values between the processes of one website or one worker, so that any of them can report for all.

prometheus_client keeps shared values in files of the folder that PROMETHEUS_MULTIPROC_DIR names. An operator can set
that variable; if it is not set, a process chooses a folder with one of the functions below.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prometheus_client import values
from prometheus_client.metrics import MetricWrapperBase

FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def is_shared() -> bool:
    """Whether this process shares its values."""
    return bool(os.environ.get(FOLDER))


def share(folder: Path, metrics: Iterable[MetricWrapperBase]) -> None:
    """Keep the values of these metrics in files of a folder. Does nothing if the operator chose a folder.

    What was counted before is forgotten, as those values belong to this process alone.
    """
    if is_shared():
        return
    for metric in metrics:
        metric.clear()
    os.environ[FOLDER] = str(folder)
    # prometheus_client makes this choice once, when it is imported. Here the role of the process is known only later.
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def private_folder() -> Path:
    """Make a folder for this process and its children; it is removed when this process exits."""
    folder = Path(tempfile.mkdtemp(prefix="chainrule-metrics-"))
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # forked children run exit handlers too
        shutil.rmtree(folder, ignore_errors=True)


def sibling_folder() -> Path:
    """Make the folder that all children of this process's parent use; its name has the parent's id and start time.

    Raises PermissionError if somebody else owns it.
    """
    parent, started = os.getppid(), "unknown"
    with suppress(OSError, IndexError):
        started = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[19]
    folder = Path(tempfile.gettempdir()) / f"chainrule-metrics-{os.geteuid()}-{parent}-{started}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to somebody else: set {FOLDER} to a folder of your own")
    return folder
