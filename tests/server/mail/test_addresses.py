"""To which addresses mail is sent: odd forms are left out, so that none of them becomes a second recipient."""

import pytest

from server.mail.addresses import is_usable


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org",
        "ada.lovelace+chain@sub.example.org",
        "o'brien@example.org",
        "ada@bücher.example",
        "a@xn--p1ai.rf",
    ],
)
def test_usual_addresses_are_usable(address):
    assert is_usable(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@example.org\nBcc: evil@example.org",
        "ada@example.org\r\n",
        "ada@example.org,evil@example.org",
        "ada@example.org;evil@example.org",
        "ada@example.org evil@example.org",
        "Ada <ada@example.org>",
        '"ada\x07"@example.org',
        '"a> <evil@x.org"@example.org',
        "ädä@example.org",
        "ada@example.org\0",
        "ada@[192.0.2.1]",
        "ada@exa\u202emple.org",
        "ada@" + "a" * 250 + ".org",
        "ada@-.org",
    ],
)
def test_odd_addresses_are_not(address):
    assert not is_usable(address)
