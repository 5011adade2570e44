"""Reading comparisons: the clusters that a person can see, and the earlier courses that they can choose."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q

from server.accounts.models import User
from server.courses.models import Course
from server.courses.roles import with_roles
from server.courses.selectors import courses_of
from server.courses.visibility import VisiblePeople, visible_people
from server.similarity.models import Comparison, Pair


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownCluster:
    """Similar submissions as a person can see them. `pairs` connect the people, the strongest first."""

    pairs: list[Pair]
    people: list[User]
    from_earlier: int

    @property
    def strongest(self) -> Pair:
        """The pair with the largest share."""
        return self.pairs[0]


def earlier_courses(person: User, course: Course) -> list[Course]:
    """Return the other courses that a person teaches and that set one of the course's exercises, newest first."""
    exercises = course.assignments.values("exercise")
    others = courses_of(person).exclude(pk=course.pk).filter(assignments__exercise__in=exercises).distinct()
    return [one for one in with_roles(person, others.order_by("-pk")) if person.has_perm("similarity.view", one)]


def visible_pairs(person: User, comparison: Comparison) -> Q:
    """Return a filter for the pairs of a comparison of which a person can see both sides.

    The right side can be in an earlier course: then the person must teach that course now, no matter who chose it.
    """
    people = visible_people(person, comparison.course)
    seen = _right_in(people)
    for earlier in Course.objects.filter(pk__in=comparison.earlier or []):
        if person.has_perm("similarity.view", earlier):
            seen |= _right_in(visible_people(person, earlier))
    return people.about("left__learner") & seen


def _right_in(people: VisiblePeople) -> Q:
    return Q(right__assignment__course=people.course) & people.about("right__learner")


def clusters(person: User, comparison: Comparison) -> list[ShownCluster]:
    """Return the clusters of a comparison that a person can see, the strongest first. One query."""
    rows = comparison.pairs.filter(visible_pairs(person, comparison)).select_related(
        "assignment__course", "left__learner", "right__learner", "right__assignment__course"
    )
    heavy = ("left__source", "left__report", "right__source", "right__report", "left_lines", "right_lines")
    found: dict[tuple[int, int], list[Pair]] = defaultdict(list)
    for pair in rows.defer(*heavy):
        found[pair.assignment_id, -pair.pk if pair.cluster is None else pair.cluster].append(pair)
    parts = [part for pairs in found.values() for part in _connected(pairs, comparison.course)]
    return sorted(parts, key=lambda one: (-one.strongest.share, -len(one.people)))


def _connected(pairs: list[Pair], course: Course) -> list[ShownCluster]:
    """Return the groups that pairs connect. If a person cannot see some of a cluster, it can fall into parts."""
    groups: list[tuple[set[object], list[Pair]]] = []
    for pair in pairs:
        ends = {pair.left_id, pair.right_id}
        touched = [group for group in groups if group[0] & ends]
        groups = [group for group in groups if not group[0] & ends]
        joined = sorted(
            [pair, *(one for _, some in touched for one in some)], key=lambda one: (-one.share, -one.shared)
        )
        groups.append((ends.union(*(keys for keys, _ in touched)), joined))
    return [_shown(some, course) for _, some in groups]


def _shown(pairs: list[Pair], course: Course) -> ShownCluster:
    sides = {side.pk: side for pair in pairs for side in (pair.left, pair.right)}
    people = {side.learner_id: side.learner for side in sides.values()}
    earlier = sum(
        pair.right.assignment.course_id != course.pk for pair in {one.right_id: one for one in pairs}.values()
    )
    return ShownCluster(pairs=pairs, people=list(people.values()), from_earlier=earlier)
