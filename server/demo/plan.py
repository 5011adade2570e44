"""Which demo student hands in what, and when: three weeks of a course. The same seed gives the same plan.

Each student has an ability and a habit. Able students need fewer attempts and make rarer mistakes. Late students start
shortly before the due date, or after it. They hand in the answers that come with the exercises.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

DAY = timedelta(days=1)
MOST_ATTEMPTS = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class StudentHabits:
    """A student's ability and earliness, each from 0 to 1. After `gives_up_after` exercises they hand in nothing."""

    name: str
    ability: float
    early: float
    gives_up_after: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedExercise:
    """An exercise of the plan: when its unit begins and is due, and the names of its right and wrong answers."""

    slug: str
    begins: datetime
    due: datetime
    right: Sequence[str]
    wrong: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """A student hands in an answer."""

    at: datetime
    student: str
    slug: str
    answer: str


def students(names: Sequence[str], *, random: Random) -> list[StudentHabits]:
    """Return the habits of each student. About one in eight gives up during the course."""
    return [
        StudentHabits(
            name=name,
            ability=random.betavariate(4, 2),
            early=random.betavariate(2, 2),
            gives_up_after=random.randint(2, 8) if random.random() < 0.12 else 1000,
        )
        for name in names
    ]


def plan(
    people: Sequence[StudentHabits], exercises: Sequence[PlannedExercise], *, now: datetime, random: Random
) -> list[Act]:
    """Return everything that is handed in before `now`, oldest first."""
    every = [
        act
        for student in people
        for place, exercise in enumerate(exercises)
        if place < student.gives_up_after and random.random() < 0.97
        for act in _one(student, exercise, random)
    ]
    return sorted((act for act in every if act.at < now), key=lambda act: (act.at, act.student, act.slug))


def _one(student: StudentHabits, exercise: PlannedExercise, random: Random) -> Iterator[Act]:
    """Yield one student's attempts at one exercise: some mistakes, then usually a right answer."""
    wrong = min(_wrong_attempts(student, random), MOST_ATTEMPTS)
    passes = random.random() < 0.72 + 0.27 * student.ability
    at = _beginning(student, exercise, random)
    tries = wrong if passes else wrong + random.randint(1, MOST_ATTEMPTS)
    for _ in range(tries if exercise.wrong else 0):
        yield Act(at=at, student=student.name, slug=exercise.slug, answer=_mistake(student, exercise, random))
        at += timedelta(minutes=random.lognormvariate(2.6, 1.0))
    if passes:
        yield Act(at=at, student=student.name, slug=exercise.slug, answer=_right(exercise, random))


def _wrong_attempts(student: StudentHabits, random: Random) -> int:
    count = 0
    while random.random() < 0.68 - 0.5 * student.ability:
        count += 1
    return count


def _beginning(student: StudentHabits, exercise: PlannedExercise, random: Random) -> datetime:
    """Return when a student starts: between the unit's first day and a day after it is due, usually evenings."""
    span = exercise.due - exercise.begins
    share = min(1.12, max(0.02, random.gauss(1.0 - 0.8 * student.early, 0.16)))
    day = (exercise.begins + span * share).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(hours=min(23.4, max(7.0, random.gauss(17.5, 3.5))))


def _mistake(student: StudentHabits, exercise: PlannedExercise, random: Random) -> str:
    # Some mistakes are common: those at the front of an order that is shuffled, but fixed.
    order = list(exercise.wrong)
    Random(exercise.slug).shuffle(order)  # noqa: S311 not for secrets
    weights = [1 / (place + 1) ** (1.5 - student.ability) for place in range(len(order))]
    return random.choices(order, weights)[0]


def _right(exercise: PlannedExercise, random: Random) -> str:
    weights = [3.0] + [1.0] * (len(exercise.right) - 1)
    return random.choices(exercise.right, weights)[0]
