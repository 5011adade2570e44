"""What a page shows while a submission waits or runs."""
