"""The hash of passwords."""

import threading

from django.contrib.auth import hashers

# Each hash takes 19 MiB and a processor while it is made: one at a time in each process.
_turn = threading.Lock()


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """Argon2id with the first parameters that OWASP recommends, about 40 ms of a processor.

    Django's own parameters (100 MiB, 8 threads) take ten times as much, so a class that signs in at once would wait for
    them. A hash with other parameters still fits, and is replaced when its person signs in.
    """

    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Return the hash of a password."""
        with _turn:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Whether a password fits a hash."""
        with _turn:
            return super().verify(password, encoded)
