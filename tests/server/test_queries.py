"""The queries of students' pages: few, and no more if the history is long."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from server.comments.services import comment
from server.submissions.live import snapshots
from server.submissions.models import State
from server.submissions.selectors import get_submission
from tests.server.lessons.conftest import LESSON, write_lesson
from tests.support.people import graded, make_assignment, make_member, make_student, write_exercise

# Comments and regrade requests need three of them, and one more if some are new. One finds the course's own lessons.
MOST = 18
PART = {"HX-Request": "true"}


@pytest.fixture
def fill(exercises, course, assignment, student):
    """Give the student so many of everything that a page can list."""
    teacher = make_member(course, "instructor", first_name="Emmy")

    def fill(numbers):
        for one in numbers:
            write_exercise(exercises, f"gradients/more-{one}")
            write_lesson(
                exercises, f"0{one}_more_{one}.md", LESSON.replace("gradients/square", f"gradients/more-{one}")
            )
            slug = f"gradients/more-{one}"
            graded(student, make_assignment(course, slug=slug, exercise=slug, position=one), given=4 + one)
            graded(student, assignment, given=10)
            graded(make_student(course), assignment, given=10)
        for one in numbers:
            comment(student.submissions.filter(assignment=assignment).first(), author=teacher, text=f"Number {one}")

    return fill


def addresses_of(course, assignment, student):
    last = student.submissions.filter(assignment=assignment).first()
    place = [course.slug, assignment.slug]
    return {
        "index": reverse("courses:index"),
        "home": reverse("courses:home", args=[course.slug]),
        "grades": reverse("courses:grades", args=[course.slug]),
        "exercise": reverse("submissions:exercise", args=place),
        "history": reverse("submissions:history", args=place),
        "compare": reverse("submissions:compare", args=place) + f"?left={last.pk}&right={last.pk}",
        "detail": reverse("submissions:detail", args=[last.pk]),
        "result": reverse("submissions:result", args=[last.pk]),
        "state": reverse("submissions:state", args=[last.pk]),
        "lessons": reverse("lessons:index", args=[course.slug]),
        "lesson": reverse("lessons:lesson", args=[course.slug, "more-0"]),
        "profile": reverse("profile"),
    }


def queries_of(client, address):
    """Return how many queries an address needs, as a whole page and as a part of one."""
    counts = []
    for headers in ({}, PART):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address, headers=headers).status_code in {200, 302}
        counts.append(len(queries))
    return counts


def test_a_long_history_needs_no_more_queries(client, course, assignment, student, fill):
    client.force_login(student)
    fill(range(1))
    few = {name: queries_of(client, address) for name, address in addresses_of(course, assignment, student).items()}

    fill(range(1, 7))
    many = {name: queries_of(client, address) for name, address in addresses_of(course, assignment, student).items()}

    assert many == few
    assert max(max(counts) for counts in few.values()) <= MOST


def test_the_requests_around_a_submission_need_few_statements(client, course, assignment, student):
    """BEGIN and COMMIT count, as savepoints do here. The figures of a real system: docs/operator/capacity.md."""
    student.set_password("right")
    student.save()
    graded(student, assignment, given=4)
    over, place = student.submissions.get(), [course.slug, assignment.slug]
    page, draft = (reverse(name, args=place) for name in ("submissions:exercise", "drafts:save"))
    shown = PART | {"HX-Current-URL": f"http://testserver{page}"}
    seen = get_submission(student, over.pk, light=True)
    requests = {
        "sign-in": lambda: client.post("/accounts/login/", {"login": student.username, "password": "right"}),
        "exercise page": lambda: client.get(page),
        "first draft": lambda: client.post(draft, {"source": "x = 2", "version": 0}, headers=PART),
        "draft": lambda: client.post(draft, {"source": "x = 3", "version": 1}, headers=PART),
        "result": lambda: client.get(reverse("submissions:result", args=[over.pk]), headers=shown),
        "submit": lambda: client.post(reverse("submissions:submit", args=place), {"source": "x = 4"}, headers=shown),
        "event stream": lambda: client.get(reverse("submissions:events", args=[over.pk])),
        "look of a stream": lambda: snapshots._read_again(seen),
    }

    found = {}
    for name, ask in requests.items():
        with CaptureQueriesContext(connection) as queries:
            ask()
        found[name] = len(queries)

    most = {"sign-in": 11, "exercise page": 13, "first draft": 10, "draft": 5, "result": 9, "submit": 17}
    most |= {"event stream": 4, "look of a stream": 1}
    assert {name: count for name, count in found.items() if count > most[name]} == {}


def test_handing_in_costs_no_more_queries_than_before(client, course, assignment, student, fill):
    client.force_login(student)
    fill(range(1))
    place = [course.slug, assignment.slug]

    def hand_in(source):
        counts = []
        for name, data in (
            ("submissions:submit", {"source": source}),
            ("submissions:check", {"source": source}),
            ("drafts:save", {"source": "x = 2", "version": 0}),
        ):
            with CaptureQueriesContext(connection) as queries:
                assert client.post(reverse(name, args=place), data, headers=PART).status_code == 200
            counts.append([query["sql"].split()[0] for query in queries].count("SELECT"))
        student.submissions.open().update(state=State.CANCELLED)
        return counts

    few = hand_in("x = 1")
    fill(range(1, 7))

    # Places in the line are kept for some seconds, so a later request can need fewer.
    assert all(now <= before for now, before in zip(hand_in("x = 3"), few, strict=True))
    # Four of them tell whether it waits for its turn, and behind how many.
    assert max(few) <= MOST + 4
