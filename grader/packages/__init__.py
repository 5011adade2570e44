"""Exercise packages on disk: `manifest`, `catalogue`, `lessons` and `samples` need no torch, `cases` does."""
