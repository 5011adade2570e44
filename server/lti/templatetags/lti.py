"""The template filter of LTI's pages."""

from django import template

from server.web.templatetags.web import points

register = template.Library()


@register.filter
def share(part: float | None) -> str:
    """Return a share (0 to 1) in percent; a dash if there is no grade."""
    return "–" if part is None else f"{points(100 * part)} %"
