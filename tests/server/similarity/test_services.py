import pytest
from django.utils import timezone

from server.celery import app
from server.similarity import services
from server.similarity.models import Comparison, Pair
from tests.server.similarity.test_compare import LONG, OTHER, RENAMED
from tests.support.people import make_assignment, make_member, make_student, make_submission, record


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
