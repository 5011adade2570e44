"""A result inside a learning platform: if a hint or an edit is closed, it does not leave the server there either."""

from server.accounts.models import User
from server.submissions.models import Submission
from tests.support.leaving import HOW, LOOK, MESSAGES, WHY, hand_in_wrong, leaking, pages_of


def test_what_is_closed_does_not_reach_a_learning_platform(browser, assignment, exercises, double):
    (exercises / "gradients" / "square" / "messages.toml").write_text(MESSAGES)
    launched = browser.launch(exercise=assignment.slug)
    student = User.objects.get(lti_identities__sub="s1")
    submission = hand_in_wrong(student, assignment, source="def square(x):\n    return x\n")
    edit = {"removed": ["    return x"], "added": ["    return x ** 41"]}
    Submission.objects.filter(pk=submission.pk).update(line=2, edit=edit)

    told = pages_of(browser.client, submission) | {"launched": launched.content.decode()}

    assert leaking(told, LOOK)
    assert "event: over" in "".join(told.values())
    assert [leaking(told, text) for text in (WHY, HOW, "x ** 41")] == [[], [], []]
    assert not [sent for sent in double.scores if WHY in str(sent) or "x ** 41" in str(sent)]
