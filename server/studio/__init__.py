"""The studio: pages in which instructors write, run, verify and publish their course's own exercises and lessons."""
