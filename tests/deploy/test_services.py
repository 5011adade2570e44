import subprocess
import sys

import psycopg
import pytest

from deploy.dev import services
from deploy.dev.base import ROOT, SetupError
from deploy.dev.services import pongs, postgres, redis


def port_of(url):
    return int(url.rsplit(":", 1)[1].partition("/")[0])


@pytest.mark.redis
def test_a_redis_runs_only_in_its_block(tmp_path):
    with redis(tmp_path) as url:
        assert pongs(port_of(url))

    assert not pongs(port_of(url))


@pytest.mark.redis
def test_without_an_installed_server_the_wheel_provides_one(tmp_path, monkeypatch):
    monkeypatch.setattr(services, "find", lambda name: None)

    assert "valkey" in services.redis_program().name
    with redis(tmp_path) as url:
        assert pongs(port_of(url))


@pytest.mark.postgres
def test_a_postgres_accepts_only_its_password(tmp_path):
    with postgres(tmp_path) as url:
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1 + 1").fetchone() == (2,)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url.replace("chainrule:", "chainrule:not-"))


def test_a_missing_engine_is_named_in_the_error(tmp_path, monkeypatch):
    monkeypatch.setattr(services, "find", lambda name: None)

    with pytest.raises(SetupError, match=r"apt-get install docker\.io"):
        services.dockerd(tmp_path, "unix:///nowhere")


def test_our_engine_leaves_the_network_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(services, "find", lambda name: f"/usr/bin/{name}")

    assert {"--bridge=none", "--iptables=false"} <= set(services.dockerd(tmp_path, "unix:///nowhere"))


def test_a_missing_engine_does_not_answer():
    # In its own process, because docker-py leaves a socket open when no engine answers.
    script = "from deploy.dev.services import engine_answers; print(engine_answers('unix:///no/such.sock'))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def test_our_engine_offers_gvisor_only_if_it_works(monkeypatch):
    monkeypatch.setattr(services, "find", lambda name: f"/usr/bin/{name}")

    monkeypatch.setattr(services, "succeeds", lambda command: True)
    assert services.oci_runtimes()["runsc"]["path"] == "/usr/bin/runsc"
    monkeypatch.setattr(services, "succeeds", lambda command: False)
    assert services.oci_runtimes() == {}
