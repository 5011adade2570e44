"""`make compose-test`: start production's compose file as an operator does, test it, and stop it."""

import sys

from deploy.dev.base import main, only_one
from deploy.dev.debian import ENGINE, need
from deploy.dev.processes import stopped_by_signals
from deploy.dev.services import engine_answers
from deploy.dev.test import an_engine, pytest

PROGRAMS = {"docker-compose": "docker-compose", "mmdebstrap": "mmdebstrap"}


def test() -> None:
    """Run tests/support/production/started.py; exits with pytest's code."""
    with only_one("test"), stopped_by_signals():
        need(PROGRAMS if engine_answers() else PROGRAMS | ENGINE)
        with an_engine() as env:
            code = pytest(env | {"CHAINRULE_NO_SILENT_SKIPS": "1"}, ["-n", "0", "tests/support/production/started.py"])
    sys.exit(code)


if __name__ == "__main__":
    main(test)
