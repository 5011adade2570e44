"""The page of a course's Git sources, and the address that hears of pushes."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from server.accounts.requests import Request
from server.courses.access import taught_course
from server.courses.models import Course
from server.outbox.addresses import AddressRefused
from server.packages.errors import PackageRefused
from server.packages.services import publish as publish_version
from server.sources import pushes, selectors, services
from server.sources.forms import SourceForm
from server.sources.models import GitSource, SourcePush


@never_cache
@require_http_methods(["GET", "POST"])
def sources(request: Request, slug: str) -> HttpResponse:
    """Show the course's Git sources, and add one."""
    course = taught_course(request, slug, permission="packages.view" if request.method == "GET" else "packages.edit")
    form = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = services.add_source(course, **form.cleaned_data, by=request.user)
            return _page(request, course, SourceForm(), made=made, secret=secret, status=201)
        except (PackageRefused, AddressRefused) as error:
            form.add_error(None, str(error))
    return _page(request, course, form, status=422 if form.errors else 200)


@require_POST
def fetch(request: Request, slug: str, pk: int) -> HttpResponse:
    """Read the branch now."""
    course, source = _source(request, slug, pk)
    services.fetch_now(source, by=request.user)
    messages.success(request, "The repository is being read. This page shows what was found.")
    return redirect("sources:sources", course.slug)


@never_cache
@require_POST
def renew(request: Request, slug: str, pk: int) -> HttpResponse:
    """Create a new secret for the webhook."""
    course, source = _source(request, slug, pk)
    try:
        secret = services.renew_secret(source, by=request.user)
    except PackageRefused as error:
        messages.error(request, str(error))
        return redirect("sources:sources", course.slug)
    return _page(request, course, SourceForm(), made=source, secret=secret, status=201)


@require_POST
def publishing(request: Request, slug: str, pk: int) -> HttpResponse:
    """Change whether what passes is published without a click."""
    course, source = _source(request, slug, pk)
    services.set_publishes(source, request.POST.get("publishes") == "on", by=request.user)
    return redirect("sources:sources", course.slug)


@require_POST
def forget(request: Request, slug: str, pk: int) -> HttpResponse:
    """Trust the key that the ssh server shows next."""
    course, source = _source(request, slug, pk)
    services.forget_host_key(source, by=request.user)
    messages.success(request, "The key that the server shows next is trusted.")
    return redirect("sources:sources", course.slug)


@require_POST
def remove(request: Request, slug: str, pk: int) -> HttpResponse:
    """Remove a source. Its packages stay."""
    course, source = _source(request, slug, pk)
    services.remove_source(source, by=request.user)
    messages.success(request, "The source is removed. Its packages stay; delete its key in the repository, too.")
    return redirect("sources:sources", course.slug)


@require_POST
def publish(request: Request, slug: str, pk: int, row: int) -> HttpResponse:
    """Publish the version of one package that was read last."""
    course, source = _source(request, slug, pk)
    found = get_object_or_404(source.packages.filter(package_version__isnull=False), pk=row)
    assert found.package_version is not None
    try:
        done = publish_version(found.package_version, by=request.user)
        messages.success(request, f"{found.slug} is published. {done.follows} assignments follow it.")
    except PackageRefused as error:
        messages.error(request, str(error))
    return redirect("sources:sources", course.slug)


@csrf_exempt
@login_not_required
@require_POST
def push(request: HttpRequest, key: UUID) -> HttpResponse:
    """Hear of a push from the server of a repository. The signature is the only proof."""
    source = get_object_or_404(GitSource.objects.select_related("course"), key=key)
    try:
        body = request.body
        pushes.check_signature(request.headers, body, services.Secrets(source).webhook)
        told = pushes.read_push(request.headers, body)
    except RequestDataTooBig:
        return _answer(413, "The message is too large.")
    except (pushes.PushRefused, PackageRefused) as error:
        return _answer(401, str(error))
    if told is None:
        return _answer(200, "Heard. A push to the branch starts a fetch.")
    if told.branch != source.branch or not told.commit:
        return _answer(202, f"Nothing to do: the course uses the branch {source.branch}.")
    return _hear(source, pushes.digest_of(body))


@transaction.atomic
def _hear(source: GitSource, digest: str) -> HttpResponse:
    if source.course.is_archived:
        return _answer(409, "The course is archived.")
    if not SourcePush.objects.get_or_create(source=source, digest=digest)[1]:
        return _answer(409, "This message was heard before.")
    services.ask(source)
    return _answer(202, "The repository is being read.")


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")


def _source(request: Request, slug: str, pk: int) -> tuple[Course, GitSource]:
    course = taught_course(request, slug, permission="packages.edit")
    return course, get_object_or_404(course.git_sources.select_related("course"), pk=pk)


def _page(
    request: Request, course: Course, form: SourceForm, *, status: int, made: GitSource | None = None, secret: str = ""
) -> HttpResponse:
    rows = [(source, selectors.fingerprint(source.host_key)) for source in selectors.sources_of(course)]
    context = {"course": course, "tab": "integrations", "part": "git", "rows": rows, "form": form}
    return render(request, "sources/sources.html", context | {"made": made, "secret": secret}, status=status)
