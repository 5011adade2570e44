"""`make check`: form, types, import contracts, migrations, templates, prose, and the tests that need no service.

`python -m deploy.dev.checks templates prose` runs only these checks.
"""

import sys
from collections.abc import Callable, Mapping, Sequence

from deploy.dev.base import VENV, SetupError, main, run, say
from deploy.dev.prose import check_prose

BIN = VENV / "bin"
TEST_SETTINGS = {"DJANGO_SETTINGS_MODULE": "server.settings.test"}
Parts = Mapping[str, Callable[[], object]]
# The tests that `make check` leaves to `make test`.
NEEDING_MORE = ("docker", "bubblewrap", "redis", "postgres", "browser", "gpu", "slow")


def check(chosen: Sequence[str] = ()) -> None:
    """Run the chosen checks, or all if none is. Raises SetupError at the first that fails or does not exist."""
    for name, part in chosen_parts(PARTS, chosen).items():
        say(name)
        part()


def chosen_parts(parts: Parts, chosen: Sequence[str]) -> Parts:
    """The parts with these names, or all if there is no name. Raises SetupError if there is no such part."""
    unknown = [name for name in chosen if name not in parts]
    if unknown:
        raise SetupError(f"there is no part {', '.join(unknown)}; the parts are {', '.join(parts)}")
    return {name: part for name, part in parts.items() if not chosen or name in chosen}


def form() -> None:
    """Check format and lint."""
    run([BIN / "ruff", "format", "--check", "--quiet", "."])
    run([BIN / "ruff", "check", "--quiet", "."])


PARTS: Parts = {
    "form": form,
    "types": lambda: run([BIN / "mypy", "--no-error-summary"]),
    "contracts": lambda: run([BIN / "lint-imports", "--no-logo"]),
    "migrations": lambda: run(
        [BIN / "python", "manage.py", "makemigrations", "--check", "--dry-run"], env=TEST_SETTINGS
    ),
    "templates": lambda: run([BIN / "djlint", "server", "--lint", "--quiet"]),
    "prose": check_prose,
}


def check_and_test() -> None:
    """Run the checks that the command line names; if it names none, all of them and the tests that need no service."""
    check(sys.argv[1:])
    if not sys.argv[1:]:
        left_out = " or ".join(NEEDING_MORE)
        run([BIN / "pytest", "-q", "-n", "2", "-m", f"not ({left_out})"])


if __name__ == "__main__":
    main(check_and_test)
