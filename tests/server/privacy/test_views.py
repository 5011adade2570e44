"""The pages about personal data: a person's own, and those of administrators."""

import io
import re
import zipfile

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.test import AsyncClient
from django.urls import reverse

from server.accounts.models import User
from tests.server.privacy.lives import NAME
from tests.support.people import make_student

pytestmark = pytest.mark.django_db


def post_for_file(user, address):
    """The names in the ZIP file that comes back; None if there is none."""

    async def go():
        client = AsyncClient()
        await client.aforce_login(user)
        response = await client.post(address)
        return b"".join([piece async for piece in response]) if response.streaming else None

    content = async_to_sync(go)()
    return zipfile.ZipFile(io.BytesIO(content)).namelist() if content else None


def page_of(client, person, mode):
    return client.get(reverse("privacy:erase", args=[person.pk, mode]))


def confirm(client, person, mode, **changes):
    digest = re.search(r'name="digest" value="(\w+)"', page_of(client, person, mode).text)[1]
    data = {"username": person.username, "digest": digest} | changes
    return client.post(reverse("privacy:erase", args=[person.pk, mode]), data)


def test_a_person_downloads_their_own_data(person):
    assert "submissions/gradients/square/attempt-1.py" in post_for_file(person, reverse("privacy:mine"))


def test_the_profile_leads_to_the_data(client, person):
    client.force_login(person)

    assert reverse("privacy:mine") in client.get(reverse("profile")).text
    assert client.get(reverse("privacy:mine")).status_code == 200


def test_administrators_download_the_data_of_anybody(person, administrator):
    assert "account-emailaddress.json" in post_for_file(administrator, reverse("privacy:download", args=[person.pk]))


@pytest.mark.parametrize("who", ["person", "teacher"])
@pytest.mark.parametrize("name", ["person", "download", "erase"])
def test_others_find_no_page_about_a_person(client, request, person, who, name):
    client.force_login(request.getfixturevalue(who))
    address = reverse(f"privacy:{name}", args=[person.pk, *(["erase"] if name == "erase" else [])])

    assert {client.get(address).status_code, client.post(address).status_code} <= {404, 405}
    assert User.objects.filter(pk=person.pk).exists()


def test_an_administrator_without_a_second_factor_is_refused(client, person, administrator, settings):
    settings.ADMIN_SECOND_FACTOR = True
    client.force_login(administrator)

    assert client.get(reverse("privacy:person", args=[person.pk])).status_code == 403


def test_the_administration_pages_lead_to_the_data_of_a_person(client, person, administrator):
    client.force_login(administrator)

    page = client.get(reverse("admin:accounts_user_change", args=[person.pk]))

    assert reverse("privacy:person", args=[person.pk]) in page.text


@pytest.mark.parametrize("mode", ["erase", "anonymous"])
def test_the_page_shows_what_will_happen_then_it_happens(client, person, administrator, mode):
    client.force_login(administrator)

    shown = page_of(client, person, mode)
    answer = confirm(client, person, mode)

    assert "Code, points, and the report" in shown.text
    assert answer.status_code == 302
    assert not User.objects.filter(username=NAME["username"]).exists()


@pytest.mark.parametrize("typed", ["", "EQ-7731", "eq-7731x", "erase"])
def test_without_the_right_user_name_nothing_happens(client, person, administrator, typed):
    client.force_login(administrator)

    answer = confirm(client, person, "erase", username=typed)

    assert answer.status_code == 422
    assert User.objects.filter(pk=person.pk).exists()


def test_an_old_page_is_shown_again_and_nothing_happens(client, person, administrator):
    client.force_login(administrator)

    answer = confirm(client, person, "erase", digest="0" * 64)

    assert answer.status_code == 422
    assert "Something changed since this page was shown" in answer.text
    again = re.search(r'name="digest" value="(\w+)"', answer.text)[1]
    assert confirm(client, person, "erase", digest=again).status_code == 302


def test_another_mode_is_not_found(client, person, administrator):
    client.force_login(administrator)

    assert page_of(client, person, "everything").status_code == 404


def test_the_command_shows_the_plan_and_needs_a_confirmation(person, capsys):
    call_command("personaldata", "erase", person.username)

    assert "submissions.Submission: 2 deleted" in capsys.readouterr().out
    assert User.objects.filter(pk=person.pk).exists()

    call_command("personaldata", "erase", person.username, confirm=person.username)

    assert not User.objects.filter(pk=person.pk).exists()


def test_the_command_refuses_a_wrong_confirmation(person):
    with pytest.raises(CommandError, match="another user name"):
        call_command("personaldata", "erase", person.username, confirm="mate0")


def test_the_command_writes_an_export_that_only_its_owner_reads(person, tmp_path):
    file = tmp_path / "data.zip"

    call_command("personaldata", "export", person.username, file=file)

    assert "account-emailaddress.json" in zipfile.ZipFile(file).namelist()
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_command_names_an_unknown_person(course):
    make_student(course)

    with pytest.raises(CommandError, match="no account"):
        call_command("personaldata", "erase", "nobody")
