from datetime import timedelta

import pytest
from django.utils import timezone

from server.drafts import services
from server.drafts.models import Draft
from server.submissions.errors import Unstorable
from server.submissions.opening import opening
from tests.support.people import make_student, make_submission


def draft_of(learner, assignment):
    return learner.drafts.filter(assignment=assignment).first()


@pytest.fixture
def save(student, assignment):
    def save(source, *, seen=0, **rest):
        return services.save(learner=student, assignment=assignment, source=source, seen=seen, **rest)

    return save


def test_each_save_counts_the_version_up(save):
    assert [save("a", seen=0).version, save("b", seen=1).version] == [1, 2]


def test_the_newer_draft_wins_and_the_other_is_kept(save):
    save("common", seen=0)
    save("from the first", seen=1)
    draft = save("from the second", seen=1)

    assert (draft.source, draft.other) == ("from the second", "from the first")


def test_two_browsers_with_the_same_text_are_no_conflict(save):
    save("same", seen=0)

    assert save("same", seen=0).other_at is None


def test_the_other_version_stays_until_the_learner_decides(save):
    save("one", seen=0)
    save("two", seen=0)

    assert save("two, longer", seen=2).other == "one"
    assert save("two, longer", seen=3, settled=True).other_at is None


def test_what_cannot_be_kept_is_no_draft(save):
    with pytest.raises(Unstorable):
        save("x\0")

    assert not Draft.objects.exists()


def test_the_editor_opens_with_the_starter_then_with_the_draft(save, student, assignment):
    assert "return None" in opening(draft_of(student, assignment), assignment, None).source
    save("typed")

    assert opening(draft_of(student, assignment), assignment, None).source == "typed"


def test_a_later_submission_is_shown_and_the_draft_offered(save, student, assignment):
    save("typed", now=timezone.now() - timedelta(hours=1))
    latest = make_submission(student, assignment, source="handed in")

    shown = opening(draft_of(student, assignment), assignment, latest)

    assert (shown.source, shown.handed_in, shown.other) == ("handed in", True, "typed")
    assert shown.other_at is not None


def test_a_newer_draft_differs_from_the_reported_code(save, student, assignment):
    latest = make_submission(student, assignment, source="handed in")
    save("typed on")

    shown = opening(draft_of(student, assignment), assignment, latest)

    assert (shown.source, shown.handed_in, shown.other_at) == ("typed on", False, None)


def test_a_draft_equal_to_the_submission_is_not_offered(save, student, assignment):
    save("same", now=timezone.now() - timedelta(hours=1))

    assert (
        opening(draft_of(student, assignment), assignment, make_submission(student, assignment, source="same")).other_at
        is None
    )


def test_drafts_of_two_learners_do_not_meet(save, student, assignment):
    save("mine")
    neighbour = make_student(assignment.course)

    assert "mine" not in opening(draft_of(neighbour, assignment), assignment, None).source
