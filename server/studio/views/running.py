"""Running an answer of a package: one of its files, or what an author tries as a student. Nothing counts."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from grader.protocol.jobs import Scope
from grader.protocol.verifications import MISTAKE_SEED
from server.accounts.requests import Request
from server.courses.access import require
from server.courses.selectors import get_course
from server.packages.errors import PackageRefused
from server.packages.models import CoursePackage, PackageKind, PackageRun
from server.packages.running import run_file
from server.studio import authoring, previews, selectors
from server.studio.files import title_of
from server.studio.forms import KeepForm, TryForm
from server.studio.views.common import EDIT, address_of, back, found_package, refused
from server.submissions.rendering.figures import find_figure

TRIED = "tried.py"
"""The path of an answer that is in no file."""
NEEDED = previews.NEEDS | {"starter.py", "exercise.toml"}


@require_POST
def start(request: Request, slug: str, package: str) -> HttpResponse:
    """Grade a file of the draft: `which`, else the file that is open."""
    found = found_package(request, slug, package, edit=True)
    path = request.POST.get("which") or request.POST.get("path", "")
    try:
        run = run_file(found, path, by=request.user, seed=MISTAKE_SEED, variant=MISTAKE_SEED)
    except PackageRefused as error:
        return refused(request, found, str(error), panel="run")
    if request.htmx:
        return render(request, "studio/_run.html", _context(run, fresh=True))
    return back(found, file=path, panel="run")


def get_run(request: Request, slug: str, pk: UUID) -> PackageRun:
    """Return a person's own run in a course that they teach. Raises Http404."""
    course = get_course(request.user, slug, permission="courses.teach")
    rows = PackageRun.objects.select_related("package__course")
    return get_object_or_404(rows, pk=pk, by=request.user, package__course=course)


@require_GET
@never_cache
def run(request: Request, slug: str, pk: UUID) -> HttpResponse:
    """The result of a run: a part of a page; without JavaScript the package's page."""
    row = get_run(request, slug, pk)
    if not request.htmx:
        return redirect(address_of(row.package, file=row.path, panel="run"))
    return render(request, "studio/_run.html", _context(row, fresh=True))


def _context(row: PackageRun, *, fresh: bool) -> dict[str, object]:
    return {
        "run": row,
        "result": selectors.run_view(row),
        "package": row.package,
        "course": row.package.course,
        "fresh": fresh,
        "may_edit": True,
        "keep_form": KeepForm(),
    }


@require_GET
def figure(request: Request, slug: str, pk: UUID, name: str) -> HttpResponse:
    """A figure that the code of a run drew."""
    row = get_run(request, slug, pk)
    found = find_figure((row.report or {}).get("exhibits", ()), name)
    if found is None:
        raise Http404
    headers = {"Cache-Control": "private, max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(found.png, content_type="image/png", headers=headers)


@require_POST
def keep(request: Request, slug: str, pk: UUID) -> HttpResponse:
    """Keep a wrong answer as a mistake: write its file, and what it got into mistakes.toml."""
    row = get_run(request, slug, pk)
    require(request.user, EDIT, row.package)
    form = KeepForm(request.POST)
    if not form.is_valid():
        return refused(request, row.package, "Say in a few words what is wrong with the answer.", panel="run")
    try:
        made = authoring.keep_mistake(row, form.cleaned_data["words"], by=request.user)
    except PackageRefused as error:
        return refused(request, row.package, str(error), panel="run")
    if request.htmx:
        context = {"package": row.package, "course": row.package.course, "made": made}
        return render(request, "studio/_kept.html", context)
    return back(row.package, file=made.path)


@require_GET
@never_cache
def as_student(request: Request, slug: str, package: str) -> HttpResponse:
    """The exercise as a student sees it, with the files that are edited now. `?run=` is shown with its code."""
    found = found_package(request, slug, package)
    if found.kind == PackageKind.LESSON:
        return redirect(address_of(found, panel="preview"))
    contents = {file.path: bytes(file.content) for file in found.draft_files.filter(path__in=NEEDED)}
    row = _shown_run(request, found)
    starter = contents.get("starter.py", b"").decode(errors="replace")
    context = {
        "course": found.course,
        "tab": "exercises",
        "package": found,
        "title": title_of(found, contents.get("exercise.toml")),
        "preview": previews.of(found, contents, variant=0),
        "source": row.source if row else starter,
        "starter": starter,
        "may_edit": request.user.has_perm(EDIT, found),
    }
    shown = _context(row, fresh=False) if row else {}
    return render(request, "studio/try.html", shown | context)


def _shown_run(request: Request, found: CoursePackage) -> PackageRun | None:
    try:
        pk = UUID(request.GET.get("run", ""))
    except ValueError:
        return None
    return found.runs.filter(pk=pk, by=request.user).select_related("package__course").first()


@require_POST
def try_run(request: Request, slug: str, package: str) -> HttpResponse:
    """Grade what an author tries as a student, with all cases or with the public ones. It counts for nothing."""
    found = found_package(request, slug, package, edit=True)
    form = TryForm(request.POST)
    if not form.is_valid():
        return refused(request, found, form.complaint)
    scope = Scope.PUBLIC if "public" in request.POST else Scope.ALL
    source = form.cleaned_data["source"]
    try:
        # The seed of the verification: an answer that is kept as a mistake gets the same there.
        row = run_file(
            found, TRIED, by=request.user, source=source, scope=scope, seed=MISTAKE_SEED, variant=MISTAKE_SEED
        )
    except PackageRefused as error:
        return refused(request, found, str(error))
    if request.htmx:
        return render(request, "studio/_run.html", _context(row, fresh=True))
    return HttpResponseRedirect(f"{reverse('studio:try', args=[found.course.slug, found.slug])}?run={row.pk}")
