"""Users in the admin. Names, addresses and rights are changed on the administrators' page of a person."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from server.accounts.models import User
from server.common.admin_pages import LargeTableAdmin


@admin.register(User)
class UserPage(UserAdmin, LargeTableAdmin):
    """A user, with the id that the school's own systems use for them."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    # Not the rights: the page of a person asks twice, keeps the last administrator, and writes the audit log.
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Other systems", {"fields": ("external_id",)}),
        ("Name, address, rights, sign-in", {"fields": ("page",)}),
        ("Personal data", {"fields": ("personal_data",)}),
    )
    readonly_fields = ["page", "personal_data"]
    filter_horizontal = ()
    list_display = ["username", "email", "first_name", "last_name", "external_id", "is_superuser"]
    list_filter = ["is_superuser", "is_active"]
    # Prefixes, for which these columns have an index. The page People finds every part of a name.
    search_fields = ["username__startswith", "external_id__startswith"]
    search_help_text = (
        "How a user name or an ID begins. The administrators' page People also finds names and addresses."
    )
    ordering = ("username",)

    @admin.display(description="page")
    def page(self, user: User) -> str:
        """A link to the page on which everything else about the account is changed."""
        return format_html('<a href="{}">{}</a>', reverse("administration:person", args=[user.pk]), user)

    @admin.display(description="export and erase")
    def personal_data(self, user: User) -> str:
        """A link to the page on which the data of this person is exported and erased."""
        return format_html('<a href="{}">Personal data of {}</a>', reverse("privacy:person", args=[user.pk]), user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody can delete an account here: erasing has a page, which keeps other people's grades."""
        return False
