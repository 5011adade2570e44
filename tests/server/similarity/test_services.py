import pytest
from django.utils import timezone

from server.celery import app
from server.courses.models import Section
from server.roster.sections import limit
from server.similarity import services
from server.similarity.models import Comparison, Pair
from tests.server.similarity.test_compare import LONG, OTHER, RENAMED
from tests.support.people import make_assignment, make_course, make_member, make_student, make_submission, record


@pytest.fixture(autouse=True)
def _an_empty_records_queue():
    with app.connection_for_write() as connection:
        connection.SimpleQueue("records").clear()


@pytest.fixture
def comparison(assignment):
    for source in (LONG, RENAMED, OTHER):
        record(make_submission(make_student(assignment.course), assignment, source=source))
    return services.start(assignment.course, by=make_member(assignment.course, "instructor"))


def test_a_step_compares_one_assignment_and_queues_the_next(
    assignment, comparison, queued, django_capture_on_commit_callbacks
):
    make_assignment(assignment.course, slug="gradients/another")
    comparison = services.start(assignment.course, by=comparison.by)

    with django_capture_on_commit_callbacks(execute=True):
        services.step(comparison.pk)
    comparison.refresh_from_db()
    assert (len(comparison.done), len(comparison.todo)) == (1, 1)
    assert [task for task, *_ in queued("records")] == ["similarity.step"]

    with django_capture_on_commit_callbacks(execute=True):
        services.step(comparison.pk)
    comparison.refresh_from_db()
    assert comparison.is_over
    assert queued("records") == []


def test_a_similar_pair_is_stored_with_its_lines(comparison):
    services.step(comparison.pk)

    pair = Pair.objects.get()
    assert {pair.left.source, pair.right.source} == {LONG, RENAMED}
    assert pair.left_lines


def test_an_extra_step_changes_nothing(comparison):
    services.step(comparison.pk)
    services.step(comparison.pk)

    assert Pair.objects.count() == 1


def test_a_comparison_continues_after_its_task_was_lost(comparison, queued):
    Comparison.objects.update(touched_at=timezone.now() - 2 * services.LOST_AFTER)

    assert services.reconcile() == 1
    assert [task for task, *_ in queued("records")] == ["similarity.step"]
    assert services.reconcile() == 0


def test_a_pair_is_shown_side_by_side_with_matches_marked(client, comparison):
    services.step(comparison.pk)
    client.force_login(comparison.by)

    page = client.get(f"/courses/{comparison.course.slug}/teach/similarity/pairs/{Pair.objects.get().pk}/")
    assert page.content.decode().count("<mark>") >= 10


@pytest.fixture
def earlier(assignment):
    """A course of an earlier term, in which somebody handed in nearly the same."""
    before = make_assignment(make_course(title="Last term"))
    record(make_submission(make_student(before.course, first_name="Olga"), before, source=RENAMED))
    return before.course


def compared(comparison):
    while not comparison.is_over:
        services.step(comparison.pk)
        comparison.refresh_from_db()
    return comparison


def page_of(client, person, course, path=""):
    client.force_login(person)
    answer = client.get(f"/courses/{course.slug}/teach/similarity/{path}")
    return answer.content.decode() if answer.status_code == 200 else answer.status_code


def test_earlier_terms_are_compared_if_the_instructor_teaches_them(client, assignment, earlier):
    both = make_member(assignment.course, "instructor")
    earlier.enrollments.create(user=both, role="instructor")
    only_here = make_member(assignment.course, "instructor")
    record(make_submission(make_student(assignment.course), assignment, source=LONG))
    assert "Last term" in page_of(client, both, assignment.course)
    client.post(f"/courses/{assignment.course.slug}/teach/similarity/start", {"earlier": [earlier.slug]})

    comparison = compared(Comparison.objects.get())

    pair = Pair.objects.get()
    assert pair.right.assignment.course == earlier
    here = assignment.course
    page = page_of(client, both, here, f"{comparison.pk}/")
    assert "Olga in Last term" in page
    assert "1 from an earlier course" in page
    assert "<mark>" in page_of(client, both, here, f"pairs/{pair.pk}/")
    assert "Olga" not in page_of(client, only_here, here, f"{comparison.pk}/")
    assert page_of(client, only_here, here, f"pairs/{pair.pk}/") == 404
    # Who stops teaching the earlier course does not see its students any more.
    earlier.enrollments.filter(user=both).delete()
    assert page_of(client, both, here, f"pairs/{pair.pk}/") == 404


@pytest.mark.parametrize("role", [None, "student"])
def test_courses_of_others_are_neither_offered_nor_compared(role, client, assignment, earlier):
    instructor = make_member(assignment.course, "instructor")
    if role:
        earlier.enrollments.create(user=instructor, role=role)
    record(make_submission(make_student(assignment.course), assignment, source=LONG))
    assert "Last term" not in page_of(client, instructor, assignment.course)

    client.post(f"/courses/{assignment.course.slug}/teach/similarity/start", {"earlier": [earlier.slug]})
    started = services.start(assignment.course, by=instructor, earlier=[earlier])

    assert [one.earlier for one in Comparison.objects.all()] == [[], []]
    compared(started)
    assert not Pair.objects.exists()


def test_clusters_are_listed_with_their_people(client, assignment, instructor):
    for number in range(4):
        learner = make_student(assignment.course, first_name=f"Copycat{number}")
        record(make_submission(learner, assignment, source=LONG + f"# {number}\n"))
    record(make_submission(make_student(assignment.course), assignment, source=OTHER))

    comparison = compared(services.start(assignment.course, by=instructor))

    page = page_of(client, instructor, assignment.course, f"{comparison.pk}/")
    assert "4 people, 100 %" in page
    assert Pair.objects.count() == 3
    assert set(Pair.objects.values_list("cluster", flat=True)) == {0}
    assert all(f"Copycat{number}" in page for number in range(4))


def test_a_limited_assistant_sees_only_their_part_of_a_cluster(client, assignment, instructor):
    course = assignment.course
    section = Section.objects.create(course=course, name="Monday")
    helper = make_member(course, "ta")
    limit(course, helper, [section])
    for number in range(4):
        learner = make_student(course, first_name=f"Copycat{number}")
        course.enrollments.filter(user=learner).update(section=section if number < 2 else None)
        record(make_submission(learner, assignment, source=LONG + f"# {number}\n"))
    comparison = compared(services.start(course, by=instructor))

    page = page_of(client, helper, course, f"{comparison.pk}/")

    assert "Copycat2" not in page
    assert "Copycat3" not in page
