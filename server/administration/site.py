"""Which tables of other packages have administration pages."""

from allauth.account.admin import EmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Group

from server.common.admin_pages import ReadOnlyAdmin


class EmailAddressPage(ReadOnlyAdmin, EmailAddressAdmin):
    """The addresses with which people sign in. An action confirms one, if no mail can reach it."""

    list_filter = ("primary", "verified")
    list_select_related = ("user",)

    def get_search_fields(self, request: object) -> list[str]:
        """An address or a user name, exactly: both have an index."""
        return ["email__exact", "user__username__exact"]


def limit_pages(site: AdminSite) -> None:
    """Remove the pages of other packages that go around our services, and bound the rest.

    Groups give no right here. The secret of a second factor is nobody's business, and the page of a person removes it.
    """
    for model in (Group, Authenticator, EmailAddress):
        if site.is_registered(model):
            site.unregister(model)
    site.register(EmailAddress, EmailAddressPage)
