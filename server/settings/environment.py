"""Where settings come from: environment variables, or the files that variables ending in _FILE name."""

from environs import FileAwareEnv

# SECRET_KEY_FILE=/run/secrets/secret_key stands for SECRET_KEY: secrets need not be in anybody's environment.
env = FileAwareEnv(strip_whitespace=True)
