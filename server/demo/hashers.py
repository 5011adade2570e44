"""A hash for passwords that are no secret."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """PBKDF2 with few rounds, so that 63 accounts are made in a moment. No other settings know this algorithm."""

    algorithm = "pbkdf2_sha256_demo"
    iterations = 1_000
