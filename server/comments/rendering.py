"""The text of a comment as safe HTML. Anybody can write one, so less is allowed than in a statement."""

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe

from server.catalogue.markdown import render_plain


@lru_cache(maxsize=512)
def comment_html(text: str) -> SafeString:
    """Return a comment's Markdown as HTML: paragraphs, lists, links, code and formulas.

    HTML in it, headings and pictures stay text: a picture on another server would tell who reads the comment, and `#`
    begins a comment in Python.
    """
    return mark_safe(render_plain(text))  # noqa: S308 the renderer cleans it
