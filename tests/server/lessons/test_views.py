import pytest
from django.urls import reverse
from django.utils import timezone

from grader.protocol.reports import Outcome
from grader.protocol.snippets import Shown
from server.courses.models import Enrollment, Role
from server.lessons import services
from server.lessons.models import PATIENCE, SnippetRun
from tests.server.lessons.conftest import LESSON, write_lesson
from tests.support.people import graded, make_assignment, make_course, make_member, make_student, write_exercise

pytestmark = pytest.mark.usefixtures("lesson")

PART = {"HX-Request": "true"}


def page(assignment, name="lesson"):
    return reverse(f"lessons:{name}", args=[assignment.course.slug, "squares"])


def run_of(at, assignment, block=1, **rest):
    at.post(page(assignment, "start"), {"block": ["x = 3", "print(x)"], "run": block})
    run = SnippetRun.objects.first()
    services.record(run=str(run.pk), token=run.token, shown=Shown(outcome=Outcome.GRADED, **rest).to_dict())
    return run


def test_a_lesson_shows_text_code_and_output(at, assignment):
    text = at.get(page(assignment)).text

    assert "<em>square</em>" in text
    assert "<msup>" in text
    assert "print(x * x)" in text
    assert '<pre class="code" tabindex="0" role="group" aria-label="Output of code 2">9\n</pre>' in text


def test_an_exercise_stands_in_its_place_with_its_state(at, student, assignment):
    assert "Not started" in at.get(page(assignment)).text

    graded(student, assignment, given=10)
    text = at.get(page(assignment)).text

    assert assignment.get_absolute_url() in text
    assert "Passed" in text
    assert text.index("x = 3") < text.index(assignment.get_absolute_url()) < text.index("print(x * x)")


def test_an_exercise_outside_the_course_is_left_out(at, assignment):
    assert "cube" not in at.get(page(assignment)).text


def test_the_list_counts_passed_exercises_per_lesson(at, student, assignment, exercises):
    write_lesson(exercises, "02_more.md", LESSON.replace("Squares", "More"))
    graded(student, assignment, given=10)

    text = at.get(reverse("lessons:index", args=[assignment.course.slug])).text

    assert text.index("Squares") < text.index("More")
    assert "1 of 1 exercise passed" in text


def test_running_a_block_sends_the_changed_blocks_before_it(at, assignment, queued, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = at.post(page(assignment, "start"), {"block": ["x = 5\r\n", "print(x)"], "run": 2}, headers=PART)

    ((task, (snippet,), _),) = queued()
    assert task == "grader.run_snippet"
    assert snippet["sources"] == ["x = 5\n", "print(x)\n"]
    assert "Running" in answer.text
    assert "<html" not in answer.text


def test_without_script_running_leads_to_a_page_of_its_own(at, assignment):
    answer = at.post(page(assignment, "start"), {"block": ["x = 5", "print(x)"], "run": 1})

    run = SnippetRun.objects.get()
    assert answer.url == run.get_absolute_url()
    assert "Reload" in at.get(answer.url).text


def test_what_the_block_printed_is_shown_and_never_run(at, assignment):
    attack = "<script>alert(1)</script>"
    run = run_of(at, assignment, output=attack, error=attack, line=2)

    for headers in ({}, PART):
        text = at.get(run.get_absolute_url(), headers=headers).text
        assert "&lt;script&gt;alert(1)" in text
        assert "Line 2:" in text
        assert attack not in text


def test_an_error_of_an_earlier_block_says_so(at, assignment):
    run = run_of(at, assignment, block=2, error="ZeroDivisionError", earlier=True)

    assert "An earlier block failed" in at.get(run.get_absolute_url(), headers=PART).text


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.TIMED_OUT, "took too long"),
        (Outcome.OUT_OF_MEMORY, "too much memory"),
        (Outcome.CRASHED, "Python itself crashed"),
        (Outcome.GRADED, "printed nothing"),
    ],
)
def test_every_end_is_told_in_words(at, assignment, outcome, words):
    at.post(page(assignment, "start"), {"block": ["x = 3"], "run": 1})
    run = SnippetRun.objects.get()
    services.record(run=str(run.pk), token=run.token, shown=Shown(outcome=outcome).to_dict())

    assert words in at.get(run.get_absolute_url(), headers=PART).text


def test_without_an_answer_the_page_stops_polling_and_explains(at, assignment):
    at.post(page(assignment, "start"), {"block": ["x = 3"], "run": 1})
    SnippetRun.objects.update(started_at=timezone.now() - PATIENCE)

    text = at.get(SnippetRun.objects.get().get_absolute_url(), headers=PART).text

    assert "No grader answered" in text
    assert "hx-trigger" not in text


@pytest.mark.parametrize("number", ["0", "3", "-1", "", "x", "9" * 5000, "²"])
def test_a_block_that_is_not_there_is_refused(at, assignment, number):
    data = {"block": ["x = 3", "print(x)"], "run": number}

    assert at.post(page(assignment, "start"), data, headers=PART).status_code == 422
    assert not SnippetRun.objects.exists()


def test_more_blocks_than_the_lesson_has_are_refused(at, assignment):
    data = {"block": ["x = 3"] * 3, "run": 3}

    assert "Reload the page" in at.post(page(assignment, "start"), data).text


@pytest.mark.parametrize(("block", "words"), [("#" * 70_000, "At most 64 kB"), ("\0", "NUL")])
def test_large_sources_and_binary_files_are_refused_in_words(at, assignment, block, words):
    answer = at.post(page(assignment, "start"), {"block": [block], "run": 1}, headers=PART)

    assert answer.status_code == 422
    assert words in answer.text
    assert not SnippetRun.objects.exists()


@pytest.mark.parametrize("role", list(Role))
def test_the_run_of_another_does_not_exist_whoever_asks(client, student, assignment, role):
    run = SnippetRun.objects.create(learner=student, course=assignment.course, lesson="squares", block=1)
    client.force_login(make_member(assignment.course, role))

    assert client.get(run.get_absolute_url()).status_code == 404


def test_who_has_left_the_course_sees_nothing_of_it(at, student, assignment):
    run = run_of(at, assignment, output="secret")
    Enrollment.objects.filter(user=student).delete()

    for address in (run.get_absolute_url(), page(assignment)):
        assert at.get(address).status_code == 404


def test_lessons_of_another_course_do_not_exist(at):
    other = make_assignment(make_course())

    assert at.get(page(other)).status_code == 404
    assert at.get(reverse("lessons:index", args=[other.course.slug])).status_code == 404
    assert at.post(page(other, "start"), {"block": ["x"], "run": 1}).status_code == 404
    assert not SnippetRun.objects.exists()


def test_a_stranger_is_asked_to_sign_in(client, student, assignment):
    run = SnippetRun.objects.create(learner=student, course=assignment.course, lesson="squares", block=1)

    for address in (page(assignment), reverse("lessons:index", args=[assignment.course.slug]), run.get_absolute_url()):
        assert client.get(address).url.startswith("/accounts/login/")


def test_a_lesson_that_is_not_there_is_not_found(at, assignment):
    assert at.get(reverse("lessons:lesson", args=[assignment.course.slug, "cubes"])).status_code == 404


@pytest.mark.parametrize("number", [1, 15])
def test_lessons_need_few_queries_however_many_exercises_there_are(
    client, assignment, exercises, number, django_assert_max_num_queries
):
    student = make_student(assignment.course)
    for position in range(number):
        write_exercise(exercises, f"gradients/number-{position}")
        slug = f"gradients/number-{position}"
        graded(student, make_assignment(assignment.course, slug=slug, exercise=slug), given=5)
    client.force_login(student)

    # One of them finds the lessons of the course itself.
    with django_assert_max_num_queries(9):
        assert client.get(page(assignment)).status_code == 200
    with django_assert_max_num_queries(9):
        assert client.get(reverse("lessons:index", args=[assignment.course.slug])).status_code == 200
