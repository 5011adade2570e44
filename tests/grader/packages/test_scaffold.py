import pytest

from grader.errors import PackageError
from grader.packages.catalogue import find_package, packages
from grader.packages.scaffold import scaffold


def test_the_new_package_is_found_under_its_slug(exercises):
    folder = scaffold("my-unit/my-idea")

    assert folder == exercises / "my_unit" / "my_idea"
    assert [package.slug for package in packages()] == ["my-unit/my-idea"]
    assert find_package("my-unit/my-idea").manifest.title == "My idea"


def test_two_new_packages_have_ids_of_their_own(exercises):
    scaffold("unit/one")
    scaffold("unit/two")

    assert len({package.manifest.id for package in packages()}) == 2


@pytest.mark.parametrize("slug", ["", "one", "Unit/One", "unit/one/two", "../unit/one", "unit/1"])
def test_a_malformed_slug_is_refused(slug, exercises):
    with pytest.raises(PackageError, match="is not a slug"):
        scaffold(slug)

    assert list(exercises.iterdir()) == []


def test_an_existing_package_is_never_overwritten(exercises):
    scaffold("unit/one")

    with pytest.raises(PackageError, match="already exists"):
        scaffold("unit/one")
