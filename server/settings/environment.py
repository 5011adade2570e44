"""Settings from environment variables, or from the files that variables ending in _FILE name."""

from environs import FileAwareEnv

# SECRET_KEY_FILE=/run/secrets/secret_key replaces SECRET_KEY, so secrets need not be in the environment.
env = FileAwareEnv(strip_whitespace=True)
