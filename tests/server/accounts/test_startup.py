import pytest
from django.core.exceptions import ImproperlyConfigured

from server.accounts.startup import refuse_demo_accounts
from server.demo.course import make_demo
from tests.support.people import make_user


def test_production_does_not_start_with_demo_accounts(db, settings):
    settings.REFUSE_DEMO_ACCOUNTS = True
    make_demo()

    with pytest.raises(ImproperlyConfigured, match="demo accounts"):
        refuse_demo_accounts()


def test_production_starts_with_real_accounts(db, settings):
    settings.REFUSE_DEMO_ACCOUNTS = True
    make_user()

    refuse_demo_accounts()


def test_the_demo_starts_with_its_accounts(db):
    make_demo()

    refuse_demo_accounts()
