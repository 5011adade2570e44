"""The instructor's pages: activity, mistakes and grades of a class."""
