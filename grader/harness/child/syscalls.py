"""The system calls that a submission may make. Everything else fails with EPERM.

A list of what is allowed, since a list of what is dangerous is never complete. Left out on purpose: sockets of every
family, execve, ptrace and process_vm_*, mounts, namespaces, keyctl, bpf, userfaultfd, io_uring, perf, kexec, modules,
System V and POSIX message queues, semaphores and shared memory, device nodes, changes of owner and of identity,
memfd_create (memory that no limit of ours counts) and sync (it stalls the whole machine).
"""

import errno
import os

import pyseccomp


def _words(text: str) -> list[str]:
    return text.split()


FILES = _words("""
    access chdir chmod close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
    fallocate fchdir fchmod fchmodat fcntl fdatasync fgetxattr flock fstat fstatfs fsync ftruncate futimesat getcwd
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

# Callers fall back to something older where these "do not exist"; a refusal they would report as an error.
ABSENT = ("clone3", "futex_waitv", "io_uring_setup", "memfd_create", "openat2")

# What the keeper needs beside: to become someone else, to confine itself, and to be started.
KEEPER = sorted(
    {
        *("setuid", "setgid", "setresuid", "setresgid", "setgroups", "prctl", "seccomp", "capset", "execve"),
        *("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"),
        *("splice", "pidfd_open", "ioctl", "clone"),
    }
)

# What a GPU's driver asks for beside: where its memory shall lie.
DRIVER = ("mbind",)

# What it may ask for while it starts, before a child takes these calls from itself: memory that stays, and a local
# socket to listen at, for processes that share memory of the GPU. Nobody may connect to one, nor accept anybody.
DRIVER_START = ("bind", "listen", "memfd_create", "mlock", "munlock", "setsockopt")

NAMESPACES = 0x7E020080  # every CLONE_NEW* flag: ns, cgroup, uts, ipc, user, pid, net, time
_CLONE_THREAD = 0x10000
_BY_ARGUMENTS = ("fcntl", "prlimit64")  # allowed with some arguments only
_PRCTL = (15, 16, 3, 23, 39, 0x53564D41)  # set and get a thread's name, three questions, names for memory
_FCNTL = (0, 1, 2, 3, 5, 6, 7, 36, 37, 38, 1030, 1032)  # duplicates, flags, locks, what a pipe holds
_F_SETFL = 4
_KILLS_PROCESSES = 3  # libseccomp's number for a kernel that can; gVisor's of 2022 cannot
_INT = 0xFFFFFFFF  # the kernel reads 32 bits of such an argument, so the upper ones are not compared
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX


def build_filter(*, devices: bool = False, forks: bool = True) -> bytes:
    """Return the compiled filter.

    `devices` allows what a GPU's driver needs: every ioctl, and `DRIVER`. Without `forks` there are threads, but no
    new processes: for a kernel that does not count them.
    """
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    rules.set_attr(pyseccomp.Attr.CTL_NNP, 0)
    if pyseccomp.get_api() >= _KILLS_PROCESSES:
        # Calls of another machine: a thread that dies of one would leave those of a GPU's driver behind, and a run that
        # only ends when its time is over.
        rules.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    rules.set_attr(pyseccomp.Attr.CTL_OPTIMIZE, 2)  # a tree: as it is loaded, the kernel asks it about every call
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
    _allow(rules, "prlimit64", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _INT, 0))  # one's own limits only
    _allow_ioctl(rules, devices=devices)
    return _compiled(rules)


def _allow_fcntl(rules: pyseccomp.SyscallFilter) -> None:
    for command in _FCNTL:
        _allow(rules, "fcntl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, _INT, command))
    # O_DIRECT makes packets of what is written to a pipe, and a small buffer that they do not fit cuts them off: then
    # the grader would read frames that the keeper has never written.
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
    # Processors differ: arm64 never had `open`, and an older library does not know the newest calls.
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
