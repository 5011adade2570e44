"""Whom a request about personal data is about."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from django.contrib.sessions.models import Session

from server.accounts.models import User

# Shorter names and ids are found in too many words.
SHORTEST = 3
NOBODY = "[erased]"


@dataclass(frozen=True)
class DataSubject:
    """A person: the account that was named, and accounts that were merged into it."""

    user: User
    accounts: tuple[User, ...]

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the person whose account this is."""
        while user.merged_into is not None:
            user = user.merged_into
        accounts = [user]
        for account in accounts:  # grows while it is read
            accounts += User.objects.filter(merged_into=account)
        return cls(user=user, accounts=tuple(accounts))

    @property
    def keys(self) -> list[int]:
        """The keys of the accounts."""
        return [account.pk for account in self.accounts]

    @property
    def number(self) -> str:
        """The name of the person once nothing else is known of them."""
        return f"person-{self.user.pk}"

    @cached_property
    def emails(self) -> list[str]:
        """The e-mail addresses of the accounts."""
        return sorted({account.email for account in self.accounts if account.email})

    @cached_property
    def words(self) -> list[str]:
        """The texts that name the person: full name, user name, e-mail address and id; the longest first."""
        found = (
            text
            for one in self.accounts
            for text in (
                one.get_full_name(),
                f"{one.last_name}, {one.first_name}",
                one.username,
                one.email,
                one.external_id,
            )
        )
        named = {text for text in found if text and len(text.strip(" ,")) >= SHORTEST}
        return sorted(named, key=lambda text: (-len(text), text))

    def without_words(self, text: str) -> str:
        """Return a text in which nothing names the person any more."""
        return self._pattern.sub(NOBODY, text) if self.words else text

    def is_named_in(self, text: str) -> bool:
        """Whether a text names the person, in whole words."""
        return bool(self.words) and self._pattern.search(text) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        choices = "|".join(re.escape(word) for word in self.words)
        return re.compile(rf"(?<!\w)(?:{choices})(?!\w)", re.IGNORECASE)

    def sessions(self) -> list[str]:
        """Return the keys of the person's sessions. Reads every session: the table has no column for the person."""
        wanted = {str(key) for key in self.keys}
        rows: Iterable[Session] = Session.objects.iterator(chunk_size=500)
        return [row.session_key for row in rows if str(row.get_decoded().get("_auth_user_id")) in wanted]
