"""Users in the admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from server.accounts.models import User


@admin.register(User)
class UserPage(UserAdmin, ModelAdmin):
    """A user, with the id that the school's own systems use for them."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        ("Other systems", {"fields": ("external_id",)}),
        ("Personal data", {"fields": ("personal_data",)}),
    )
    readonly_fields = ["personal_data"]
    list_display = ["username", "email", "first_name", "last_name", "external_id", "is_staff"]
    search_fields = ["username", "email", "first_name", "last_name", "external_id"]

    @admin.display(description="export and erase")
    def personal_data(self, user: User) -> str:
        """A link to the page on which the data of this person is exported and erased."""
        return format_html('<a href="{}">Personal data of {}</a>', reverse("privacy:person", args=[user.pk]), user)
