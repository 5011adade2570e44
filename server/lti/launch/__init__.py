"""From a platform's login to a person in a course, and back with picked exercises."""
