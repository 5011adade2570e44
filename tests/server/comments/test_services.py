"""Writing, changing, deleting and reading comments; what happens if somebody writes too many; who hears of them."""

import pytest
from django.utils import timezone

from server.audit.models import AuditAction, AuditEntry
from server.comments import selectors, services
from server.comments.models import Comment, CommentRead
from server.comments.selectors import InboxFilter
from server.comments.services import CommentRejected, comment, delete, edit
from server.courses.models import AssistantLimit
from server.courses.visibility import visible_people
from server.gradebook.models import Assignment
from server.notifications.models import News
from server.submissions.models import Submission
from server.submissions.selectors import history_with_comments
from tests.support.people import make_member, make_student, make_submission

pytestmark = pytest.mark.django_db


def shown(person, submission):
    return [[one.comment.text for one in thread.comments] for thread in selectors.threads(person, submission)]


def test_comments_on_the_same_lines_are_one_thread(submission, student, teacher):
    comment(submission, author=teacher, text="Why two lines?", lines=(2, 3))
    comment(submission, author=teacher, text="Well done.")
    comment(submission, author=student, text="To read it.", lines=(2, 3))

    threads = selectors.threads(student, submission)

    assert [(one.title, len(one.comments)) for one in threads] == [("The whole submission", 1), ("Lines 2 to 3", 2)]
    assert threads[1].code == [(2, "    y = x * x"), (3, "    return y")]


@pytest.mark.parametrize("lines", [(0, 1), (2, 1), (3, 4), (4, 4), (1, 10**9)])
def test_lines_that_the_code_does_not_have_are_refused(submission, teacher, lines):
    with pytest.raises(CommentRejected, match="lines 1 to 3"):
        comment(submission, author=teacher, text="x", lines=lines)


def test_deleted_code_has_no_lines_to_comment(submission, teacher):
    Submission.objects.filter(pk=submission.pk).update(source="")
    submission.refresh_from_db()

    with pytest.raises(CommentRejected, match="whole submission"):
        comment(submission, author=teacher, text="x", lines=(1, 1))
    assert comment(submission, author=teacher, text="x")


@pytest.mark.parametrize("text", ["", " \n ", "a" * 5_001, "a\0b"])
def test_texts_that_cannot_be_kept_are_refused(submission, teacher, text):
    with pytest.raises(CommentRejected):
        comment(submission, author=teacher, text=text)
    assert not Comment.objects.exists()


def test_an_edit_keeps_the_earlier_text_for_instructors_alone(submission, student, teacher, instructor):
    made = comment(submission, author=teacher, text="Wrong.")
    edit(made, text="Not quite right.")

    assert shown(student, submission) == [["Not quite right."]]
    versions = {
        person: [one.versions for thread in selectors.threads(person, submission) for one in thread.comments]
        for person in (student, teacher, instructor)
    }
    assert versions == {student: [()], teacher: [()], instructor: [("Wrong.",)]}
    assert Comment.objects.get().edited_at is not None


def test_the_same_text_again_is_no_edit(submission, teacher):
    made = comment(submission, author=teacher, text="Good.")
    edit(made, text="Good. ")

    assert Comment.objects.get().edited_at is None
    assert not made.versions.exists()


def test_a_deleted_comment_is_left_to_instructors_and_the_log(submission, student, teacher, instructor):
    made = comment(submission, author=teacher, text="Wrong person.")
    delete(made, by=instructor)

    assert shown(student, submission) == shown(teacher, submission) == []
    assert shown(instructor, submission) == [["Wrong person."]]
    entry = AuditEntry.objects.get(action=AuditAction.COMMENT_DELETED)
    assert (entry.by, entry.about) == (instructor, student)
    with pytest.raises(CommentRejected):
        edit(made, text="Back")
    with pytest.raises(CommentRejected):
        delete(made, by=instructor)


def test_a_learner_has_a_limit_per_day(submission, student, teacher, monkeypatch):
    monkeypatch.setattr(services, "MOST_PER_DAY", 2)
    for _ in range(3):
        comment(submission, author=teacher, text="x")
    comment(submission, author=student, text="x")
    comment(submission, author=student, text="x")

    with pytest.raises(CommentRejected, match="tomorrow"):
        comment(submission, author=student, text="x")

    Comment.objects.filter(author=student).update(at=timezone.now() - timezone.timedelta(days=1, minutes=1))
    assert comment(submission, author=student, text="x")


def test_a_submission_has_a_most_of_comments(submission, teacher, monkeypatch):
    monkeypatch.setattr(services, "MOST_ON_SUBMISSION", 1)
    comment(submission, author=teacher, text="x")

    with pytest.raises(CommentRejected, match="at most 1"):
        comment(submission, author=teacher, text="x")


def test_comments_are_unread_until_they_are_shown(submission, student, teacher, course):
    for number in range(2):
        comment(submission, author=teacher, text=f"{number}")

    (unread,) = selectors.unread_of(student, course)
    assert (unread.assignment, unread.submission, unread.count) == (submission.assignment, submission, 2)
    services.mark_read(Comment.objects.all(), student)
    services.mark_read(Comment.objects.all(), student)
    assert selectors.unread_of(student, course) == []
    assert selectors.unread_of(teacher, course) == []
    assert CommentRead.objects.count() == 2


def test_each_teacher_has_answers_to_read(submission, student, teacher, instructor, course):
    comment(submission, author=teacher, text="Why?", lines=(1, 1))
    answer = comment(submission, author=student, text="Because.", lines=(1, 1))
    services.mark_read([answer], teacher)

    def listed(person, which):
        page = selectors.inbox(person, visible_people(person, course), which, "")
        return [(one.last.text, one.unread) for one in page]

    assert listed(teacher, InboxFilter.UNREAD) == []
    assert listed(instructor, InboxFilter.UNREAD) == [("Because.", 1)]
    assert listed(teacher, InboxFilter.WAITING) == [("Because.", 0)]
    comment(submission, author=teacher, text="I see.", lines=(1, 1))
    assert listed(teacher, InboxFilter.WAITING) == []
    assert listed(teacher, InboxFilter.ALL) == [("I see.", 0)]
    assert listed(instructor, InboxFilter.UNREAD) == [("I see.", 1)]


def test_a_limited_assistant_sees_only_threads_of_the_sections(submission, student, course, assignment):
    monday, tuesday = (course.sections.create(name=name) for name in ("Monday", "Tuesday"))
    student.enrollments.update(section=monday)
    assistants = [make_member(course, "ta") for _ in range(2)]
    for assistant, section in zip(assistants, (monday, tuesday), strict=True):
        AssistantLimit.objects.create(course=course, user=assistant, section=section)
    comment(submission, author=student, text="Why?")

    counts = [selectors.unread_answers(one, visible_people(one, course)).count() for one in assistants]
    pages = [selectors.inbox(one, visible_people(one, course), InboxFilter.ALL, "") for one in assistants]

    assert counts == [1, 0]
    assert [len(page) for page in pages] == [1, 0]


def test_an_answer_is_news_for_teachers_who_take_part(submission, student, teacher, course, settings):
    settings.SENDS_MAIL = True
    gone = make_member(course, "ta")
    make_member(course, "instructor")
    comment(submission, author=teacher, text="Why?")
    comment(submission, author=gone, text="Hm?")
    gone.enrollments.all().delete()
    News.objects.all().delete()

    comment(submission, author=student, text="Because.")

    news = News.objects.get()
    assert news.user == teacher
    assert news.path.endswith(f"/teach/submissions/{submission.pk}/")
    assert "Because" not in news.text


def test_comments_of_a_course_are_kept_once_for_reuse(course, teacher, monkeypatch):
    services.keep(course, by=teacher, text="Look at the shape.")
    services.keep(course, by=teacher, text="Look at the shape. ")
    assert course.saved_comments.count() == 1
    monkeypatch.setattr(services, "MOST_SAVED", 1)

    with pytest.raises(CommentRejected, match="at most 1"):
        services.keep(course, by=teacher, text="Another")


def test_nobody_reads_comments_of_another_learner(submission, teacher, course, assignment):
    comment(submission, author=teacher, text="For one.")
    other = make_student(course)
    make_submission(other, assignment)

    assert selectors.unread_of(other, course) == []


def test_while_results_are_held_a_learner_sees_only_their_own(submission, student, teacher, course, settings):
    settings.SENDS_MAIL = True
    Assignment.objects.update(results_held=True)
    held = Submission.objects.select_related("assignment__course", "learner").get(pk=submission.pk)
    comment(held, author=teacher, text="All wrong.")
    comment(held, author=student, text="Is it right?")

    assert shown(student, held) == [["Is it right?"]]
    assert shown(teacher, held) == [["All wrong.", "Is it right?"]]
    assert selectors.unread_of(student, course) == []
    assert [one.comment_count for one in history_with_comments(student, held.assignment)] == [1]
    assert not News.objects.filter(user=student).exists()
    Assignment.objects.update(results_held=False)
    assert [one.count for one in selectors.unread_of(student, course)] == [1]
