"""What a class gets wrong: each failed check of each submission is stored as a row, so that it can be counted."""
