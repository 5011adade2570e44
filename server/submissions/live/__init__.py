"""What a page shows while a submission is on its way."""
