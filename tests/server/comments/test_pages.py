"""Comments on pages: written, previewed, changed, deleted and answered; marked if they are new."""

import pytest
from django.urls import reverse

from server.comments import views
from server.comments.models import Comment, CommentRead
from server.comments.services import comment
from tests.support.people import make_student, make_submission

pytestmark = pytest.mark.django_db

ATTACK = "<script>alert(1)</script>"


def write_address(submission):
    return reverse("comments:write", args=[submission.pk])


def address_of(submission, name="exercise"):
    assignment = submission.assignment
    return reverse(f"submissions:{name}", args=[assignment.course.slug, assignment.slug])


def teaching(submission):
    return reverse("dashboard:submission", args=[submission.course.slug, submission.pk])


def test_comments_stand_below_the_result_wherever_that_is_shown(page, student, submission, teacher):
    comment(submission, author=teacher, text="Look at the `batch` dimension.")

    for address in (address_of(submission), submission.get_absolute_url(), teaching(submission)):
        text = page(teacher if "teach" in address else student, address).text
        assert text.count("Look at the <code>batch</code> dimension.") == 1
        assert "Emmy Noether" in text


def test_the_history_counts_comments_that_are_left(page, student, assignment, submission, teacher):
    assert "Comments" not in page(student, address_of(submission, "history")).text
    for text in ("One.", "Two.", "Gone."):
        made = comment(submission, author=teacher, text=text)
    Comment.objects.filter(pk=made.pk).update(deleted_at=made.at)
    make_submission(student, assignment)

    text = page(student, address_of(submission, "history")).text

    assert f'href="{submission.get_absolute_url()}#comments">2 comments' in text
    assert text.count("#comments") == 1


def test_a_comment_and_its_author_are_shown_and_never_run(page, student, submission, teacher):
    teacher.first_name = ATTACK
    teacher.save()
    comment(submission, author=teacher, text=ATTACK)

    text = page(student, submission.get_absolute_url()).text

    assert ATTACK not in text
    assert text.count("&lt;script&gt;alert(1)") == 2


def test_a_learner_asks_and_a_teacher_answers_on_a_line(page, student, submission, teacher):
    page(student, write_address(submission), {"text": "Is this *right*?", "first_line": 2})
    answer = {"text": "Yes.", "first_line": 2, "last_line": 2, "key": "2-2"}
    got = page(teacher, write_address(submission), answer, part=True)

    assert got["HX-Retarget"] == "#comments"
    assert "Is this <em>right</em>?" in got.text
    assert {one.lines for one in Comment.objects.all()} == {(2, 2)}
    text = page(student, submission.get_absolute_url()).text
    assert 'href="#thread-2-2" aria-label="Comments on line 2"' in text
    assert "Line 2" in text


def test_without_scripts_a_comment_leads_back_to_its_page(page, student, submission, teacher):
    for person, place in ((student, submission.get_absolute_url()), (teacher, teaching(submission))):
        answer = page(person, write_address(submission), {"text": "x"})
        assert (answer.status_code, answer.url) == (302, f"{place}#comments")
        assert page(person, write_address(submission)).url == f"{place}#comments"


@pytest.mark.parametrize("part", [False, True])
def test_a_preview_saves_nothing_and_keeps_what_was_typed(page, student, submission, part):
    data = {"text": "**Bold** " + ATTACK, "first_line": "1", "last_line": "2", "key": "1-2", "preview": "1"}
    answer = page(student, write_address(submission), data, part=part)

    assert answer.status_code == 200
    assert "<strong>Bold</strong>" in answer.text
    assert ATTACK not in answer.text
    assert 'name="last_line" value="2"' in answer.text
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        {"text": " "},
        {"text": "x" * 5_001},
        {"text": "x" * 60_000},
        {"text": "x\0"},
        {"text": "x", "first_line": "9"},
        {"text": "x", "last_line": "1"},
        {"text": "x", "first_line": "-1"},
        {"text": "x", "first_line": "one"},
        {"text": "x", "first_line": "9" * 30, "last_line": "9" * 30},
        {"text": "x", "key": 'a b" onclick='},
    ],
)
@pytest.mark.parametrize("part", [False, True])
def test_what_cannot_be_saved_is_refused_with_a_sentence(page, student, submission, data, part):
    answer = page(student, write_address(submission), data, part=part)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert not Comment.objects.exists()


def test_previews_are_limited(page, student, submission, monkeypatch):
    monkeypatch.setattr(views, "PREVIEWS_PER_MINUTE", 1)
    data = {"text": "x", "preview": "1"}

    assert [page(student, write_address(submission), data).status_code for _ in range(2)] == [200, 422]


def test_an_author_changes_and_deletes_a_comment(page, student, submission, teacher):
    made = comment(submission, author=student, text="Oen.")
    edit, delete = (reverse(f"comments:{name}", args=[made.pk]) for name in ("edit", "delete"))

    assert "Oen." in page(student, edit, part=True).text
    assert page(student, edit, {"text": " "}, part=True).status_code == 422
    assert "<p>One.</p>" in page(student, edit, {"text": "One."}, part=True).text
    assert "edited" in page(teacher, teaching(submission)).text
    assert "No comments yet" in page(student, delete, {}, part=True).text
    assert page(student, edit, {"text": "Two."}).status_code == 404


def test_nobody_but_the_author_changes_and_instructors_delete(page, student, submission, teacher, instructor):
    made = comment(submission, author=student, text="One.")
    edit, delete = (reverse(f"comments:{name}", args=[made.pk]) for name in ("edit", "delete"))
    other = make_student(submission.course)

    for person in (other, teacher, instructor):
        assert page(person, edit).status_code == 404
        assert page(person, edit, {"text": "Mine."}).status_code == 404
    assert [page(person, delete, {}).status_code for person in (other, teacher, instructor)] == [404, 404, 302]
    assert Comment.objects.get().deleted_by == instructor


def test_a_former_member_neither_reads_nor_writes(page, student, submission):
    student.enrollments.all().delete()

    assert page(student, write_address(submission), {"text": "x"}).status_code == 404


def test_new_comments_are_marked_until_they_are_shown(page, student, submission, teacher):
    home, grades = (reverse(f"courses:{name}", args=[submission.course.slug]) for name in ("home", "grades"))
    comment(submission, author=teacher, text="One.")

    def marked(address):
        return "badge-new" in page(student, address).text

    assert [marked(address) for address in (home, grades, home)] == [True, True, True]
    assert marked(submission.get_absolute_url())
    assert [marked(address) for address in (home, grades, submission.get_absolute_url())] == [False, False, False]


def test_a_comment_on_an_earlier_attempt_is_marked(page, student, assignment, submission, teacher):
    comment(submission, author=teacher, text="One.")
    make_submission(student, assignment)

    text = page(student, address_of(submission)).text

    assert f'href="{submission.get_absolute_url()}#comments"' in text
    assert "badge-new" in text
    assert not CommentRead.objects.exists()


def test_the_inbox_lists_answers_until_they_are_read(page, student, submission, teacher, course):
    overview, inbox = reverse("dashboard:overview", args=[course.slug]), reverse("comments:inbox", args=[course.slug])
    comment(submission, author=student, text="What is a `leaf`?")

    assert "1 comment of learners" in " ".join(page(teacher, overview).text.split()).replace("</a>", "")
    assert "What is a `leaf`?" in page(teacher, inbox).text
    page(teacher, teaching(submission))
    assert "What is a" not in page(teacher, inbox).text
    assert "What is a" in page(teacher, f"{inbox}?which=waiting").text
    assert page(teacher, f"{inbox}?which=nothing&page=x&section=0").status_code == 200


def test_all_answers_can_be_marked_as_read(page, student, submission, teacher, instructor, course):
    comment(submission, author=student, text="x")

    page(teacher, reverse("comments:read-all", args=[course.slug]), {})

    inbox = reverse("comments:inbox", args=[course.slug])
    assert "You have read every answer" in page(teacher, inbox).text
    assert "You have read every answer" not in page(instructor, inbox).text


def test_saved_comments_are_offered_to_teachers_only(page, student, submission, teacher, course):
    page(teacher, write_address(submission), {"text": "Look at `dim`.", "save": "1"})
    page(student, write_address(submission), {"text": "Mine.", "save": "1"})
    saved = reverse("comments:saved", args=[course.slug])

    assert [one.text for one in course.saved_comments.all()] == ["Look at `dim`."]
    assert "Insert a saved comment" in page(teacher, teaching(submission)).text
    assert "Insert a saved comment" not in page(student, submission.get_absolute_url()).text
    assert page(teacher, saved, {"text": " "}).status_code == 422
    page(teacher, saved, {"text": "Another"})
    assert "Another" in page(teacher, saved).text
    for one in course.saved_comments.all():
        page(teacher, reverse("comments:forget", args=[course.slug, one.pk]), {})
    assert not course.saved_comments.exists()
