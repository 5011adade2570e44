"""The lists of system calls: closed where they must be, and the containers' profiles in step."""

import socket

import pytest

from deploy.sandbox.profile import FOLDER, profile, text
from grader.harness.child.syscalls import ABSENT, ALLOWED, DRIVER, DRIVER_START, KEEPER, build_filter
from tests.grader.harness.alone import printed

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
def test_a_submission_may_not_make_a_dangerous_call(name):
    assert name not in ALLOWED
    assert name not in DRIVER


def test_what_is_absent_is_not_allowed():
    assert not set(ABSENT) & set(ALLOWED)


@pytest.mark.parametrize("gpu", [False, True])
def test_a_profile_on_disk_is_the_one_that_the_lists_make(gpu):
    assert (FOLDER / f"seccomp{'-gpu' if gpu else ''}.json").read_text() == text(gpu=gpu)


def test_a_container_may_do_what_its_keeper_needs_and_nothing_else():
    assert names_of(profile()) == {*ALLOWED, *KEEPER}


def test_a_container_with_a_gpu_may_start_it_and_no_socket_of_its_can_be_connected():
    (door,) = (rule for rule in profile(gpu=True)["syscalls"] if rule["names"] == ["socket"])

    assert names_of(profile(gpu=True)) == {*ALLOWED, *KEEPER, *DRIVER, *DRIVER_START, "socket"}
    assert door["args"] == [{"index": 0, "value": socket.AF_UNIX, "op": "SCMP_CMP_EQ"}]
    assert not {"connect", "accept", "accept4", "sendto", "sendmsg", "socketpair"} & names_of(profile(gpu=True))


def test_threads_that_were_there_before_are_under_the_filter_too():
    program = """
import socket, threading
from grader.harness.child.syscalls import build_filter
from grader.harness.system import PR_SET_NO_NEW_PRIVS, load_seccomp, prctl

loaded, said = threading.Event(), []

def strike():
    loaded.wait()
    try:
        said.append(socket.socket(socket.AF_UNIX).family.name)
    except OSError as error:
        said.append(type(error).__name__)

thread = threading.Thread(target=strike)
thread.start()
code = build_filter(devices=True)
prctl(PR_SET_NO_NEW_PRIVS, 1)
load_seccomp(code)
loaded.set()
thread.join()
print(*said)
"""
    assert printed(program) == ["PermissionError"]


def test_a_filter_is_a_program_that_the_kernel_takes():
    for options in ({}, {"devices": True}, {"forks": False}):
        code = build_filter(**options)

        assert len(code) % 8 == 0
        assert 0 < len(code) // 8 <= 4096
