"""From an exercise and a source to a Report."""
