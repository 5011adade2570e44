"""The compose file, as docker-compose reads it: services, networks, secrets. tests/support/production starts it."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.dev.base import ROOT
from deploy.dev.debian import find

pytestmark = pytest.mark.docker

ENGINE_SOCKET = "/var/run/docker.sock"
ONE_SHOT = {"prepare"}
SENTINELS = {"sentinel-1", "sentinel-2", "sentinel-3"}
ALL_OF_REDIS = {"redis", "redis-replica"} | SENTINELS


@pytest.fixture(scope="module")
def composed():
    """The file with the values of env.example, after docker-compose has checked it."""
    command = [
        find("docker-compose"),
        "--env-file",
        "deploy/env.example",
        "-f",
        "deploy/compose.yaml",
        "--profile",
        "gpu",
        "--profile",
        "standby",
    ]
    env = {name: value for name, value in os.environ.items() if not name.startswith("CHAINRULE_")}
    done = subprocess.run([*command, "config"], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


@pytest.fixture(scope="module")
def services(composed):
    return composed["services"]


def names_with(services, key, value=None):
    """The services that have a key, with this value if one is given."""
    return {name for name, one in services.items() if (value in one.get(key, []) if value else one.get(key))}


def test_the_file_has_every_service_of_an_installation(services):
    assert services.keys() == {
        "proxy", "web", "records", "prepare", "grading-cpu", "grading-gpu", "postgres", "postgres-standby",
        *ALL_OF_REDIS,
    }  # fmt: skip


def test_every_service_has_the_same_restrictions_and_limits(services):
    for name, one in services.items():
        assert one["read_only"], name
        assert one["cap_drop"] == ["ALL"], name
        assert "cap_add" not in one, name
        assert "privileged" not in one, name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert one["mem_limit"], name
        assert one["pids_limit"], name
        assert one["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name


def test_services_restart_and_have_health_checks(services):
    assert {name for name, one in services.items() if one["restart"] == "unless-stopped"} == services.keys() - ONE_SHOT
    assert names_with(services, "healthcheck") == services.keys() - ONE_SHOT


def test_a_grading_worker_reaches_only_redis(services):
    graders = {"grading-cpu", "grading-gpu"}

    for grader in graders:
        assert list(services[grader]["networks"]) == ["graders"]
    assert names_with(services, "networks", "graders") == graders | ALL_OF_REDIS


def test_a_standby_runs_only_if_it_is_asked_for(services):
    assert {name for name, one in services.items() if one.get("profiles") == ["standby"]} == (
        {"redis-replica", "postgres-standby"} | SENTINELS
    )


def test_the_limits_of_git_sources_reach_the_server(services):
    for name in ("web", "records"):
        assert {key for key in services[name]["environment"] if key.startswith("CHAINRULE_SOURCES_")} == {
            "CHAINRULE_SOURCES_ALLOW_PRIVATE", "CHAINRULE_SOURCES_MB", "CHAINRULE_SOURCES_SECONDS",
            "CHAINRULE_SOURCES_POLL_SECONDS",
        }  # fmt: skip


def test_only_the_proxy_publishes_ports(composed, services):
    assert names_with(services, "ports") == {"proxy"}
    assert {name for name, one in composed["networks"].items() if not one.get("internal")} == {"outside"}
    assert names_with(services, "networks", "outside") == {"proxy", "web", "records"}


def test_only_the_server_reaches_the_database(services):
    assert names_with(services, "networks", "data") == {"web", "records", "prepare", "postgres", "postgres-standby"}


def test_only_graders_have_the_engines_socket(services):
    mounted = {name for name, one in services.items() if ENGINE_SOCKET in json.dumps(one.get("volumes", []))}

    assert mounted == {"grading-cpu", "grading-gpu"}
    for name in mounted:
        assert [one["source"] for one in services[name]["secrets"]] == ["redis_grading_url"]


def test_every_secret_is_a_file_from_make_secrets(composed, services, tmp_path):
    subprocess.run([ROOT / "deploy" / "make-secrets", tmp_path], check=True)
    made = {path.name for path in tmp_path.iterdir()}
    used = {one["source"] for service in services.values() for one in service.get("secrets", [])}

    assert composed["secrets"].keys() == made == used


def test_no_secret_is_in_an_environment(services):
    for name, one in services.items():
        for variable in one.get("environment", {}):
            assert (
                variable.endswith("_FILE")
                or not any(word in variable for word in ("SECRET", "PASSWORD", "TOKEN", "URL"))
                or variable == "CHAINRULE_PUBLIC_URL"
            ), name


def test_every_mounted_file_exists(services):
    for one in services.values():
        for volume in one.get("volumes", []):
            source = (volume if isinstance(volume, str) else volume["source"]).partition(":")[0]
            assert not source.startswith(str(ROOT)) or Path(source).exists()
