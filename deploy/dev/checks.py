"""`make check`: form, types, import contracts, migrations, templates, prose, and the tests that need no service."""

from deploy.dev.base import VENV, main, run, say
from deploy.dev.prose import check_prose

BIN = VENV / "bin"
TEST_SETTINGS = {"DJANGO_SETTINGS_MODULE": "server.settings.test"}
# The tests that `make check` leaves to `make test`.
NEEDING_MORE = ("docker", "bubblewrap", "redis", "postgres", "browser", "gpu", "slow")


def check() -> None:
    """Run the checks one after another. Raises SetupError at the first that fails."""
    say("form")
    run([BIN / "ruff", "format", "--check", "--quiet", "."])
    run([BIN / "ruff", "check", "--quiet", "."])
    say("types")
    run([BIN / "mypy", "--no-error-summary"])
    say("import contracts")
    run([BIN / "lint-imports", "--no-logo"])
    say("migrations")
    run([BIN / "python", "manage.py", "makemigrations", "--check", "--dry-run"], env=TEST_SETTINGS)
    say("templates")
    run([BIN / "djlint", "server", "--lint", "--quiet"])
    say("prose")
    check_prose()


def check_and_test() -> None:
    """Run every check, then the tests that need no service."""
    check()
    left_out = " or ".join(NEEDING_MORE)
    run([BIN / "pytest", "-q", "-n", "2", "-m", f"not ({left_out})"])


if __name__ == "__main__":
    main(check_and_test)
