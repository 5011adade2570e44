"""What the studio's pages show of packages."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, OuterRef, Prefetch, Subquery

from grader.packages.archives import digest_of
from grader.protocol.jobs import Scope
from grader.protocol.reports import Report
from grader.protocol.verifications import MistakeResult, PackageProblem, Verified, promises_of
from server.accounts.models import User
from server.courses.models import Course
from server.gradebook.models import Assignment
from server.packages.files import draft_files
from server.packages.models import (
    CoursePackage,
    DraftFile,
    PackageKind,
    PackageRun,
    PackageVerification,
    PackageVersion,
    VerificationState,
)
from server.packages.selectors import packages_of
from server.studio import live
from server.studio.files import MAIN, Trouble, title_of, trouble_of
from server.submissions.models import Kind
from server.submissions.rendering.presentation import ResultView, report_view


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageRow:
    """A package in the list of a course's exercises. `edited` is true if no version has the newest edits."""

    package: CoursePackage
    title: str
    trouble: Trouble | None
    number: int | None
    published: int | None
    edited: bool
    verified: str
    assignments: Sequence[Assignment]

    @property
    def is_passed(self) -> bool:
        """Whether the newest version has passed its verification."""
        return self.verified == VerificationState.PASSED

    @property
    def is_failed(self) -> bool:
        """Whether verifying the newest version found problems."""
        return self.verified == VerificationState.FAILED


@dataclass(frozen=True, kw_only=True, slots=True)
class PromiseRow:
    """One promise of a verification: if it was kept, broken (with its problems), is looked at now, or comes later."""

    text: str
    state: str
    problems: list[PackageProblem]


@dataclass(frozen=True, kw_only=True, slots=True)
class VerificationView:
    """A verification for a page. `done` of `of` promises were looked at.

    The wrong answers can be written down if they get something else than mistakes.toml says; `only_mistakes` is true
    if that is the only problem.
    """

    row: PackageVerification
    promises: list[PromiseRow]
    problems: int
    mistakes: list[MistakeResult]
    can_write_mistakes: bool
    only_mistakes: bool
    done: int
    of: int

    @property
    def announcement(self) -> str:
        """What a screen reader says when it is over."""
        if self.row.is_waiting:
            return ""
        if self.row.state == VerificationState.PASSED:
            return "Verified: no problem was found."
        return f"{self.problems} problems were found." if self.problems else "The verification was stopped by an error."


def package_rows(course: Course) -> list[PackageRow]:
    """Return the packages of a course for a list. Three queries."""
    newest = PackageVersion.objects.filter(package=OuterRef("pk")).order_by("-number")
    published = PackageVersion.objects.filter(package=OuterRef("pk"), version=OuterRef("published")).order_by("-number")
    latest = PackageVerification.objects.filter(package_version__package=OuterRef("pk")).order_by("-started_at", "-id")
    uses = Assignment.objects.filter(course=course).select_related("course").order_by("position")
    rows = packages_of(course).annotate(
        number=Subquery(newest.values("number")[:1]),
        kept_at=Subquery(newest.values("made_at")[:1]),
        published_number=Subquery(published.values("number")[:1]),
        verified=Subquery(latest.values("state")[:1]),
        changed_at=Max("draft_files__changed_at"),
    )
    rows = rows.prefetch_related(
        Prefetch("assignments", uses, to_attr="uses"),
        Prefetch("draft_files", DraftFile.objects.filter(path__in=MAIN.values()), to_attr="main_files"),
    )
    return [_row(row) for row in rows]


def _row(row: Any) -> PackageRow:
    main = next((bytes(file.content) for file in row.main_files if file.path == MAIN[PackageKind(row.kind)]), None)
    return PackageRow(
        package=row,
        title=title_of(row, main),
        trouble=trouble_of(row, main),
        number=row.number,
        published=row.published_number,
        edited=is_edited(row.changed_at, row.kept_at),
        verified=row.verified or "",
        assignments=row.uses,
    )


def is_edited(changed_at: datetime | None, kept_at: datetime | None) -> bool:
    """Whether files were changed after the newest version was kept."""
    return changed_at is not None and (kept_at is None or changed_at > kept_at)


def latest_verification(package: CoursePackage) -> PackageVerification | None:
    """Return the newest verification of a package."""
    rows = PackageVerification.objects.filter(package_version__package=package)
    return rows.select_related("package_version__package__course").order_by("-started_at", "-id").first()


def latest_run(package: CoursePackage, by: User) -> PackageRun | None:
    """Return the newest run of a package's files by a person."""
    return package.runs.filter(by=by).select_related("package__course").order_by("-started_at", "-id").first()


def view_of(row: PackageVerification) -> VerificationView:
    """Return a verification for a page; one that runs with what the grader published last."""
    package = row.package_version.package
    promises = promises_of("lesson" if package.kind == PackageKind.LESSON else "exercise")
    ids = [name for name, _ in promises]
    if row.is_waiting:
        now = live.promise_now(row.pk, ids)
        done = ids.index(now) if now else 0
        states = {name: "done" if i < done else "now" if name == now else "later" for i, name in enumerate(ids)}
        found = Verified()
    else:
        found = Verified.from_dict(row.verified) if row.verified else Verified()
        looked_at = set(ids if row.state == VerificationState.PASSED else found.promises_done)
        done = len(looked_at)
        states = {name: "done" if name in looked_at else "later" for name in ids}
    of_promise: dict[str, list[PackageProblem]] = {}
    for problem in found.problems:
        of_promise.setdefault(problem.promise if problem.promise in ids else ids[0], []).append(problem)
    can_write = bool(found.mistakes) and any(problem.promise == "mistakes" for problem in found.problems)
    return VerificationView(
        row=row,
        promises=[
            PromiseRow(
                text=text,
                state="broken" if name in of_promise else states[name],
                problems=of_promise.get(name, []),
            )
            for name, text in promises
        ],
        problems=len(found.problems),
        mistakes=list(found.mistakes),
        can_write_mistakes=can_write,
        only_mistakes=can_write and all(problem.promise == "mistakes" for problem in found.problems),
        done=done,
        of=len(ids),
    )


def problems_by_file(view: VerificationView | None) -> Counter[str]:
    """Return how many problems each file has."""
    problems = [problem for promise in view.promises for problem in promise.problems] if view else []
    return Counter(problem.file for problem in problems if problem.file)


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """The newest version of a package and the published one (None without one), and if files were edited since."""

    newest: PackageVersion | None
    published: PackageVersion | None
    edited: bool

    @property
    def can_publish(self) -> bool:
        """Whether the newest version has what is edited, and is not the published one."""
        newest, published = self.newest, self.published
        if newest is None or self.edited:
            return False
        return published is None or published.version_id != newest.version_id


def history_of(package: CoursePackage, files: Mapping[str, bytes] | None = None) -> History:
    """Return the state of a package and its versions. Two queries, and one more without its `files`."""
    rows = package.versions.select_related("package__course").order_by("-number")
    newest = rows.first()
    published = rows.filter(version=package.published_id).first() if package.published_id else None
    digest = digest_of(draft_files(package) if files is None else files)
    return History(newest=newest, published=published, edited=newest is None or newest.version_id != digest)


def run_view(run: PackageRun) -> ResultView | None:
    """Return the report of a run for a page; None if there is none."""
    if run.report is None:
        return None
    kind = Kind.TEST_RUN if run.scope == Scope.PUBLIC else Kind.SUBMIT
    return report_view(Report.from_dict(run.report), kind=kind)


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageStage:
    """One of the three stages of a package: verified, published, assigned."""

    text: str
    done: bool


def stages(package: CoursePackage, history: History, view: VerificationView | None) -> list[PackageStage]:
    """Return which stages a package has reached with what is edited now. One query."""
    newest = history.newest.pk if history.newest and not history.edited else None
    passed = view is not None and view.row.state == VerificationState.PASSED
    verified = passed and view is not None and view.row.package_version_id == newest
    published = newest is not None and history.published is not None and history.published.pk == newest
    return [
        PackageStage(text="Verified", done=verified),
        PackageStage(text="Published", done=published),
        PackageStage(text="Assigned", done=package.assignments.exists()),
    ]
