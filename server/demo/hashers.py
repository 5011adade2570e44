"""A fast hash for the passwords of demo accounts, which are public."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """PBKDF2 with few rounds, so that 63 accounts are created quickly. Only the demo settings use it."""

    algorithm = "pbkdf2_sha256_demo"
    iterations = 1_000
