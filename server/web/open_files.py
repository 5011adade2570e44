"""How many files a process of the website can have open. Each event stream takes two: the page's and that to Redis."""

import resource

MOST = 65_536


def raise_limit() -> None:
    """Raise this process's limit of open files to MOST, or to what the system allows. Many systems begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST if hard == resource.RLIM_INFINITY else min(MOST, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
