"""How `make audit` reads answers. The tests also pass if the service cannot be reached."""

from datetime import date

import pytest

from deploy.dev import audit
from deploy.dev.base import SetupError

TODAY = date(2026, 11, 25)
# In the format of pip-audit 2.
CLEAN = {"name": "django", "version": "5.2.8", "vulns": []}
BAD = {
    "name": "idna",
    "version": "3.6",
    "vulns": [{"id": "PYSEC-2024-60", "fix_versions": ["3.7"], "aliases": ["CVE-2024-3651"], "description": "…"}],
}
SKIPPED = {"name": "idna", "skip_reason": "Dependency not found on PyPI and could not be audited: idna (3.6)"}


def test_a_vulnerability_fails_the_audit_and_names_its_fix():
    with pytest.raises(SetupError, match=r"idna 3\.6: CVE-2024-3651, PYSEC-2024-60 \(fixed in 3\.7\)"):
        audit.judge(audit.read([CLEAN, BAD]), {})


@pytest.mark.parametrize("name", ["PYSEC-2024-60", "CVE-2024-3651"])
def test_an_accepted_vulnerability_does_not_fail_the_audit(name):
    audit.judge(audit.read([CLEAN, BAD]), {name: TODAY})


def test_a_skipped_package_is_not_a_pass():
    with pytest.raises(audit.Unreachable, match="does not know idna"):
        audit.read([CLEAN, SKIPPED])


@pytest.mark.parametrize("entry", [{}, {"why": "It is fine."}, {"until": TODAY}, {"why": "", "until": TODAY}])
def test_an_accepted_id_has_a_reason_and_a_last_day(entry):
    with pytest.raises(SetupError, match="needs `why`"):
        audit.accepted_until({"CVE-1": entry}, today=TODAY)


def test_an_accepted_id_fails_after_its_last_day():
    document = {"CVE-1": {"why": "It is fine.", "until": date(2026, 11, 24)}}

    with pytest.raises(SetupError, match="look at it again"):
        audit.accepted_until(document, today=TODAY)


@pytest.fixture
def answers(monkeypatch):
    """Let pip-audit return these answers, one after another."""

    def set_up(*given):
        left = list(given)

        def ask(_requirements):
            found = left.pop(0)
            if isinstance(found, Exception):
                raise found
            return audit.read(found)

        monkeypatch.setattr(audit, "ask", ask)

    return set_up


def test_an_unreachable_service_is_reported_but_does_not_fail(answers, capsys):
    answers(audit.Unreachable("no route to it"))

    audit.audit()

    assert "NOT AUDITED" in capsys.readouterr().out


def test_a_mirror_without_advisories_is_not_trusted(answers, capsys):
    answers([CLEAN])

    audit.audit()

    assert "NOT AUDITED" in capsys.readouterr().out


def test_a_service_with_advisories_is_trusted(answers, capsys):
    answers([BAD], [CLEAN])

    audit.audit()

    assert "no known vulnerability" in capsys.readouterr().out


def test_findings_of_the_service_fail_the_run(answers):
    answers([BAD], [CLEAN, BAD])

    with pytest.raises(SetupError, match="idna"):
        audit.audit()


def test_every_locked_package_is_audited_once():
    pins = audit.locked_pins().splitlines()

    assert len(pins) == len({pin.partition("==")[0] for pin in pins})
    assert {"django", "celery", "ruff"} <= {pin.partition("==")[0] for pin in pins}
