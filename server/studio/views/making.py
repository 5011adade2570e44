"""New packages: from a scaffold, as a copy, and from a ZIP."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from grader.errors import PackageError
from grader.packages import archives
from grader.packages.catalogue import find_package
from server.accounts.requests import Request
from server.courses.access import taught_course
from server.courses.models import Course
from server.packages.access import usable_in
from server.packages.errors import PackageRefused
from server.packages.models import CoursePackage, PackageKind, VersionSource
from server.packages.scaffolds import scaffold
from server.packages.services import create_package, make_version
from server.studio import authoring, drafting, guide
from server.studio.files import MAIN, title_of
from server.studio.forms import NewPackageForm, PackageCopyForm, UploadForm
from server.studio.views.common import EDIT, address_of


@require_http_methods(["GET", "POST"])
def new(request: Request, slug: str) -> HttpResponse:
    """Make an exercise or, with `?kind=lesson`, a lesson from a scaffold that passes its verification."""
    course = taught_course(request, slug, permission=EDIT)
    kind = PackageKind.LESSON if request.GET.get("kind") == PackageKind.LESSON else PackageKind.EXERCISE
    form = NewPackageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name, title = form.cleaned_data["name"], form.cleaned_data["title"]
        try:
            files = scaffold(kind, name)
            files[MAIN[kind]] = drafting.titled(files[MAIN[kind]], title)
            made = create_package(course, kind, name, by=request.user, files=files)
        except PackageRefused as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, "Here is a small one that works. Change one file after the other.")
            return HttpResponseRedirect(address_of(made, panel="steps"))
    context = {"course": course, "tab": "exercises", "form": form, "kind": kind}
    return render(request, "studio/new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def copy(request: Request, slug: str) -> HttpResponse:
    """Copy an exercise of the library (`?from=unit/name`) or a package (`?package=KEY`) into the course."""
    course = taught_course(request, slug, permission=EDIT)
    source = _source(course, request)
    files = _files(course, source)
    entries = guide.entries_of(files.get("exercise.toml", b"").decode(errors="replace"))
    name = source if isinstance(source, str) else source.slug
    form = PackageCopyForm(
        request.POST or None, entries=entries, initial={"name": name, "title": _title(source, files)}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = authoring.copy_exercise(
                course,
                source,
                data["name"],
                title=data["title"],
                words=form.words,
                mistakes=data["mistakes"],
                alternatives=data["alternatives"],
                by=request.user,
            )
        except PackageRefused as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, f"This is your course's own copy of {name}.")
            return HttpResponseRedirect(address_of(made, panel="steps"))
    context = {"course": course, "tab": "exercises", "form": form, "source": name, "fields": form.plain_fields}
    return render(request, "studio/copy.html", context, status=422 if form.errors else 200)


def _source(course: Course, request: Request) -> str | CoursePackage:
    key = request.GET.get("package", "")
    if key.isascii() and key.isdecimal() and len(key) < 18:
        return get_object_or_404(CoursePackage.objects.filter(usable_in(course)).distinct(), pk=int(key))
    return request.GET.get("from", "")


def _files(course: Course, source: str | CoursePackage) -> dict[str, bytes]:
    try:
        if isinstance(source, CoursePackage):
            return authoring.files_to_copy(course, source)
        return archives.files_of(find_package(source).folder)
    except (PackageError, PackageRefused):
        raise Http404 from None


def _title(source: str | CoursePackage, files: dict[str, bytes]) -> str:
    if isinstance(source, CoursePackage):
        return title_of(source, files.get(MAIN[PackageKind(source.kind)]))
    try:
        return find_package(source).manifest.title
    except PackageError:
        return ""


@require_http_methods(["GET", "POST"])
def upload(request: Request, slug: str) -> HttpResponse:
    """Make a package of the files in a ZIP; if there is one of that name, they become its files."""
    course = taught_course(request, slug, permission=EDIT)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            package = _unpacked(request, course, form)
        except (PackageRefused, PackageError) as error:
            form.add_error("archive", str(error))
        else:
            messages.success(request, "The files of the ZIP are here. Verify them, then publish.")
            return redirect(address_of(package, panel="verify"))
    context = {"course": course, "tab": "exercises", "form": form}
    return render(request, "studio/upload.html", context, status=422 if form.errors else 200)


def _unpacked(request: Request, course: Course, form: UploadForm) -> CoursePackage:
    data = form.cleaned_data
    files = archives.unpack(data["archive"])
    there = CoursePackage.objects.filter(course=course, slug=data["name"]).first()
    package = there or create_package(course, PackageKind(data["kind"]), data["name"], by=request.user, files=files)
    make_version(package, by=request.user, source=VersionSource.ZIP, files=files)
    return package
