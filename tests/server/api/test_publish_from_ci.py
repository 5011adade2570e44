"""The script of the guide "Publish from your own CI", run as it stands there, with git and curl."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from django.utils import timezone

from grader import VERSION
from grader.packages.archives import digest_of
from grader.protocol.verifications import Verified
from server.api.models import TokenScope
from server.api.tokens import make_token
from server.packages.models import CoursePackage, PackageKind, VerificationState, VersionSource
from server.packages.services import create_package, make_version
from tests.support.git_servers import ISOLATED, git

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "docs" / "author" / "publishing.md"
FILES = {"exercise.toml": b'title = "Slope"\n', "checks.py": b"x = 1\n"}


@pytest.mark.django_db(transaction=True)
def test_the_script_of_the_guide_publishes_a_package(live_server, tmp_path, course, instructor):
    # These files have passed before, so no grader is needed.
    package = create_package(course, PackageKind.EXERCISE, "gradients/my-idea", by=instructor, files=FILES)
    version = make_version(package, by=instructor, source=VersionSource.PAGE)
    passed = {"state": VerificationState.PASSED, "grader": VERSION, "verified": Verified().to_dict()}
    version.verifications.create(finished_at=timezone.now(), **passed)
    (tmp_path / "gradients" / "my_idea").mkdir(parents=True)
    for name, content in FILES.items():
        (tmp_path / "gradients" / "my_idea" / name).write_bytes(content)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "First words")
    _, token = make_token("CI", courses=[course], scopes=[TokenScope.PACKAGES_WRITE], owner=instructor)
    told = {"CHAINRULE_URL": live_server.url, "CHAINRULE_COURSE": course.slug, "CHAINRULE_TOKEN": token}
    [script] = re.findall(r"test_publish_from_ci.*?```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)

    done = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path,
        env=ISOLATED | told | {"no_proxy": "*", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert CoursePackage.objects.get().published_id == digest_of(FILES)
