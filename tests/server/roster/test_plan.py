import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.accounts.models import User
from server.courses.models import Enrollment
from server.roster import plan as planning
from server.roster import services
from server.roster.csv_file import Unreadable, person_of, read
from server.roster.plan import Effect
from server.roster.services import PlanChanged, take_in
from tests.support.people import make_course, make_member, make_student, make_user


@pytest.fixture
def course(db):
    return make_course()


def plan(course, people, by=None):
    return planning.plan(course, people, by=by or User())


def effects(course, text, by=None):
    return [step.effect for step in plan(course, read(text), by).steps]


def import_(course, text, by=None):
    return take_in(course, text, fingerprint=plan(course, read(text), by).fingerprint, by=by or User())


def passwordless(course, **fields):
    student = make_student(course, **fields)
    student.set_unusable_password()
    student.save()
    return student


def test_a_line_creates_enrols_renames_or_changes_nothing(course):
    make_user(username="joins", email="joins@example.org")
    passwordless(course, username="changes", email="changes@example.org", first_name="Old")
    passwordless(course, username="same", email="same@example.org", first_name="Same")

    text = "email,first name\nnew@example.org,New\njoins@example.org,\nchanges@example.org,New\nsame@example.org,Same\n"
    assert effects(course, text) == [Effect.NEW, Effect.JOINS, Effect.CHANGED, Effect.SAME]


def test_a_preview_changes_nothing(course):
    plan(course, read("email\nada@example.org\n"))

    assert not Enrollment.objects.exists()


def test_the_import_enrols_new_accounts_without_a_password(course):
    import_(course, "id;name;email;role\ns1;Nwosu, Ada;Ada@Example.org;student\ns2;Bo Li;bo@example.org;TA\n")

    ada = User.objects.get(external_id="s1")
    assert (ada.first_name, ada.last_name, ada.email) == ("Ada", "Nwosu", "ada@example.org")
    assert not ada.has_usable_password()
    assert {enrollment.role for enrollment in course.enrollments.all()} == {"student", "ta"}


def test_a_second_import_of_a_file_changes_nothing(course):
    text = "email,name\nada@example.org,Ada Nwosu\n"
    import_(course, text)

    assert effects(course, text) == [Effect.SAME]
    import_(course, text)
    assert User.objects.filter(email="ada@example.org").count() == 1


def test_students_missing_from_the_file_are_listed_and_kept(course):
    left_out = make_student(course)

    assert plan(course, read("email\nada@example.org\n")).unknown == [left_out]
    import_(course, "email\nada@example.org\n")
    assert course.enrollments.filter(user=left_out).exists()


@pytest.mark.parametrize(
    "text",
    [
        "email\nno address\n",
        "email,role\nada@example.org,king\n",
        "email,name\n,Ada\n",
    ],
)
def test_a_faulty_line_is_skipped_with_a_reason(course, text):
    what = plan(course, read(text))

    assert {step.effect for step in what.steps} <= {Effect.FAULTY}
    assert all(step.notes for step in what.steps)
    import_(course, text)
    assert not course.enrollments.exists()


def test_an_email_of_another_account_is_not_revealed(course):
    make_user(username="ada", email="shared@example.org")
    passwordless(course, username="bob", email="bob@example.org")

    (step,) = plan(course, read("username,email\nbob,shared@example.org\n")).steps
    assert step.effect is Effect.FAULTY


def test_a_person_on_two_lines_is_imported_once(course):
    passwordless(course, username="ada", email="ada@example.org")

    assert effects(course, "username,email\nada,\n,ada@example.org\n") == [Effect.SAME, Effect.FAULTY]


@pytest.mark.parametrize("who", ["staff", "with_password", "elsewhere"])
def test_a_roster_cannot_take_over_an_account(course, who):
    fields = {"username": "victim", "email": "victim@example.org"}
    victim = (
        make_student(make_course(), **fields) if who == "elsewhere" else make_user(is_staff=who == "staff", **fields)
    )
    if who != "with_password":
        victim.set_unusable_password()
        victim.save()

    import_(course, "username,email,first name,id\nvictim,thief@example.org,Thief,t1\n")

    victim.refresh_from_db()
    assert (victim.email, victim.first_name, victim.external_id) == ("victim@example.org", "", None)
    assert course.enrollments.filter(user=victim).exists()


def test_a_course_that_changed_since_the_preview_is_shown_again(course):
    text = "email\nada@example.org\n"
    shown = plan(course, read(text)).fingerprint
    make_user(username="ada", email="ada@example.org")

    with pytest.raises(PlanChanged):
        take_in(course, text, fingerprint=shown, by=User())
    assert not course.enrollments.exists()


@pytest.mark.parametrize("text", ["", "colour,shape\nred,round\n", "just words"])
def test_a_file_without_a_roster_is_refused(text):
    with pytest.raises(Unreadable):
        read(text)


def test_a_byte_order_mark_and_semicolons_are_read():
    (person,) = read("\ufeffE-mail;Name\nada@example.org;Ada Nwosu\n")

    assert (person.email, person.first_name, person.last_name) == ("ada@example.org", "Ada", "Nwosu")


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text):
    try:
        people = read(f"email,name\n{text}")
    except Unreadable:
        return
    assert all("\0" not in person.name for person in people)


def test_queries_do_not_grow_with_the_file(course, django_assert_num_queries):
    people = read("email\n" + "".join(f"s{number}@example.org\n" for number in range(300)))

    with django_assert_num_queries(2):
        plan(course, people)


def test_the_preview_is_confirmed_in_the_browser(client, course):
    client.force_login(make_member(course, "instructor"))
    base = f"/courses/{course.slug}/teach/people/import"
    shown = client.post(base, {"text": "email,name\nada@example.org,Ada Nwosu\n"})
    done = client.post(
        f"{base}/confirm",
        {"text": shown.context["text"].replace("\n", "\r\n"), "digest": shown.context["digest"]},
        follow=True,
    )

    assert "1 joined, 0 changed." in done.content.decode()
    assert "Ada Nwosu" in done.content.decode()


def notes(course, text, by=None):
    return [step.notes[0] if step.notes else "" for step in plan(course, read(text), by).steps]


@pytest.mark.parametrize("role", ["student", "ta", "instructor"])
@pytest.mark.parametrize("columns", ["email", "email,role"])
def test_without_a_role_members_keep_theirs(course, role, columns):
    member = make_member(course, role, email="ada@example.org")

    import_(course, f"{columns}\nada@example.org,\n")

    assert course.enrollments.get(user=member).role == role


def test_nobody_demotes_themselves_by_a_roster(course):
    make_member(course, "instructor")
    ada = make_member(course, "instructor", email="ada@example.org")

    assert effects(course, "email,role\nada@example.org,student\n", by=ada) == [Effect.FAULTY]


def test_a_roster_keeps_the_last_instructor(course):
    make_member(course, "instructor", email="ada@example.org")

    text = "email,role\nada@example.org,student\n"
    assert effects(course, text) == [Effect.FAULTY]
    import_(course, text)
    assert course.enrollments.get().role == "instructor"


def test_another_instructor_can_be_demoted(course):
    ada = make_member(course, "instructor")
    make_member(course, "instructor", email="bob@example.org")

    assert effects(course, "email,role\nbob@example.org,ta\n", by=ada) == [Effect.CHANGED]


@pytest.mark.parametrize(
    "text",
    [
        "email\nada@example.org\nADA@example.org\n",
        "id,email\n1,ada@example.org\n1,bob@example.org\n",
        "username\nXyz\nxyz\n",
        "username,email\nada,ada@example.org\nada,bob@example.org\n",
        "id,username\n1,ada\nada,\n",
        "email\nada@example.org\u200b\nada@example.org\n",
    ],
)
def test_of_two_lines_for_one_person_the_first_counts(course, text):
    assert effects(course, text) == [Effect.NEW, Effect.FAULTY]
    assert "Line 2" in notes(course, text)[1]
    import_(course, text)
    assert course.enrollments.count() == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("username\n" + "a" * 151 + "\n", "more than 150 characters"),
        ("username\n../../etc/x\n", "letters, digits"),
        ("id\n" + "1" * 201 + "\n", "more than 200"),
        ("id,email\n1.23457E+11,ada@example.org\n", "shortened"),
        ("id;email\n1,23457E+11;ada@example.org\n", "shortened"),
        ("email,role\nada@example.org,king\n", "role king is unknown"),
    ],
)
def test_a_line_that_cannot_be_stored_says_why(course, text, words):
    assert effects(course, text) == [Effect.FAULTY]
    assert words in notes(course, text)[0]


def test_names_equal_in_their_first_150_letters_are_two_people(course):
    long = "a" * 160
    import_(course, f"email,first name,last name\nada@example.org,{long}b,X\nbob@example.org,{long}c,X\n")

    assert course.enrollments.count() == 2


def test_user_names_match_in_any_case(course):
    xyz = passwordless(course, username="xyz")

    (step,) = plan(course, read("username\nXyz\n")).steps
    assert (step.effect, step.user) == (Effect.SAME, xyz)


def test_an_id_and_a_user_name_of_two_people_conflict(course):
    passwordless(course, username="ada", external_id="1")
    passwordless(course, username="bob")

    assert notes(course, "id,username\n1,bob\n") == ["This id, user name and e-mail belong to different accounts."]


def test_a_changed_address_makes_no_second_account(course):
    import_(course, "email,name\nold@example.org,Ada Nwosu\n")

    text = "email,name\nnew@example.org,Ada Nwosu\n"
    assert effects(course, text) == [Effect.FAULTY]
    assert "in the course as old@example.org" in notes(course, text)[0]
    again = "email,name,username\nnew@example.org,Ada Nwosu,old@example.org\n"
    import_(course, again)
    assert User.objects.get().email == "new@example.org"


def test_a_person_who_changed_their_own_address_is_found(course):
    import_(course, "email,name\nschool@example.org,Ada Nwosu\n")
    User.objects.update(email="private@example.org")

    text = "email,name\nschool@example.org,Ada Nwosu\n"
    import_(course, text)
    assert User.objects.count() == 1


def test_two_people_with_one_name_can_join_together(course):
    assert effects(course, "email,name\na@example.org,Wei Li\nb@example.org,Wei Li\n") == [Effect.NEW, Effect.NEW]


def test_an_account_made_in_between_leads_to_a_new_preview(course, monkeypatch):
    text = "username\nada\nbob\n"
    shown = plan(course, read(text)).fingerprint

    def in_between(course, step, found):
        if step.person.username == "bob":
            User.objects.create(username="bob")
        return do(course, step, found)

    do = services._do
    monkeypatch.setattr(services, "_do", in_between)
    with pytest.raises(PlanChanged):
        take_in(course, text, fingerprint=shown, by=User())
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "line",
    [
        {"username": "ﷺ" * 20},
        {"username": "eve", "email": f"{'a' * 60}@{'.'.join(['b' * 60] * 4)}.org"},
        {"username": "ｂｏｂ", "id": "other"},
    ],
    ids=["grows when composed", "address too long", "name of somebody else"],
)
def test_what_the_database_would_refuse_is_named_before(course, line):
    make_student(course, username="bob", external_id="bob-id")

    (step,) = plan(course, [person_of(2, line)], by=make_user()).steps

    assert step.effect is Effect.FAULTY
