"""Every write to a calendar feed."""

from django.db import transaction

from server.accounts.models import User
from server.calendars.models import CalendarFeed, new_nonce


@transaction.atomic
def renew(person: User) -> CalendarFeed:
    """Give a person's feed an address, or another one: the former one no longer works."""
    feed, is_new = CalendarFeed.objects.select_for_update().get_or_create(user=person)
    if not is_new:
        feed.nonce = new_nonce()
        feed.save(update_fields=["nonce"])
    return feed


def stop(person: User) -> None:
    """Close a person's feed: its address no longer works."""
    CalendarFeed.objects.filter(user=person).delete()
