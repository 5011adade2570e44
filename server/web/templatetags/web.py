"""What every template may use: icons, points, and sentences with code in them."""

import re
from math import isfinite

from django import template
from django.templatetags.static import static
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

CODE = re.compile(r"`([^`]+)`")


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return an icon; what it means must also stand beside it in words."""
    address = static("icons.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', address, name)


@register.filter
def points(number: float | str | None) -> str:
    """Return points as one writes them: no decimals that say nothing. A missing value is none, or "" in a template."""
    return "–" if number is None or isinstance(number, str) else f"{number:.2f}".rstrip("0").rstrip(".")


@register.filter
def digits(number: float | None) -> str:
    """Return a number to five digits; a dash where there is none that is finite."""
    return f"{number:.5g}" if isinstance(number, int | float) and isfinite(number) else "–"


@register.filter
def sentence(text: str | None) -> SafeString:
    """Return a sentence with what stands between backticks as code; everything else is escaped."""
    return mark_safe(CODE.sub(r"<code>\1</code>", str(escape(text or ""))))  # noqa: S308 escaped before
