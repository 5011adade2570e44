"""The lists of system calls: closed where they must be, and the containers' profiles in step."""

import pytest

from deploy.sandbox.profile import FOLDER, profile, text
from grader.harness.syscalls import ABSENT, ALLOWED, DRIVER, KEEPER, build_filter

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


def test_a_filter_is_a_program_that_the_kernel_takes():
    for options in ({}, {"devices": True}, {"forks": False}):
        code = build_filter(**options)

        assert len(code) % 8 == 0
        assert 0 < len(code) // 8 <= 4096
