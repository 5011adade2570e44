"""The user."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person who signs in. `external_id` is the id that the school's own systems use for them."""

    external_id = models.CharField(max_length=200, unique=True, null=True, blank=True)
    is_demo = models.BooleanField(default=False, editable=False, help_text="Made by `manage.py demo`.")

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The name that others see."""
        return self.get_full_name() or self.username
