"""The former addresses of a course's integrations redirect to those of today."""

import pytest


@pytest.mark.parametrize("rest", ["", "webhooks/", "webhooks/3/"])
def test_a_former_address_redirects(client, course, instructor, rest):
    client.force_login(instructor)

    answer = client.get(f"/courses/{course.slug}/teach/connections/{rest}?page=2")

    assert answer.status_code == 301
    assert answer["Location"] == f"/courses/{course.slug}/teach/integrations/{rest}?page=2"
