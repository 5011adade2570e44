import pytest

from tests.support.people import make_user


@pytest.fixture
def administrator(client, db):
    """An administrator, signed in."""
    user = make_user(username="root", email="root@example.org", first_name="Grace", is_superuser=True, is_staff=True)
    client.force_login(user)
    return user
