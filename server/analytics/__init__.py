"""What a class gets wrong: the failed checks of every submission, kept so that they can be counted."""
