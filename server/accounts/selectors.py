"""Finding accounts."""

from server.accounts.models import User


def by_external_id(external_id: str) -> User | None:
    """Return the account with this id in the school's systems; if it was merged, the account that it became."""
    found = User.objects.select_related("merged_into").filter(external_id=external_id).first()
    return surviving(found) if found else None


def surviving(user: User) -> User:
    """Return the account that this one was merged into; itself if it was not."""
    while user.merged_into is not None:
        user = user.merged_into
    return user
