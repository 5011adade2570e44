"""The bytes between a grader and a sandbox."""
