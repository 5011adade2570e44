"""Links and codes with which students join a course."""
