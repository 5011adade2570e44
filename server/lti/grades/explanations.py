"""What a platform's answer means: a sentence for the instructor, and what to do. The raw answer is shown beside it.

Platforms put their reasons into a status, a reason phrase, JSON or HTML, each in words of its own. `RULES` finds the
reason in this text; the first rule that fits decides.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

NOT_A_STUDENT = "Not a student of the LMS course now. If they come back, the grade is sent."
GIVEN_UP = re.compile(r"^Given up after (\d+) tries\. ")


class RefusalCause(StrEnum):
    """What is wrong, for code that must know it."""

    PERSON = "person"
    COLUMN = "column"
    SCOPE = "scope"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerMeaning:
    """What an answer means, and what to do about it. `raw` is the answer itself."""

    sentence: str
    advice: str
    raw: str = ""
    problem: RefusalCause = RefusalCause.OTHER


@dataclass(frozen=True, slots=True)
class Rule:
    """The answers that a pattern fits (case does not matter), and what they mean."""

    pattern: str
    sentence: str
    advice: str
    problem: RefusalCause = RefusalCause.OTHER


TRIES_AGAIN = "Nothing is lost. We try again by ourselves; “Send now” tries at once."
SEND_AGAIN = "Then press “Send again”."
UNKNOWN = Rule(
    "", "The LMS refused this.", f"If its answer does not say why, ask the LMS's administrator. {SEND_AGAIN}"
)
RULES = (
    Rule(
        r"private address|begin with https|name a host",
        "Our server does not connect to this address of the LMS, because it is private.",
        "If the LMS is in a private network, the operator of Chainrule sets CHAINRULE_LTI_ALLOW_PRIVATE.",
    ),
    Rule(
        r"permission \(scope\)|invalid_scope|insufficient[ _]scope|does not let us create|^401\b"
        r"|does not support (post|get) requests|not share its roster",
        "The LMS has not allowed Chainrule to do this.",
        "In the LMS, allow it in the settings of the tool (in Moodle: “Services”: grade sync and column management, "
        "and members' information). Then open an activity once: what waits is sent by itself.",
        RefusalCause.SCOPE,
    ),
    Rule(
        r"no access token",
        "The LMS did not recognize us when we asked for access.",
        "Compare the client ID and the access token URL here, and our public keyset URL there. The LMS must be able to "
        f"open that URL. {TRIES_AGAIN}",
    ),
    Rule(
        r"not found: course|course \S* ?(doesn.t|does not) exist",
        "The course does not exist in the LMS any more.",
        "Dismiss the column. If the course has moved, open the activity in the new one.",
        RefusalCause.COLUMN,
    ),
    Rule(
        r"incorrect user|incorrect score received|not gradable|not enrolled|is not a student|unknown user"
        r"|user (was )?not found|invalid user",
        "The LMS does not have this person as a student of the course.",
        "They have left the course there, or teach it. If they are a student, check how they are enrolled there. "
        f"{SEND_AGAIN}",
        RefusalCause.PERSON,
    ),
    Rule(
        r"^(404|410)\b|line ?item does not exist|grade item \S* ?(doesn.t|does not) exist",
        "The column does not exist in the LMS any more.",
        "Its activity was deleted there. If it is to stay deleted, dismiss the column here. If it was added again, "
        "open it once: it gets its grades then.",
        RefusalCause.COLUMN,
    ),
    Rule(
        r"^409\b|before last updated|earlier timestamp|provided timestamp|later point in time",
        "The LMS has a later grade.",
        "Compare the column with the LMS to see which.",
    ),
    Rule(r"^429\b|rate limit|slow down", "The LMS gets too many requests at the moment.", TRIES_AGAIN),
    Rule(r"^50[0234]\b|maintenance", "The LMS is down, or is being repaired.", TRIES_AGAIN),
    Rule(r"time[d ]*out", "The LMS did not answer in time.", TRIES_AGAIN),
    Rule(
        r"certificate|ssl",
        "The certificate of the LMS is not valid, so we do not connect to it.",
        f"The administrator of the LMS can renew it. {TRIES_AGAIN}",
    ),
    Rule(
        r"refused\b.*\[errno|connectionrefused|gaierror|name or service|no address|oserror|remotedisconnected"
        r"|connectionreset|unreachable|errno",
        "We could not connect to the LMS.",
        f"Check that our server can reach it, and its addresses on “LMS links”. {TRIES_AGAIN}",
    ),
    Rule(
        r"column is being created",
        "Another worker creates the column at the moment.",
        TRIES_AGAIN,
    ),
    Rule(
        r"roster is empty",
        "The LMS sent a roster without any active person, so nobody was changed here.",
        "Check there that the tool can get members' information, and that the course has participants.",
    ),
    Rule(
        r"not json|did not send its address|no end|another server",
        "The LMS sent an answer that we cannot read.",
        "Its administrator can look into its log at this time.",
    ),
    Rule(
        r"^403\b",
        "The LMS does not allow Chainrule to do this in this course.",
        f"Its administrator can check whether the tool can be used in the course. {SEND_AGAIN}",
    ),
    Rule(
        r"^3\d\d\b",
        "The LMS has another address now.",
        f"Compare its addresses on “LMS links” with what the LMS shows. {SEND_AGAIN}",
    ),
)


def explain(raw: str) -> AnswerMeaning:
    """Return what an answer means. `raw` begins with its HTTP status, or is the error if there was no answer."""
    given_up = GIVEN_UP.match(raw)
    answer = raw[given_up.end() :] if given_up else raw
    rule = next((one for one in RULES if re.search(one.pattern, answer, re.IGNORECASE)), UNKNOWN)
    sentence, advice = rule.sentence, rule.advice
    if given_up:
        sentence = f"We gave up after {given_up[1]} tries. {sentence}"
        advice = advice.replace(TRIES_AGAIN, f"When that is mended, press {SEND_AGAIN.removeprefix('Then press ')}")
    return AnswerMeaning(sentence=sentence, advice=advice, raw=answer, problem=rule.problem)
