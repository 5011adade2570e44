"""Packages of courses: exercises and lessons that instructors make, their files, versions and publication."""
