"""Every table of the database: what it holds about people, and what happens to it.

Each table is here, the ones without personal data too: a test fails if a new one is missing. The order is that of
erasing: rows that point to others come before them. `docs/operator/data-protection.md` shows the same table to people,
and a test compares the two.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet

from server.privacy.accounts import DataSubject
from server.submissions.old_code import without_code


class Treatment(StrEnum):
    """What happens to the rows about a person."""

    DELETED = "deleted"
    EMPTIED = "emptied"
    NUMBERED = "kept under a number"


class Mode(StrEnum):
    """What is asked for."""

    ERASE = "erase"
    ANONYMOUS = "anonymous"


Whose = Callable[[DataSubject], Q]


@dataclass(frozen=True, kw_only=True)
class HeldColumns:
    """What says something about results that are held back: the columns of some rows, or without columns all of them.

    `rows` returns the condition for the rows, given the keys of the assignments.
    """

    rows: Callable[[list[int]], Q]
    columns: tuple[str, ...] = ()


def _held_in(path: str) -> HeldColumns:
    """Leave out rows whose assignment, at the end of a path, is held back."""
    return HeldColumns(rows=lambda held: Q(**{f"{path}__in": held}))


def _held_entries(held: list[int]) -> Q:
    """Return the condition for entries of the audit log about grades. They name an assignment by course and slug."""
    condition = Q(pk__in=[])
    for one in apps.get_model("gradebook.Assignment")._default_manager.filter(pk__in=held):
        condition |= Q(course=one.course_id, what=one.slug)
    return condition & Q(area="grades")


@dataclass(frozen=True, kw_only=True)
class TablePolicy:
    """A table, and what it holds about people.

    model       its label in Django
    holds       what it holds about a person, in words; empty if nothing
    about       the path to the person whom a row is about, or a function that returns the condition
    by          the columns that name the author of something that concerns others: the author becomes a number
    unlinked    the columns that name the person in rows that stay; they are empty once the person is erased
    anonymous   what happens to rows about a person who is made anonymous
    erased      what happens to rows about a person who is erased
    emptied     the columns that are emptied, and what they are then: a value, or a function of the old one
    texts       the columns of texts that staff or the system wrote: in every row, the person's name is replaced
    note        what else happens, for the plan
    shows       what the export has of each row
    held        which of that is left out while results are held back, and how such rows are found
    """

    model: str
    holds: str = ""
    about: str | Whose | None = None
    by: tuple[str, ...] = ()
    unlinked: tuple[str, ...] = ()
    anonymous: Treatment = Treatment.DELETED
    erased: Treatment = Treatment.DELETED
    emptied: Mapping[str, Any] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    note: str = ""
    shows: tuple[str, ...] = ()
    held: "HeldColumns | None" = None

    @property
    def table(self) -> type[Model]:
        """The model."""
        return apps.get_model(self.model)

    @property
    def file(self) -> str:
        """The name of its file in an export, without an ending."""
        return self.model.replace(".", "-").lower()

    @property
    def rows(self) -> QuerySet[Any]:
        """All rows. Unlike the model's own manager, this can write tables that only grow."""
        return QuerySet(self.table)

    def about_person(self, person: DataSubject) -> QuerySet[Any]:
        """Return the rows about a person."""
        if self.about is None:
            return self.rows.none()
        condition = Q(**{f"{self.about}__in": person.keys}) if isinstance(self.about, str) else self.about(person)
        return self.rows.filter(condition)

    def by_person(self, person: DataSubject) -> QuerySet[Any]:
        """Return the rows about others that a person wrote."""
        return self._with(self.by, person)

    def linked_to(self, person: DataSubject) -> QuerySet[Any]:
        """Return the rows that stay, and name the person in a column that can be empty."""
        return self._with(self.unlinked, person)

    def _with(self, columns: tuple[str, ...], person: DataSubject) -> QuerySet[Any]:
        condition = Q()
        for column in columns:
            condition |= Q(**{f"{column}__in": person.keys})
        return self.rows.filter(condition) if columns else self.rows.none()

    def treatment(self, mode: Mode) -> Treatment:
        """Return what happens to the rows about a person."""
        return self.erased if mode is Mode.ERASE else self.anonymous

    def in_words(self, mode: Mode) -> str:
        """Return what happens to its rows, in words."""
        erases = mode is Mode.ERASE
        goes_last = erases and self.model == "accounts.User"
        treatment = (
            "deleted; kept under a number if the person wrote about others" if goes_last else str(self.treatment(mode))
        )
        parts = (
            (self.about is not None, treatment),
            (not erases and self.note, self.note),
            (self.by, "about others: kept under a number"),
            (self.unlinked and erases, "about others: kept without the person"),
            (self.unlinked and not erases and not self.about, "kept under a number"),
            (self.texts, "the name in texts is replaced"),
        )
        return "; ".join(words for condition, words in parts if condition)


def _sessions(person: DataSubject) -> Q:
    return Q(pk__in=person.sessions())


def _events(person: DataSubject) -> Q:
    return Q(payload__data__user__id__in=person.keys)


def _event_of(path: str) -> Whose:
    return lambda person: Q(**{f"{path}__payload__data__user__id__in": person.keys})


def _kept_answers(person: DataSubject) -> Q:
    """Answers of the API to tokens of the person, and answers that name the person."""
    condition = Q(token__learner__in=person.keys)
    for key in person.keys:
        condition |= Q(body__contains=f'"user":{{"id":{key},') | Q(body__contains=f'"user": {{"id": {key},')
    for word in person.words:
        condition |= Q(body__icontains=word)
    return condition


def _mails(person: DataSubject) -> Q:
    return Q(recipient__in=person.keys) | Q(address__in=person.emails)


def _letters(person: DataSubject) -> Q:
    """Letters to nobody else: an announcement has one letter for all."""
    mails = apps.get_model("mail.Mail").objects
    own = mails.filter(_mails(person), letter__isnull=False)
    to_others = mails.filter(letter__isnull=False).exclude(_mails(person))
    return Q(pk__in=own.values("letter")) & ~Q(pk__in=to_others.values("letter"))


def _pairs(person: DataSubject) -> Q:
    return Q(left__learner__in=person.keys) | Q(right__learner__in=person.keys)


def _reads(person: DataSubject) -> Q:
    """What the person read, and what others read of the comments on the person's submissions."""
    return Q(user__in=person.keys) | Q(comment__submission__learner__in=person.keys)


def _logins(person: DataSubject) -> Q:
    identities = apps.get_model("lti.Identity").objects.filter(user__in=person.keys)
    theirs = Q(arrival__user__in=person.keys)
    return Q(params__login_hint__in=list(identities.values_list("sub", flat=True))) | theirs


TABLES = (
    # What the person did in lessons and exercises.
    TablePolicy(
        model="lessons.SnippetRun",
        holds="what lessons' examples printed, for a day",
        about="learner",
        shows=("lesson", "block", "started_at", "shown"),
    ),
    TablePolicy(
        model="drafts.Draft",
        holds="code that was not handed in yet",
        about="learner",
        shows=("assignment__slug", "source", "other", "saved_at"),
    ),
    TablePolicy(
        model="comments.CommentVersion",
        holds="earlier texts of comments on submissions",
        about="comment__submission__learner",
        texts=("text",),
        shows=("comment", "text", "until"),
    ),
    TablePolicy(
        model="comments.CommentRead",
        holds="which comments were shown to the person",
        about=_reads,
        shows=("comment", "at"),
    ),
    TablePolicy(
        model="comments.Comment",
        holds="comments on submissions, of the learner and of teachers",
        about="submission__learner",
        by=("author",),
        unlinked=("deleted_by",),
        texts=("text",),
        shows=("submission__assignment__slug", "submission", "author__username", "at", "text", "deleted_at"),
    ),
    TablePolicy(
        model="comments.SavedComment",
        holds="texts that a course keeps for comments, and who kept them",
        by=("by",),
        texts=("text",),
    ),
    TablePolicy(
        model="regrade_requests.RegradeRequest",
        holds="requests for a regrade, with their reasons and answers",
        about="submission__learner",
        unlinked=("answered_by",),
        texts=("answer",),
        shows=("submission__assignment__slug", "submission", "check_title", "reason", "asked_at", "state", "answer"),
    ),
    TablePolicy(
        model="similarity.Pair",
        holds="which submissions are alike",
        about=_pairs,
        shows=("assignment__slug", "share", "comparison__started_at"),
    ),
    TablePolicy(model="similarity.Comparison", holds="who compared submissions", by=("by",)),
    TablePolicy(
        model="insights.FailedCheck",
        holds="which checks failed, and the sentence that the learner read",
        about="learner",
        anonymous=Treatment.EMPTIED,
        emptied={"text": ""},
        shows=("submission", "title", "mistake", "text"),
        held=_held_in("submission__assignment"),
    ),
    TablePolicy(
        model="hints.HintUse",
        holds="which hints were opened, and the sentence about the mistake",
        about="learner",
        anonymous=Treatment.EMPTIED,
        emptied={"text": ""},
        shows=("submission", "hint", "level", "text", "opened_at"),
        held=_held_in("assignment"),
    ),
    TablePolicy(
        model="regrades.Rerun",
        holds="reports of submissions that were graded again",
        about="submission__learner",
        anonymous=Treatment.EMPTIED,
        emptied={"report": without_code, "old_report": without_code},
        shows=("submission", "state", "old_given", "given", "max"),
        held=_held_in("submission__assignment"),
    ),
    TablePolicy(model="regrades.Regrade_changes", about="gradechange__learner", anonymous=Treatment.NUMBERED),
    TablePolicy(model="regrades.Regrade", holds="who graded again, and why", by=("by",), texts=("why",)),
    TablePolicy(model="regrades.Regrade_assignments"),
    # Learning platforms.
    TablePolicy(
        model="lti.PassbackTry",
        holds="tries to send a score to the learning platform",
        about="passback__identity__user",
        shows=("at", "given", "status", "words"),
        held=_held_in("passback__line_item__assignment"),
    ),
    TablePolicy(
        model="lti.Passback",
        holds="scores for the learning platform",
        about="identity__user",
        shows=("line_item__assignment__slug", "given", "most", "state", "sent_given", "sent_at", "kept_given"),
        held=_held_in("line_item__assignment"),
    ),
    TablePolicy(
        model="lti.LineItem",
        holds="differences between our grades and the platform's, with names",
        about="lms_course__memberships__identity__user",
        anonymous=Treatment.EMPTIED,
        erased=Treatment.EMPTIED,
        emptied={"differences": []},
        texts=("compare_error",),
    ),
    TablePolicy(
        model="lti.Membership",
        holds="roles in courses of the learning platform",
        about="identity__user",
        shows=("lms_course__title", "launch_role", "roster_role", "launched_at", "gone_at"),
    ),
    TablePolicy(model="lti.LoginState", holds="a login that has begun, for ten minutes", about=_logins),
    TablePolicy(
        model="lti.Identity",
        holds="the id, name and e-mail address that the learning platform sent",
        about="user",
        shows=("platform__issuer", "sub", "name", "email", "created_at"),
    ),
    TablePolicy(model="lti.Selection", holds="an exercise choice that has begun, for an hour", about="user"),
    TablePolicy(model="lti.PlatformInvitation", holds="who invited a learning platform", about="by"),
    TablePolicy(model="lti.LmsCourse", texts=("roster_error",)),
    TablePolicy(model="lti.Platform"),
    TablePolicy(model="lti.Deployment"),
    TablePolicy(model="lti.ResourceLink"),
    TablePolicy(model="lti.SigningKey"),
    # Other systems.
    TablePolicy(model="webhooks.Try", holds="tries to send events", about=_event_of("delivery__event")),
    TablePolicy(model="webhooks.Delivery", holds="which systems got an event", about=_event_of("event")),
    TablePolicy(
        model="webhooks.Event",
        holds="scores for other systems, with the person's ids, for 30 days",
        about=_events,
        shows=("type", "payload", "created_at"),
        held=_held_in("payload__data__assignment"),
    ),
    TablePolicy(model="webhooks.Endpoint"),
    TablePolicy(
        model="api.KeptAnswer",
        holds="answers of the API, for a day",
        about=_kept_answers,
        shows=("claimed_at", "status"),
    ),
    TablePolicy(model="api.ApiToken_courses", about="apitoken__learner"),
    TablePolicy(
        model="api.ApiToken",
        holds="personal tokens, and tokens of a course that the person is responsible for",
        about="learner",
        by=("owner",),
        texts=("name",),
        shows=("name", "prefix", "scopes", "created_at", "expires_at", "last_used_at"),
    ),
    TablePolicy(
        model="api.ExternalReference",
        holds="the name of a submission in another system",
        about="submission__learner",
        shows=("submission", "text"),
    ),
    # Grades and submissions.
    TablePolicy(
        model="gradebook.Accommodation",
        holds="more time in every assignment of a course, and why",
        about="learner",
        by=("by",),
        anonymous=Treatment.EMPTIED,
        emptied={"why": ""},
        texts=("why",),
        shows=("course__title", "extra_days", "time_factor", "why", "at"),
    ),
    TablePolicy(
        model="gradebook.Grade",
        holds="points, extensions, and if an assignment counts",
        about="learner",
        anonymous=Treatment.NUMBERED,
        shows=(
            "assignment__slug",
            "raw",
            "penalty",
            "final",
            "override",
            "exempt",
            "due_at",
            "closes_at",
            "updated_at",
        ),
        held=HeldColumns(
            columns=("raw", "penalty", "final", "override", "updated_at"), rows=lambda held: Q(assignment__in=held)
        ),
    ),
    TablePolicy(
        model="gradebook.GradeChange",
        holds="every change of a grade: when, by whom, and why",
        about="learner",
        by=("by",),
        anonymous=Treatment.EMPTIED,
        emptied={"why": ""},
        texts=("why",),
        shows=("assignment__slug", "at", "action", "why", "old", "new"),
        held=_held_in("assignment"),
    ),
    TablePolicy(
        model="submissions.Submission",
        holds="code, points, and the report with what the code printed and drew",
        about="learner",
        anonymous=Treatment.EMPTIED,
        emptied={"source": "", "report": without_code, "edit": None},
        shows=("pk", "assignment__slug", "kind", "number", "state", "submitted_at", "given", "max"),
        held=HeldColumns(
            columns=("state", "given", "max"), rows=lambda held: Q(assignment__in=held) & ~Q(kind="check")
        ),
    ),
    TablePolicy(model="submissions.CourseTurn"),
    TablePolicy(model="gradebook.UnitTerms"),
    TablePolicy(model="gradebook.Assignment"),
    # Packages of courses.
    TablePolicy(
        model="packages.PackageRun",
        holds="runs of files of packages that the person edits, for a day",
        about="by",
        shows=("package__slug", "path", "source", "state", "report", "started_at"),
    ),
    TablePolicy(model="packages.PackageVerification"),
    TablePolicy(model="packages.DraftFile", holds="who edited a file of a package last", unlinked=("changed_by",)),
    TablePolicy(
        model="packages.PackageVersion",
        holds="who made a version of a package, with a note",
        unlinked=("made_by",),
        texts=("note",),
    ),
    TablePolicy(model="packages.PackageShare"),
    TablePolicy(model="packages.CoursePackage", holds="who published a package", unlinked=("published_by",)),
    TablePolicy(model="packages.Version"),
    TablePolicy(model="sources.GitSource"),
    TablePolicy(model="sources.SourcePackage"),
    TablePolicy(model="sources.SourcePush"),
    # Mail.
    TablePolicy(model="mail.Letter", holds="texts of e-mails, encrypted, until they are sent", about=_letters),
    TablePolicy(
        model="mail.Mail",
        holds="e-mails: to whom, when, the subject, and if they arrived",
        about=_mails,
        texts=("subject", "error"),
        shows=("kind", "address", "subject", "state", "created_at", "finished_at"),
    ),
    TablePolicy(
        model="mail.SwitchedOff", holds="kinds of e-mails that the person does not want", about="user", shows=("kind",)
    ),
    TablePolicy(model="mail.MailServer"),
    TablePolicy(
        model="notifications.News",
        holds="news that wait for an e-mail",
        about="user",
        texts=("text",),
        shows=("text", "at"),
    ),
    TablePolicy(
        model="calendars.CalendarFeed",
        holds="that the person has a calendar address",
        about="user",
        shows=("made_at",),
    ),
    TablePolicy(model="notifications.Reminder", holds="which deadlines the person was reminded of", about="learner"),
    TablePolicy(
        model="announcements.Announcement",
        holds="announcements to a course, and who wrote them",
        by=("author",),
        texts=("subject", "body"),
        shows=("course__title", "subject", "body", "at"),
    ),
    # Courses.
    TablePolicy(
        model="courses.Enrollment",
        holds="courses and roles",
        about="user",
        anonymous=Treatment.NUMBERED,
        note="roles of teachers and assistants end",
        shows=("course__title", "role"),
    ),
    TablePolicy(
        model="courses.FormerEnrollment",
        holds="courses that the person was in",
        about="user",
        unlinked=("by",),
        anonymous=Treatment.NUMBERED,
        shows=("course__title", "role", "at"),
    ),
    TablePolicy(model="courses.AssistantLimit", holds="sections to which an assistant is limited", about="user"),
    TablePolicy(model="courses.Section"),
    TablePolicy(model="courses.FormerSlug"),
    TablePolicy(model="courses.Course", holds="who made a course", unlinked=("made_by",)),
    TablePolicy(model="invitations.Invitation", holds="who made a course code", by=("by",)),
    TablePolicy(model="dashboard.Verification"),
    TablePolicy(model="administration.BackupRecord"),
    # The account.
    TablePolicy(model="sessions.Session", holds="that the person is signed in, for two weeks", about=_sessions),
    TablePolicy(model="mfa.Authenticator", holds="the second factor", about="user", shows=("type", "created_at")),
    TablePolicy(model="account.EmailConfirmation", holds="links to confirm an address", about="email_address__user"),
    TablePolicy(
        model="account.EmailAddress",
        holds="e-mail addresses",
        about="user",
        shows=("email", "verified", "primary"),
    ),
    TablePolicy(model="accounts.User_groups", about="user"),
    TablePolicy(model="accounts.User_user_permissions", about="user"),
    TablePolicy(
        model="admin.LogEntry",
        holds="what an administrator changed, and names of people whose account was changed",
        by=("user",),
        texts=("object_repr", "change_message"),
    ),
    TablePolicy(
        model="audit.AuditEntry",
        holds="who did what to grades, people, tokens and connections",
        about="about",
        anonymous=Treatment.EMPTIED,
        erased=Treatment.EMPTIED,
        emptied={"why": ""},
        unlinked=("by", "about"),
        texts=("token", "what", "before", "after", "why"),
        shows=("at", "action", "what", "before", "after", "why"),
        held=HeldColumns(rows=_held_entries),
    ),
    TablePolicy(
        model="accounts.User",
        holds="user name, name, e-mail address, id of the school, password (as a hash), last sign-in",
        about="pk",
        anonymous=Treatment.NUMBERED,
        erased=Treatment.NUMBERED,
        shows=("username", "first_name", "last_name", "email", "external_id", "date_joined", "last_login"),
    ),
    TablePolicy(model="auth.Group"),
    TablePolicy(model="auth.Permission"),
    TablePolicy(model="auth.Group_permissions"),
    TablePolicy(model="contenttypes.ContentType"),
)
