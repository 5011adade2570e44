"""Pages of comparisons: start one, list its clusters, and show a pair side by side."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from server.accounts.requests import Request
from server.courses.access import taught_course
from server.similarity import selectors
from server.similarity.models import Comparison, Pair
from server.similarity.services import start as begin
from server.submissions.models import Submission

PER_PAGE = 50
# A longer source is cut off; the page says so and links to the whole.
MOST_LINES = 4_000


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkedLine:
    """A line of code, and whether it matches the other submission."""

    number: int
    text: str
    matched: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkedSource:
    """One submission of a pair, its first `MOST_LINES` lines, and whether it has more."""

    submission: Submission
    lines: list[MarkedLine]
    cut: bool


@require_GET
def index(request: Request, slug: str) -> HttpResponse:
    """The comparisons of a course."""
    course = taught_course(request, slug, permission="similarity.view")
    comparisons = Comparison.objects.filter(course=course).select_related("by", "course")[:20]
    context = {"course": course, "tab": "similarity", "comparisons": comparisons}
    context["earlier"] = selectors.earlier_courses(request.user, course)
    return render(request, "similarity/index.html", context)


@require_POST
def start(request: Request, slug: str) -> HttpResponse:
    """Start a comparison, also with the earlier courses that were chosen."""
    course = taught_course(request, slug, permission="similarity.run")
    chosen = set(request.POST.getlist("earlier"))
    earlier = [one for one in selectors.earlier_courses(request.user, course) if one.slug in chosen]
    return redirect(begin(course, by=request.user, earlier=earlier))


@require_GET
def detail(request: Request, slug: str, pk: int) -> HttpResponse:
    """The clusters that a comparison has found so far."""
    course = taught_course(request, slug, permission="similarity.view")
    comparison = get_object_or_404(Comparison.objects.select_related("course"), pk=pk, course=course)
    page = Paginator(selectors.clusters(request.user, comparison), PER_PAGE).get_page(request.GET.get("page"))
    context = {"course": course, "tab": "similarity", "comparison": comparison, "page": page}
    context["earlier"] = selectors.earlier_courses(request.user, course)
    part = "similarity/_pairs.html" if request.htmx else "similarity/detail.html"
    return render(request, part, context)


@require_GET
def pair(request: Request, slug: str, pk: int) -> HttpResponse:
    """Two submissions side by side, with the matching lines marked."""
    course = taught_course(request, slug, permission="similarity.view")
    rows = Pair.objects.select_related(
        "assignment__course",
        "left__learner",
        "left__assignment__course",
        "right__learner",
        "right__assignment__course",
        "comparison__course",
    )
    one = get_object_or_404(rows, pk=pk, comparison__course=course)
    # Both sides: somebody who does not teach the earlier course gets a 404.
    get_object_or_404(Pair.objects.filter(selectors.visible_pairs(request.user, one.comparison)), pk=one.pk)
    sides = [_side(one.left, one.left_lines), _side(one.right, one.right_lines)]
    return render(request, "similarity/pair.html", {"course": course, "tab": "similarity", "pair": one, "sides": sides})


def _side(submission: Submission, ranges: list[list[int]]) -> MarkedSource:
    lines = _lines(submission.source, ranges)
    return MarkedSource(submission=submission, lines=lines, cut=submission.source.count("\n") > len(lines))


def _lines(source: str, ranges: list[list[int]]) -> list[MarkedLine]:
    matched = {number for first, last in ranges for number in range(first, last + 1)}
    # As the fingerprints count lines: `splitlines` would also break at form feeds and the like.
    numbered = enumerate(source.split("\n", MOST_LINES)[:MOST_LINES], 1)
    return [MarkedLine(number=number, text=text, matched=number in matched) for number, text in numbered]
