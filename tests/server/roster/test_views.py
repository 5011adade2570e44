import pytest

from tests.support.people import make_course, make_member, make_student, make_user


@pytest.fixture
def course(db):
    return make_course()


@pytest.fixture
def instructor(course):
    return make_member(course, "instructor", username="teacher")


@pytest.fixture
def at(client, course, instructor):
    client.force_login(instructor)

    def send(path="", data=None, **query):
        url = f"/courses/{course.slug}/teach/people/{path}"
        return client.get(url, query) if data is None else client.post(url, data, follow=True)

    return send


def listed(response):
    return [row.user.username for row in response.context["rows"]]


@pytest.mark.parametrize("word", ["ada", "NWOSU", "ada@", "s-17", "ada nwosu"])
def test_people_are_found_by_any_of_their_names(at, course, word):
    make_student(course, username="ada", last_name="Nwosu", email="ada@example.org", external_id="s-17")
    make_student(course, username="bob")

    assert listed(at(q=word)) == ["ada"]


def test_people_are_listed_by_group_and_page(at, course):
    for number in range(60):
        make_student(course, username=f"s{number}")

    assert listed(at(group="staff")) == ["teacher"]
    assert len(listed(at(group="students"))) == 50
    assert listed(at(group="students", page="2"))[0] == "s50"
    assert listed(at(group="nonsense", page="x"))[0] == "teacher"


def test_the_list_needs_few_queries(at, course, django_assert_max_num_queries):
    for _ in range(60):
        make_student(course)
    at()

    with django_assert_max_num_queries(9):
        at()


def test_a_member_is_removed_and_restored(at, course):
    ada = make_student(course, username="ada")

    gone = at(f"{ada.pk}/remove", {})
    assert "no longer in the course" in gone.text
    assert (listed(at()), listed(at(group="former"))) == (["teacher"], ["ada"])
    back = at(f"{ada.pk}/restore", {})
    assert "in the course again" in back.text
    assert (listed(at(group="students")), listed(at(group="former"))) == (["ada"], [])


def test_a_person_who_came_back_is_no_former_member(at, course):
    ada = make_student(course, username="ada", email="ada@example.org")
    at(f"{ada.pk}/remove", {})

    at("add", {"email": "ada@example.org", "role": "student"})

    assert (listed(at(group="students")), listed(at(group="former"))) == (["ada"], [])


def test_a_refused_change_is_explained(at, instructor):
    assert "This is you" in at(f"{instructor.pk}/role", {"role": "student"}).text
    assert "This is you" in at(f"{instructor.pk}/remove", {}).text


def test_a_role_is_changed(at, course):
    ada = make_student(course)

    assert "teaching assistant now" in at(f"{ada.pk}/role", {"role": "ta"}).text
    at(f"{ada.pk}/role", {"role": "king"})
    assert course.enrollments.get(user=ada).role == "ta"


def test_one_person_is_added(at, course):
    added = at("add", {"email": "ada@example.org", "name": "Ada Nwosu", "role": "ta"})

    assert "Ada Nwosu is in the course now." in added.text
    assert course.enrollments.get(user__email="ada@example.org").role == "ta"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "Ada"}, "no e-mail, id or user name"),
        ({"email": "nobody"}, "is not an e-mail address"),
        ({"username": "teacher", "role": "instructor"}, "in the course already"),
    ],
)
def test_a_person_who_cannot_be_added_is_explained(at, course, data, words):
    assert words in at("add", {"role": "student"} | data).text
    assert course.enrollments.count() == 1


def test_a_stranger_has_no_page(at, course):
    stranger = make_user()

    for path in ("", "role", "remove", "restore"):
        assert at(f"{stranger.pk}/{path}", {} if path else None).status_code == 404


def test_an_assistant_sees_people_and_changes_nobody(client, course, instructor):
    client.force_login(make_member(course, "ta"))
    page = f"/courses/{course.slug}/teach/people/"

    assert "Remove" not in client.get(f"{page}{instructor.pk}/").text
    for path in ("role", "remove", "restore"):
        assert client.post(f"{page}{instructor.pk}/{path}").status_code == 403
