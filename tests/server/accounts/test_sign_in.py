from tests.support.people import make_user

PAGE = "/accounts/login/"


def test_sign_in_works_with_the_user_name(client, db):
    make_user(username="ada", password="right")

    assert client.post(PAGE, {"login": "ada", "password": "right"}).status_code == 302


def test_sign_in_works_with_the_e_mail_address(client, db):
    make_user(username="ada", email="ada@example.org", password="right")

    assert client.post(PAGE, {"login": "ada@example.org", "password": "right"}).status_code == 302


def test_a_wrong_password_shows_an_error(client, db):
    make_user(username="ada", password="right")

    answer = client.post(PAGE, {"login": "ada", "password": "wrong"})

    assert answer.status_code == 200
    assert "not correct" in answer.text


def test_sign_up_needs_an_invitation(client, db):
    text = client.get("/accounts/signup/").text

    assert "By invitation" in text
    assert "<input" not in text.split("<main")[1]


def test_the_second_factor_page_is_served(client, db):
    client.force_login(make_user())

    assert client.get("/accounts/2fa/").status_code == 200
