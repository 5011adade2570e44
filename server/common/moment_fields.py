"""A date and time in a form, in a zone that the form names."""

import re
from datetime import datetime, tzinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from server.common.local_times import in_words, is_twice, moment_of

FORMAT = "%Y-%m-%dT%H:%M"
LOCAL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)
INVALID = "Enter a date and a time, such as 2026-12-02 23:59."


class MomentInput(forms.DateTimeInput):
    """The browser's date picker. A form keeps the microseconds of its value, although the picker has none."""

    supports_microseconds = True

    def __init__(self) -> None:
        super().__init__(attrs={"type": "datetime-local"}, format=FORMAT)


class MomentField(forms.Field):
    """An optional date and time, with the browser's own date picker, in the zone of `use_zone` or of the request.

    A value that was not touched is returned as it was stored, to the microsecond. A time that does not exist in the
    zone is refused. Of a time that exists twice the second is meant, and `note` says so.
    """

    widget = MomentInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, **kwargs})
        self._zone: tzinfo | None = None
        self.stored: datetime | None = None
        self.note = ""

    def use_zone(self, zone: tzinfo, stored: datetime | None) -> None:
        """Read and show times in a zone; `stored` is the value that the form begins with."""
        self._zone, self.stored = zone, stored
        self.help_text = f"{self.help_text} In {zone}.".strip()

    @property
    def zone(self) -> tzinfo:
        """The zone of the times."""
        return self._zone or timezone.get_current_timezone()

    def prepare_value(self, value: Any) -> Any:
        """Return what the form shows: the time on the clocks of the zone."""
        return value.astimezone(self.zone).replace(tzinfo=None) if isinstance(value, datetime) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the text differs from the one that the form began with."""
        return not self._is_stored(data or "")

    def clean(self, value: Any) -> datetime | None:
        """Return the moment, or None if the field is empty. Raises ValidationError."""
        text = (value or "").strip()
        if text and self._is_stored(text):
            return self.stored
        moment = self._read(text) if text else None
        if moment is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        return moment

    def _is_stored(self, text: str) -> bool:
        return text.strip() == (f"{self.prepare_value(self.stored):{FORMAT}}" if self.stored else "")

    def _read(self, text: str) -> datetime:
        try:
            local = datetime.fromisoformat(text) if LOCAL.fullmatch(text) else None
        except ValueError:
            local = None
        if local is None:
            raise ValidationError(INVALID)
        moment = moment_of(local, self.zone)
        if is_twice(local, self.zone):
            self.note = f"{local:%H:%M} exists twice on that day, because the clocks go back. The second one is meant: "
            self.note += f"{in_words(moment, self.zone)}."
        return moment


def use_zone(form: forms.BaseForm, zone: tzinfo) -> None:
    """Let all times in a form be in a zone."""
    for name, field in form.fields.items():
        if isinstance(field, MomentField):
            field.use_zone(zone, form.get_initial_for_field(field, name))


def notes_of(form: forms.BaseForm) -> list[str]:
    """Return what the times in a valid form mean, if that is not plain."""
    return [field.note for field in form.fields.values() if isinstance(field, MomentField) and field.note]
