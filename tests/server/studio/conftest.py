"""A package of the course, and requests below its page."""

import pytest
from django.urls import reverse

from server.packages.models import PackageKind
from server.packages.services import create_package
from tests.support.people import make_member


@pytest.fixture
def package(course, instructor):
    return create_package(course, PackageKind.EXERCISE, "losses/cross-entropy", by=instructor)


@pytest.fixture
def ta(course):
    return make_member(course, "ta")


@pytest.fixture
def studio(client, course, instructor):
    """Signed in as the instructor: request a page of the studio by its name."""
    client.force_login(instructor)

    def request(name, *args, data=None, method="get", **extra):
        return getattr(client, method)(reverse(f"studio:{name}", args=[course.slug, *args]), data, **extra)

    return request


@pytest.fixture
def save(studio, package):
    """Save a file as the page's script does."""

    def save(path, source, *, revision=1, **data):
        sent = {"path": path, "source": source, "revision": revision} | data
        return studio("save", package.slug, data=sent, method="post", headers={"accept": "application/json"})

    return save
