"""The lists of system calls, and the containers' profiles that are written from them."""

import socket

import pytest

from deploy.sandbox.profile import FOLDER, profile, render
from grader.harness.child.syscalls import ABSENT, ALLOWED, DRIVER, DRIVER_START, SUPERVISOR, build_filter
from tests.grader.harness.own_process import printed

DANGEROUS = [
    "socket",
    "socketpair",
    "connect",
    "bind",
    "execve",
    "execveat",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "keyctl",
    "add_key",
    "request_key",
    "bpf",
    "userfaultfd",
    "shmget",
    "semget",
    "msgget",
    "mq_open",
    "io_uring_setup",
    "kexec_load",
    "unshare",
    "setns",
    "clone3",
    "perf_event_open",
    "init_module",
    "finit_module",
    "delete_module",
    "personality",
    "quotactl",
    "mknod",
    "mknodat",
    "setuid",
    "setresuid",
    "setgroups",
    "capset",
    "chown",
    "fchown",
    "lchown",
    "fchownat",
    "reboot",
    "swapon",
    "sethostname",
    "syslog",
    "open_by_handle_at",
    "name_to_handle_at",
    "fanotify_init",
    "memfd_secret",
    "pidfd_getfd",
    "kcmp",
    "seccomp",
    "sync",
    "syncfs",
    "acct",
    "iopl",
    "ioperm",
]


def names_of(document):
    return {name for rule in document["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]}


@pytest.mark.parametrize("name", DANGEROUS)
def test_dangerous_calls_are_not_allowed(name):
    assert name not in ALLOWED
    assert name not in DRIVER


def test_absent_calls_are_not_allowed():
    assert not set(ABSENT) & set(ALLOWED)


@pytest.mark.parametrize("gpu", [False, True])
def test_the_profiles_on_disk_match_the_lists(gpu):
    assert (FOLDER / f"seccomp{'-gpu' if gpu else ''}.json").read_text() == render(gpu=gpu)


def test_a_container_allows_only_what_children_and_supervisor_need():
    assert names_of(profile()) == {*ALLOWED, *SUPERVISOR}


def test_a_gpu_container_can_listen_but_not_connect():
    (socket_rule,) = (rule for rule in profile(gpu=True)["syscalls"] if rule["names"] == ["socket"])

    assert names_of(profile(gpu=True)) == {*ALLOWED, *SUPERVISOR, *DRIVER, *DRIVER_START, "socket"}
    assert socket_rule["args"] == [{"index": 0, "value": socket.AF_UNIX, "op": "SCMP_CMP_EQ"}]
    assert not {"connect", "accept", "accept4", "sendto", "sendmsg", "socketpair"} & names_of(profile(gpu=True))


def test_existing_threads_get_the_filter_too():
    program = """
import socket, threading
from grader.harness.child.syscalls import build_filter
from grader.harness.system import PR_SET_NO_NEW_PRIVS, load_seccomp, prctl

loaded, seen = threading.Event(), []

def open_socket():
    loaded.wait()
    try:
        seen.append(socket.socket(socket.AF_UNIX).family.name)
    except OSError as error:
        seen.append(type(error).__name__)

thread = threading.Thread(target=open_socket)
thread.start()
code = build_filter(devices=True)
prctl(PR_SET_NO_NEW_PRIVS, 1)
load_seccomp(code)
loaded.set()
thread.join()
print(*seen)
"""
    assert printed(program) == ["PermissionError"]


def test_filters_have_a_size_that_the_kernel_accepts():
    for options in ({}, {"devices": True}, {"forks": False}):
        code = build_filter(**options)

        assert len(code) % 8 == 0
        assert 0 < len(code) // 8 <= 4096
