import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from server.settings.databases import given
from server.settings.secret import kept_secret

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "server.settings.production",
    "SECRET_KEY": "nothing-that-anybody-else-would-think-of-0123456789-abc",
    "ALLOWED_HOSTS": "chainrule.example.org",
}


def start(**environment):
    return run([sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], **environment)


def run(command, **environment):
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        command,
        env=known | environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_passes_djangos_deployment_check(tmp_path):
    result = start(**PRODUCTION, CHAINRULE_VAR=str(tmp_path))

    assert result.returncode == 0, result.stderr


def test_productions_cookies_and_limits_are_the_strict_ones(tmp_path):
    names = [
        "DEBUG",
        *(
            f"{cookie}_COOKIE_{what}"
            for cookie in ("SESSION", "CSRF")
            for what in ("NAME", "SECURE", "HTTPONLY", "SAMESITE")
        ),
        "SESSION_COOKIE_AGE",
        "SECURE_HSTS_SECONDS",
        "SECURE_SSL_REDIRECT",
        "X_FRAME_OPTIONS",
        "ALLAUTH_TRUSTED_PROXY_COUNT",
    ]
    script = f"import json; from django.conf import settings as s; print(json.dumps([getattr(s, n) for n in {names}]))"
    environment = os.environ | PRODUCTION | {"CHAINRULE_VAR": str(tmp_path)}
    result = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert dict(zip(names, json.loads(result.stdout), strict=True)) == {
        "DEBUG": False,
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_AGE": 14 * 86_400,
        "SECURE_HSTS_SECONDS": 365 * 86_400,
        "SECURE_SSL_REDIRECT": True,
        "X_FRAME_OPTIONS": "DENY",
        "ALLAUTH_TRUSTED_PROXY_COUNT": 1,
    }


@pytest.mark.parametrize(
    "command", [["manage.py", "check"], ["-c", "import server.asgi"], ["-m", "celery", "-A", "server", "report"]]
)
@pytest.mark.parametrize("named", [{}, {"DJANGO_SETTINGS_MODULE": ""}], ids=["unset", "empty"])
def test_no_process_starts_without_named_settings(command, named):
    result = run([sys.executable, *command], **named)

    assert result.returncode != 0
    assert "DJANGO_SETTINGS_MODULE is not set. Set it to server.settings.production" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS"])
def test_production_does_not_start_without_what_only_its_operator_knows(tmp_path, missing):
    result = start(**PRODUCTION | {missing: ""}, CHAINRULE_VAR=str(tmp_path))

    assert result.returncode != 0


def test_production_takes_its_secrets_from_files(tmp_path):
    secrets = {
        "SECRET_KEY": PRODUCTION["SECRET_KEY"],
        "DATABASE_URL": "postgres://ada:pw@db/chainrule",
        "REDIS_URL": "redis://r",
    }
    files = {}
    for name, secret in secrets.items():
        (tmp_path / name).write_text(f"{secret}\n")
        files[f"{name}_FILE"] = str(tmp_path / name)
    script = (
        "from django.conf import settings as s;"
        "print(s.SECRET_KEY, s.DATABASES['default']['HOST'], s.DATABASES['default']['PASSWORD'], s.CELERY_BROKER_URL)"
    )
    environment = {name: value for name, value in os.environ.items() if name not in secrets}
    environment |= {name: value for name, value in PRODUCTION.items() if name != "SECRET_KEY"} | files
    result = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert result.stdout.split() == [PRODUCTION["SECRET_KEY"], "db", "pw", "redis://r"]


def test_the_demos_commands_are_unknown_in_production():
    script = "import django; django.setup(); from django.core.management import get_commands; print(*get_commands())"
    environment = os.environ | PRODUCTION
    result = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert "migrate" in result.stdout.split()
    assert "demo" not in result.stdout.split()


def test_every_change_of_a_model_has_its_migration(db, settings):
    # Tests have no migrations otherwise.
    settings.MIGRATION_MODULES = {}

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_a_kept_secret_stays_the_same_and_private(tmp_path):
    path = tmp_path / "var" / "secret"

    assert kept_secret(path) == kept_secret(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_text()) > 50


def test_the_database_url_decides(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://ada:secret@db.example.org/chainrule")

    assert given()["ENGINE"] == "django.db.backends.postgresql"
    assert given()["HOST"] == "db.example.org"


def test_a_database_can_have_several_hosts_and_options(monkeypatch):
    url = "postgres://ada:secret@one.example.org,two.example.org:5432/chainrule"
    monkeypatch.setenv("DATABASE_URL", f"{url}?target_session_attrs=read-write&connect_timeout=7")

    options = given()["OPTIONS"]

    assert given()["HOST"] == "one.example.org,two.example.org"
    assert options["target_session_attrs"] == "read-write"
    assert options["connect_timeout"] == 7
    assert options["pool"]["max_size"] == 4


def test_connections_to_the_database_notice_a_host_that_vanished(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://ada:secret@db.example.org/chainrule")

    options = given()["OPTIONS"]
    silent = options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"]

    # While it waits for an answer, and while it waits for a packet to be acknowledged.
    assert silent <= 15
    assert options["tcp_user_timeout"] <= 15_000
    assert "tcp_keepalives_idle" in options["options"]


def test_sqlite_takes_its_write_lock_when_a_transaction_begins(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/some.sqlite3")

    assert given()["NAME"] == f"{tmp_path}/some.sqlite3"
    assert given()["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
