"""The longest announcements cost little to show and to mail, whatever is in them."""

import pytest

from server.announcements.forms import LONGEST
from server.announcements.services import mail_html
from server.catalogue.markdown import render
from tests.server.announcements.test_announcements import BOMBS
from tests.support.bounded import assert_cheap

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("body", BOMBS)
def test_hostile_markdown_is_cheap(body):
    assert len(body) <= LONGEST
    assert assert_cheap(render, body).error == ""
    assert assert_cheap(mail_html, body).error == ""
