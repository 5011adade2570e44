from datetime import UTC, datetime, timedelta
from random import Random

from server.demo.people import name_of
from server.demo.plan import DAY, PlannedExercise, plan, students

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
EXERCISES = [
    PlannedExercise(
        slug=f"unit/{n}",
        begins=NOW - 20 * DAY,
        due=NOW - 10 * DAY,
        right=["solution", "alternatives/other"],
        wrong=["mistakes/a", "mistakes/b"],
    )
    for n in range(6)
]


def story(seed=1):
    random = Random(seed)
    people = students([f"student{n}" for n in range(4, 60)], random=random)
    return plan(people, EXERCISES, now=NOW, random=random)


def test_the_same_seed_gives_the_same_plan():
    assert story() == story()
    assert story(2) != story()


def test_nothing_happens_in_the_future_or_out_of_order():
    played = story()

    assert all(act.at < NOW for act in played)
    assert [act.at for act in played] == sorted(act.at for act in played)


def test_nobody_submits_again_after_a_right_answer():
    over = set()
    for act in story():
        assert (act.student, act.slug) not in over
        if not act.answer.startswith("mistakes/"):
            over.add((act.student, act.slug))


def test_some_work_is_late_and_some_students_never_pass():
    played = story()
    passed = {(act.student, act.slug) for act in played if not act.answer.startswith("mistakes/")}

    assert any(act.at > EXERCISES[0].due + timedelta(hours=1) for act in played)
    assert {(act.student, act.slug) for act in played} - passed


def test_sixty_students_have_sixty_names():
    assert len({name_of(number) for number in range(1, 61)}) == 60
