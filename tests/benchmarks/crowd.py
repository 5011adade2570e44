"""Years of courses in a database, made in PostgreSQL itself: a million submissions take a minute or two.

One course after another, some side by side, each with students of its own who hand in shortly before each deadline.
The latest courses are under way, and a few of their submissions wait for a grader. Rows lie in the table in the order
in which they were handed in, and their ids sort by time, as in use: that is what plans are made from.
"""

import json
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from grader.packages.catalogue import packages
from grader.protocol.reports import Finding, Outcome, Report, Status
from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role
from server.gradebook.models import Assignment

TERM = timedelta(days=120)
SIDE_BY_SIDE = 5
WAITING = 100


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """The size. Each student submits `attempts` times for each assignment, and does one test run first."""

    courses: int = 25
    students: int = 300
    assignments: int = 23
    attempts: int = 5

    @property
    def of_a_course(self):
        """Submissions of one course, test runs included."""
        return self.students * self.assignments * (self.attempts + 1)

    @property
    def submissions(self):
        """Submissions in all."""
        return self.courses * self.of_a_course


def fill(crowd):
    """Fill an empty, migrated database and update the planner's statistics; the courses by age."""
    courses = [make_course(number, crowd) for number in range(crowd.courses)]
    with connection.cursor() as cursor:
        for sql in (SUBMISSIONS, WAIT, GRADES, CHANGES, FAILURES):
            cursor.execute(sql, {"attempts": crowd.attempts, "waiting": WAITING, "report": a_report()})
        cursor.execute("VACUUM ANALYZE")
    return courses


def make_course(number, crowd):
    course = Course.objects.create(slug=f"crowd-{number}", title=f"Course {number}")
    people = User.objects.bulk_create(
        User(username=f"crowd-{number}-{n}", last_name=f"Last{n % 97}", first_name=f"First{n}")
        for n in range(crowd.students)
    )
    Enrollment.objects.bulk_create(Enrollment(course=course, user=user) for user in people)
    teacher = User.objects.create(username=f"teacher-{number}")
    Enrollment.objects.create(course=course, user=teacher, role=Role.INSTRUCTOR)
    ago = (crowd.courses - 1 - number) // SIDE_BY_SIDE
    end = timezone.now() + timedelta(hours=number % SIDE_BY_SIDE) - ago * TERM
    Assignment.objects.bulk_create(
        Assignment(
            course=course,
            slug=package.slug,
            exercise=package.slug,
            position=place,
            due_at=end - (crowd.assignments - 1 - place) * TERM / crowd.assignments,
        )
        for place, package in enumerate(packages()[: crowd.assignments])
    )
    return course


def a_report():
    finding = Finding(
        check="agrees",
        title="Agrees with autograd",
        status=Status.FAILED,
        points=5,
        max_points=10,
        message="differs",
        data={"entry": "f", "padding": "x" * 4000},
    )
    return json.dumps(Report(slug="any", digest="", outcome=Outcome.GRADED, findings=[finding], seconds=0.1).to_dict())


SUBMISSIONS = """
INSERT INTO submissions_submission (
    id, learner_id, assignment_id, kind, number, state, exercise, digest, runtime, source, seed, variant, token,
    submitted_at, sent_at, leased_until, finished_at, tries, report, given, max)
SELECT
    (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(word, 1, 3)
        || '8' || substr(word, 4, 15))::uuid,
    learner, assignment, CASE number WHEN 0 THEN 'check' ELSE 'submit' END, greatest(number, 1), state, exercise,
    CASE WHEN luck < 0.1 THEN 'older' ELSE 'newer' END, 'cpu',
    repeat(E'def f(x):\\n    return x * x\\n', 20) || word, (luck * 1e9)::bigint, 0, word,
    at, at, at + interval '1 minute', at + interval '1 second', 1,
    CASE WHEN state IN ('graded', 'ungradable') THEN %(report)s::jsonb END,
    CASE state WHEN 'graded' THEN points END, CASE state WHEN 'graded' THEN 10 END
FROM (
    SELECT
        *, md5(random()::text) AS word, floor(random() * 11) AS points,
        CASE WHEN luck < 0.97 THEN 'graded' WHEN luck < 0.985 THEN 'ungradable' WHEN luck < 0.99 THEN 'error'
            ELSE 'cancelled' END AS state
    FROM (
        SELECT
            enrollment.user_id AS learner, assignment.id AS assignment, assignment.exercise, number, random() AS luck,
            assignment.due_at - (%(attempts)s - number + random()) * interval '6 hours' AS at
        FROM courses_enrollment AS enrollment
        JOIN gradebook_assignment AS assignment ON assignment.course_id = enrollment.course_id
        CROSS JOIN generate_series(0, %(attempts)s) AS number
        WHERE enrollment.role = 'student'
        ORDER BY at
    ) AS handed_in
) AS graded
"""

WAIT = """
UPDATE submissions_submission SET
    state = 'queued', given = NULL, max = NULL, report = NULL, finished_at = NULL, leased_until = now()
WHERE id IN (SELECT id FROM submissions_submission WHERE kind = 'submit' ORDER BY id DESC LIMIT %(waiting)s)
"""

GRADES = """
INSERT INTO gradebook_grade (
    assignment_id, learner_id, exempt, extra_attempts, counted_id, raw, penalty, final, used, first_at, last_at,
    passed_after, passed_at, updated_at)
SELECT
    assignment_id, learner_id, false, 0, (array_agg(id ORDER BY given DESC))[1], 10 * max(given), 0, 10 * max(given),
    count(*), min(submitted_at), max(submitted_at), min(number) FILTER (WHERE given = max),
    min(submitted_at) FILTER (WHERE given = max), max(finished_at)
FROM submissions_submission WHERE state = 'graded' AND kind = 'submit' GROUP BY assignment_id, learner_id
"""

CHANGES = """
INSERT INTO gradebook_gradechange (assignment_id, learner_id, at, action, why, old, new)
SELECT assignment_id, learner_id, finished_at, 'graded', '', '{"final": 0}', jsonb_build_object('final', given)
FROM submissions_submission WHERE state = 'graded' AND kind = 'submit' AND number %% 2 = 1 ORDER BY finished_at
"""

FAILURES = """
INSERT INTO insights_failedcheck (
    submission_id, assignment_id, learner_id, at, check_id, title, mistake, is_diagnosis, text)
SELECT
    id, assignment_id, learner_id, submitted_at, 'agrees', 'Agrees with autograd', 'mistake' || floor(random() * 20),
    false, 'Something differs.'
FROM submissions_submission WHERE state = 'graded' AND kind = 'submit' AND given < max ORDER BY submitted_at
"""
