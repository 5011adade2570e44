"""The system calls that a submission can make. All others fail with EPERM.

It is a list of allowed calls, because a list of dangerous ones is never complete. Left out on purpose: sockets of every
family, execve, ptrace and process_vm_*, mounts, namespaces, keyctl, bpf, userfaultfd, io_uring, perf, kexec, modules,
System V and POSIX message queues, semaphores and shared memory, device nodes, changes of owner and of identity,
memfd_create (none of our limits counts its memory), sync (it stalls the whole machine), and locks of files (bubblewrap
shows files of the machine, and a lock on one would block its other users).
"""

import ctypes.util
import errno
import os
from unittest import mock

# pyseccomp asks for its libraries in a way that starts `ldconfig` or a compiler, which a sandbox does not have.
with mock.patch.object(ctypes.util, "find_library", {"c": "libc.so.6", "seccomp": "libseccomp.so.2"}.get):
    import pyseccomp


def _words(text: str) -> list[str]:
    return text.split()


FILES = _words("""
    access chdir chmod close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
    fallocate fchdir fchmod fchmodat fcntl fdatasync fgetxattr fstat fstatfs fsync ftruncate futimesat getcwd
    getdents getdents64 getxattr lgetxattr link linkat listxattr lseek lstat mkdir mkdirat newfstatat open openat
    pipe pipe2 poll ppoll pread64 preadv preadv2 pselect6 pwrite64 pwritev pwritev2 read readlink readlinkat readv
    rename renameat renameat2 rmdir select sendfile stat statfs statx symlink symlinkat truncate umask unlink
    unlinkat utime utimensat utimes write writev
""")

MEMORY = _words("""
    brk get_mempolicy madvise mincore mmap mprotect mremap msync munmap
""")

PROCESSES = _words("""
    exit exit_group fork vfork futex get_robust_list set_robust_list set_tid_address arch_prctl capget getcpu
    getegid geteuid getgid getgroups getpgid getpgrp getpid getppid getpriority getresgid getresuid getrlimit
    getrusage getsid gettid getuid kill prlimit64 restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask
    rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max
    sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
    sched_setaffinity sched_yield setpgid setrlimit setsid sigaltstack sysinfo tgkill tkill uname wait4 waitid
""")

TIME = _words("""
    alarm clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep pause setitimer time
    timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime
    timerfd_settime times
""")

EVENTS = _words("""
    epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 getrandom signalfd
    signalfd4
""")

ALLOWED = sorted({*FILES, *MEMORY, *PROCESSES, *TIME, *EVENTS})

# These fail with ENOSYS, so that callers fall back to an older call; EPERM they would report as an error.
ABSENT = ("clone3", "futex_waitv", "io_uring_setup", "memfd_create", "openat2")

# What the supervisor needs in addition: to switch user, to confine its children, and to be started.
SUPERVISOR = sorted(
    {
        *("setuid", "setgid", "setresuid", "setresgid", "setgroups", "prctl", "seccomp", "capset", "execve"),
        *("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"),
        *("setpriority", "splice", "pidfd_open", "ioctl", "clone"),
    }
)

# What a GPU's driver needs in addition: to choose the memory node.
DRIVER = ("mbind",)

# What the driver also needs while it starts, before the child forbids these calls: locked memory, and a local socket to
# listen on, for processes that share GPU memory. Neither connect nor accept is allowed.
DRIVER_START = ("bind", "listen", "memfd_create", "mlock", "munlock", "setsockopt")

NAMESPACES = 0x7E020080  # every CLONE_NEW* flag: ns, cgroup, uts, ipc, user, pid, net, time
_CLONE_THREAD = 0x10000
_BY_ARGUMENTS = ("fcntl", "prlimit64")  # allowed with some arguments only
_PRCTL = (15, 16, 3, 23, 39, 0x53564D41)  # set and get a thread's name, three queries, names for memory
_FCNTL = (0, 1, 2, 3, 1030, 1032)  # duplicates, flags, the size of a pipe
_F_SETFL = 4
_KILLS_PROCESSES = 3  # libseccomp's API level for kernels that can; gVisor's of 2022 cannot
_INT = 0xFFFFFFFF  # the kernel reads only 32 bits of such an argument, so the filter compares no more
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX


def build_filter(*, devices: bool = False, forks: bool = True) -> bytes:
    """Return the compiled filter.

    `devices` allows what a GPU's driver needs: every ioctl, and `DRIVER`. If `forks` is false, threads are allowed but
    new processes are not: for a kernel that does not count processes.
    """
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    rules.set_attr(pyseccomp.Attr.CTL_NNP, 0)
    if pyseccomp.get_api() >= _KILLS_PROCESSES:
        # System calls of another architecture kill the process. If they killed only the thread, the threads of a GPU's
        # driver would remain, and the run would end only at its time limit.
        rules.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    rules.set_attr(
        pyseccomp.Attr.CTL_OPTIMIZE, 2
    )  # a binary tree: when it is loaded, the kernel evaluates it for every call
    extra = DRIVER if devices else ()
    for name in (*ALLOWED, *extra):
        if name not in _BY_ARGUMENTS and (forks or name not in ("fork", "vfork")):
            _allow(rules, name)
    for name in set(ABSENT) - set(extra):
        _rule(rules, pyseccomp.ERRNO(errno.ENOSYS), name)
    thread = 0 if forks else _CLONE_THREAD
    _allow(rules, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, NAMESPACES | thread, thread))
    for option in _PRCTL:
        _allow(rules, "prctl", pyseccomp.Arg(0, pyseccomp.EQ, option))
    _allow_fcntl(rules)
    _allow(rules, "prlimit64", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _INT, 0))  # only the process's own limits
    _allow_ioctl(rules, devices=devices)
    return _compiled(rules)


def _allow_fcntl(rules: pyseccomp.SyscallFilter) -> None:
    for command in _FCNTL:
        _allow(rules, "fcntl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, _INT, command))
    # O_DIRECT would turn writes to a pipe into packets, which a reader with a small buffer cuts off: the grader would
    # then read frames that the supervisor has never written.
    setting = pyseccomp.Arg(1, pyseccomp.MASKED_EQ, _INT, _F_SETFL)
    _allow(rules, "fcntl", setting, pyseccomp.Arg(2, pyseccomp.MASKED_EQ, os.O_DIRECT, 0))


def _allow_ioctl(rules: pyseccomp.SyscallFilter, *, devices: bool) -> None:
    if devices:
        _allow(rules, "ioctl")
        return
    for request in _IOCTL:
        _allow(rules, "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, _INT, request))


def _allow(rules: pyseccomp.SyscallFilter, name: str, *arguments: pyseccomp.Arg) -> None:
    _rule(rules, pyseccomp.ALLOW, name, *arguments)


def _rule(rules: pyseccomp.SyscallFilter, action: int, name: str, *arguments: pyseccomp.Arg) -> None:
    # Not every call has a number: arm64 never had `open`, and an older library does not know the newest calls.
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    if number >= 0:
        rules.add_rule(action, number, *arguments)


def _compiled(rules: pyseccomp.SyscallFilter) -> bytes:
    # A whole filter fits into a pipe: the kernel allows 4096 instructions of 8 bytes.
    source, sink = os.pipe()
    with os.fdopen(sink, "wb") as file:
        rules.export_bpf(file)
    with os.fdopen(source, "rb") as file:
        return file.read()
