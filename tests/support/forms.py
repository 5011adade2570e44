"""What is wrong with the forms of a page for somebody who hears it: read from the HTML, without a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "use"}
REFERENCES = ("for", "form", "headers", "aria-describedby", "aria-labelledby", "aria-controls", "aria-owns")
NO_FIELDS = {"hidden", "submit", "button", "reset", "image"}
# The tokens of WCAG 1.3.5 for what these pages ask of the person who uses them.
TOKENS = {
    "login": {"username"},
    "username": {"username"},
    "email": {"email"},
    "first_name": {"given-name"},
    "last_name": {"family-name"},
    "password": {"current-password"},
    "oldpassword": {"current-password"},
    "password1": {"new-password"},
    "password2": {"new-password"},
    "new_password1": {"new-password"},
    "new_password2": {"new-password"},
}
ABOUT_OTHERS = "off"


@dataclass
class Element:
    """An element with its text and its place in the page."""

    tag: str
    attrs: dict[str, str]
    parent: Element | None
    children: list[Element | str] = field(default_factory=list)

    @property
    def all_text(self) -> str:
        """All text inside."""
        return " ".join(one if isinstance(one, str) else one.all_text for one in self.children)

    def walk(self):
        """Yield this element and all inside, in their order."""
        yield self
        for one in self.children:
            if isinstance(one, Element):
                yield from one.walk()

    def above(self):
        """Yield the elements around this one, the nearest first."""
        one = self.parent
        while one is not None:
            yield one
            one = one.parent


class Page(HTMLParser):
    """A page as a tree."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = self.at = Element("", {}, None)
        self.feed(html)
        self.elements = list(self.root.walk())
        self.ids = [one.attrs["id"] for one in self.elements if one.attrs.get("id")]
        self.controls = [one for one in self.elements if is_control(one)]

    def handle_starttag(self, tag, attrs):
        one = Element(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(one)
        self.at = self.at if tag in EMPTY else one

    def handle_startendtag(self, tag, attrs):
        self.at.children.append(Element(tag, {name: value or "" for name, value in attrs}, self.at))

    def handle_endtag(self, tag):
        for one in (self.at, *self.at.above()):
            if one.tag == tag and one.parent is not None:
                self.at = one.parent
                return

    def handle_data(self, data):
        self.at.children.append(data)

    def by_id(self, name):
        return next((one for one in self.elements if one.attrs.get("id") == name), None)


def is_control(one: Element) -> bool:
    return one.tag in {"select", "textarea"} or (one.tag == "input" and one.attrs.get("type") not in NO_FIELDS)


def troubles(page: Page) -> list[str]:
    """Return what is wrong with a page, as sentences; empty if nothing is."""
    return [
        *(f"the id {name} stands {page.ids.count(name)} times" for name in {*page.ids} if page.ids.count(name) > 1),
        *_broken_references(page),
        *(wrong for one in page.controls for wrong in _troubles_of(page, one)),
    ]


def _broken_references(page: Page):
    for one in page.elements:
        for name in REFERENCES:
            wanted = one.attrs.get(name, "").split()
            missing = [each for each in wanted if each not in page.ids]
            if missing or (name in one.attrs and name == "for" and not wanted):
                yield f"{_name(one)} has {name}={one.attrs[name]!r}, and there is no such id"


def _troubles_of(page: Page, one: Element):
    if not name_of(page, one).strip():
        yield f"{_name(one)} has no label"
    if "required" in one.attrs and "required" not in beside(one):
        yield f"{_name(one)} is required, and no text says so"
    if one.attrs.get("aria-invalid") == "true" and not _error_of(page, one):
        yield f"{_name(one)} is wrong, and no error is linked to it"
    wanted = TOKENS.get(one.attrs.get("name", "").rpartition("-")[2])
    said = one.attrs.get("autocomplete")
    typed = one.tag == "input" and one.attrs.get("type", "text") not in {"checkbox", "radio"}
    if wanted and typed and said != ABOUT_OTHERS and said not in wanted:
        yield f"{_name(one)} has autocomplete={said!r} instead of {wanted}"


def name_of(page: Page, one: Element) -> str:
    """Return the accessible name of a control."""
    if said := one.attrs.get("aria-label"):
        return said
    if named := one.attrs.get("aria-labelledby"):
        return " ".join(found.all_text for each in named.split() if (found := page.by_id(each)))
    key = one.attrs.get("id")
    labels = [each for each in page.elements if key and each.tag == "label" and each.attrs.get("for") == key]
    around = [each for each in one.above() if each.tag == "label"]
    return " ".join(each.all_text for each in [*labels, *around])


def beside(one: Element) -> str:
    """Return the text of the field around a control: its label, mark, help and errors."""
    around = list(one.above())
    places = [each for each in around if "field" in each.attrs.get("class", "").split() or each.tag == "fieldset"]
    return (places or around)[0].all_text


def _error_of(page: Page, one: Element) -> str:
    # The errors of several boxes are linked to the group around them.
    groups = [one, *(each for each in one.above() if each.tag == "fieldset")]
    ids = [each for group in groups for each in group.attrs.get("aria-describedby", "").split()]
    found = [page.by_id(each) for each in ids if each.endswith("_error")]
    return "".join(each.all_text.strip() for each in found if each is not None)


def _name(one: Element) -> str:
    return f"<{one.tag} name={one.attrs.get('name')!r} id={one.attrs.get('id')!r}>"


def unmarked(page: Page, forms) -> list[str]:
    """Return the fields of Django forms that must be filled in, stand on the page, and are not marked in text."""
    found = []
    for form in forms:
        for bound in form.visible_fields():
            controls = [one for one in page.controls if one.attrs.get("name") == bound.html_name]
            if bound.field.required and controls and not any("required" in beside(one) for one in controls):
                found.append(f"{type(form).__name__}.{bound.name} is required, and no text says so")
    return found
