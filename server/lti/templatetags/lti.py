"""What the pages of LTI say of a share of the points."""

from django import template

from server.web.templatetags.web import points

register = template.Library()


@register.filter
def share(part: float | None) -> str:
    """Return a share (0 to 1) as one reads it; a dash where there is no grade."""
    return "–" if part is None else f"{points(100 * part)} %"
