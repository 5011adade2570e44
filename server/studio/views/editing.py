"""The page of a package: its files, the editor, and what is beside it."""

from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from server.accounts.requests import Request
from server.courses.access import taught_course
from server.packages.errors import Conflict, PackageRefused
from server.packages.files import delete_file, rename_file, save_file
from server.packages.models import CoursePackage, DraftFile, PackageKind, VersionSource
from server.packages.services import make_version
from server.studio import authoring, previews, selectors
from server.studio import guide as guide_text
from server.studio.files import MAIN, MOST_TEXT, opened, text_of, title_of, tree, trouble_of
from server.studio.forms import AddFileForm, RenameForm, SaveForm
from server.studio.views.common import EDIT, RefusalsShown, address_of, back, found_package, refused
from server.submissions.rendering.diffs import side_by_side

LONGEST_LINE = 10**7
CONFLICT = 409


@require_GET
@never_cache
def package(request: Request, slug: str, package: str) -> HttpResponse:
    """The page of a package; `?file=` is in the editor, at `?line=`, and `?panel=` is open beside it."""
    found = found_package(request, slug, package)
    return render(request, "studio/package.html", _page(request, found))


@require_GET
def guide(request: Request, slug: str) -> HttpResponse:
    """What each file of a package is for."""
    course = taught_course(request, slug)
    return render(
        request, "studio/guide.html", {"course": course, "tab": "exercises", "sections": guide_text.sections()}
    )


def _page(request: Request, found: CoursePackage) -> dict[str, object]:
    files = {file.path: file for file in found.draft_files.select_related("changed_by")}
    chosen = request.GET.get("file", "")
    if chosen and chosen not in files:
        messages.info(request, f"There is no file {chosen}.")
    contents = {path: bytes(file.content) for path, file in files.items()}
    row = _chosen(found, files, chosen)
    file = opened(row) if row else None
    verification = selectors.latest_verification(found)
    view = selectors.view_of(verification) if verification else None
    main = contents.get(MAIN[PackageKind(found.kind)])
    run = selectors.latest_run(found, request.user)
    may_edit = request.user.has_perm(EDIT, found)
    history = selectors.history_of(found, contents)
    return {
        "course": found.course,
        "tab": "exercises",
        "package": found,
        "title": title_of(found, main),
        "trouble": trouble_of(found, main),
        "folders": tree(files, selectors.problems_by_file(view)),
        "file": file,
        "line": _line_asked(request),
        "panel": request.GET.get("panel", ""),
        "section": guide_text.section_about(file.path) if file else None,
        "steps": guide_text.steps(found.kind, contents),
        "preview": previews.of(found, contents, variant=0),
        "main_text": previews.MAIN_TEXT[PackageKind(found.kind)],
        "verification": view,
        "run": run,
        "result": selectors.run_view(run) if run else None,
        "may_edit": may_edit,
        "history": history,
        "stages": selectors.stages(found, history, view),
    }


def _chosen(found: CoursePackage, files: dict[str, DraftFile], path: str) -> DraftFile | None:
    usual = previews.MAIN_TEXT[PackageKind(found.kind)]
    return files.get(path) or files.get(usual) or next(iter(files.values()), None)


def _line_asked(request: Request) -> int | None:
    text = request.GET.get("line", "")
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text[:9]) < LONGEST_LINE else None


@require_POST
def save(request: Request, slug: str, package: str) -> HttpResponse:
    """Save the open file: {"revision"}; 422 with {"complaint"}; 409 with both texts if somebody else saved it.

    `settled` means that the author saw the other text and chose theirs: the other text is kept in the history first.
    """
    found = found_package(request, slug, package, edit=True)
    form = SaveForm(request.POST)
    if not form.is_valid():
        return _not_saved(request, found, form.complaint)
    data = form.cleaned_data
    try:
        if data["settled"]:
            _keep_history(found, request, data["path"])
        file = save_file(found, data["path"], data["source"].encode(), base_revision=data["revision"], by=request.user)
    except Conflict as conflict:
        return _conflict(request, found, data["path"], data["source"], conflict)
    except PackageRefused as error:
        return _not_saved(request, found, str(error))
    if not _wants_json(request):
        messages.success(request, f"{file.path} is saved.")
        return back(found, file=file.path)
    return JsonResponse({"revision": file.revision})


def _keep_history(found: CoursePackage, request: Request, path: str) -> None:
    name = request.user.display_name
    make_version(found, by=request.user, source=VersionSource.PAGE, note=f"Before {name} replaced {path}")


def _wants_json(request: Request) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _not_saved(request: Request, found: CoursePackage, complaint: str) -> HttpResponse:
    if not _wants_json(request):
        return refused(request, found, f"Not saved: {complaint}")
    return JsonResponse({"complaint": complaint}, status=422)


def _conflict(request: Request, found: CoursePackage, path: str, mine: str, conflict: Conflict) -> HttpResponse:
    theirs = conflict.theirs
    text = (text_of(bytes(theirs.content)) or "") if theirs else ""
    context = {
        "package": found,
        "course": found.course,
        "path": path,
        "mine": mine,
        "theirs": theirs,
        "theirs_text": text,
        "diff": side_by_side(text, mine),
    }
    if not _wants_json(request):
        return render(request, "studio/conflict.html", context | {"tab": "exercises"}, status=CONFLICT)
    answer = {
        "conflict": render_to_string("studio/_conflict.html", context, request),
        "revision": theirs.revision if theirs else 0,
        "source": text,
    }
    return JsonResponse(answer, status=CONFLICT)


@require_POST
def add(request: Request, slug: str, package: str) -> HttpResponse:
    """Add an empty file, or one from the author's computer."""
    found = found_package(request, slug, package, edit=True)
    form = AddFileForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, "Write the path of the new file, like mistakes/forgets_the_mean.py.")
        return back(found)
    upload, path = form.cleaned_data["file"], form.cleaned_data["path"].strip()
    if upload and (not path or path.endswith("/")):
        path = f"{path}{upload.name}"
    content = upload.read() if upload else b""
    there = found.draft_files.filter(path=path).first()
    if there is not None and upload is None:
        messages.info(request, f"There is a file {path} already.")
        return back(found, file=path)
    with RefusalsShown(request):
        saved = save_file(found, path, content, base_revision=there.revision if there else 0, by=request.user)
        return back(found, file=saved.path)
    return back(found)


@require_POST
def rename(request: Request, slug: str, package: str) -> HttpResponse:
    """Give a file another path."""
    found = found_package(request, slug, package, edit=True)
    form = RenameForm(request.POST)
    if not form.is_valid() or not form.cleaned_data["to"]:
        messages.error(request, "Write the new path of the file.")
        return back(found, file=request.POST.get("path", ""))
    data = form.cleaned_data
    with RefusalsShown(request):
        renamed = rename_file(found, data["path"], data["to"], base_revision=data["revision"], by=request.user)
        return back(found, file=renamed.path)
    return back(found, file=data["path"])


@require_POST
def remove(request: Request, slug: str, package: str) -> HttpResponse:
    """Delete a file. Versions that have it keep it."""
    found = found_package(request, slug, package, edit=True)
    form = RenameForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        with RefusalsShown(request):
            delete_file(found, data["path"], base_revision=data["revision"], by=request.user)
            messages.success(request, f"{data['path']} is deleted. Versions that have it keep it.")
    return back(found)


@require_POST
def write_starter(request: Request, slug: str, package: str) -> HttpResponse:
    """Write a starter from the signatures of the manifest."""
    found = found_package(request, slug, package, edit=True)
    with RefusalsShown(request):
        authoring.write_starter(found, by=request.user)
        messages.success(request, "The starter has each function of exercise.toml now.")
    return back(found, file="starter.py")


@require_GET
@never_cache
def file(request: Request, slug: str, package: str) -> HttpResponse:
    """A file of the draft, as a download; never shown by the browser itself."""
    found = found_package(request, slug, package)
    row = found.draft_files.filter(path=request.GET.get("path", "")).first()
    if row is None:
        raise Http404
    name = quote(row.path.rpartition("/")[2], safe="")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return HttpResponse(bytes(row.content), content_type="application/octet-stream", headers=headers)


@require_POST
def preview(request: Request, slug: str, package: str) -> HttpResponse:
    """The statement or the lesson as students read it, with the text that is in the editor now. Nothing is saved."""
    found = found_package(request, slug, package)
    contents = {one.path: bytes(one.content) for one in found.draft_files.filter(path__in=previews.NEEDS)}
    if (path := request.POST.get("path", "")) in previews.NEEDS:
        text = request.POST.get("source", "")[:MOST_TEXT].replace("\r\n", "\n").replace("\r", "\n")
        contents[path] = text.encode(errors="replace")
    number = request.POST.get("variant", "")
    variant = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 0
    context = {"preview": previews.of(found, contents, variant=variant), "package": found, "course": found.course}
    if not request.htmx:
        return redirect(address_of(found, panel="preview"))
    return render(request, "studio/_preview.html", context)
