"""How a person signs in, and ending their sessions."""

from allauth.account.models import EmailAddress
from django.contrib.auth import update_session_auth_hash
from django.db.models import F, QuerySet
from django.http import HttpRequest

from server.accounts.models import User


def sign_out_elsewhere(request: HttpRequest, user: User) -> None:
    """End every session of a person except the one of this request. Changing the password does the same."""
    User.objects.filter(pk=user.pk).update(sign_outs=F("sign_outs") + 1)
    user.refresh_from_db(fields=["sign_outs"])
    update_session_auth_hash(request, user)


def signs_in_elsewhere(user: User) -> bool:
    """Whether a person has no password here because they come through a learning platform."""
    return not user.has_usable_password() and come_from_elsewhere(User.objects.filter(pk=user.pk)).exists()


def come_from_elsewhere(people: QuerySet[User]) -> QuerySet[User]:
    """Return those people who have signed in through a learning platform."""
    # The table belongs to an app above this one; Django knows it by its name.
    return people.filter(lti_identities__isnull=False).distinct()


def confirm_address(user: User) -> None:
    """Note that a person gets mail at the address of their account, so they need not confirm it again."""
    EmailAddress.objects.filter(user=user, primary=True).exclude(email__iexact=user.email).update(primary=False)
    if not EmailAddress.objects.filter(email__iexact=user.email, verified=True).exclude(user=user).exists():
        EmailAddress.objects.update_or_create(
            user=user, email=user.email.lower(), defaults={"verified": True, "primary": True}
        )
