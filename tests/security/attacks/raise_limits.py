"""Raises its own limits, and protects itself from the out-of-memory killer."""
import resource

for kind in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE):
    soft, hard = resource.getrlimit(kind)
    if hard == resource.RLIM_INFINITY:
        print("ESCAPED: no limit", kind)
        continue
    try:
        resource.setrlimit(kind, (hard + 1, hard + 1))
        print("ESCAPED: raised", kind)
    except (OSError, ValueError):
        pass
try:
    open("/proc/self/oom_score_adj", "w").write("-1000")
    print("ESCAPED: out of the killer's reach")
except OSError:
    pass
