"""Users in the admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from server.accounts.models import User


@admin.register(User)
class UserPage(UserAdmin, ModelAdmin):
    """A user, with the id that the school's own systems use for them."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Other systems", {"fields": ("external_id",)}))
    list_display = ["username", "email", "first_name", "last_name", "external_id", "is_staff"]
    search_fields = ["username", "email", "first_name", "last_name", "external_id"]
