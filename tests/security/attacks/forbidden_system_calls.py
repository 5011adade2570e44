"""Makes harmful or confusing system calls, by number (x86-64)."""
import ctypes
import platform

CALLS = {
    "socket": 41, "socketpair": 53, "execve": 59, "ptrace": 101, "syslog": 103, "personality": 135, "mlockall": 151, "pivot_root": 155,
    "acct": 163, "mount": 165, "swapon": 167, "reboot": 169, "sethostname": 170, "init_module": 175, "delete_module": 176, "quotactl": 179,
    "add_key": 248, "request_key": 249, "keyctl": 250, "shmget": 29, "semget": 64, "msgget": 68, "mq_open": 240, "kexec_load": 246,
    "unshare": 272, "vmsplice": 278, "perf_event_open": 298, "name_to_handle_at": 303, "open_by_handle_at": 304, "setns": 308,
    "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "seccomp": 317, "memfd_create": 319, "bpf": 321,
    "execveat": 322, "userfaultfd": 323, "io_uring_setup": 425, "pidfd_open": 434, "clone3": 435, "pidfd_getfd": 438, "process_madvise": 440,
    "mount_setattr": 442, "memfd_secret": 447, "inotify_init": 253, "fanotify_init": 300, "sync": 162, "setxattr": 188, "chown": 92,
}
REFUSED = {1, 38}  # EPERM, ENOSYS
libc = ctypes.CDLL(None, use_errno=True)
if platform.machine() == "x86_64":
    for name, number in CALLS.items():
        ctypes.set_errno(0)
        result = libc.syscall(number, 0, 0, 0, 0, 0, 0)
        if result >= 0 or ctypes.get_errno() not in REFUSED:
            print("ESCAPED: the call", name, "answered", result, ctypes.get_errno())
