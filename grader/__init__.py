"""The grader: source text in, Report out. No Django, no database.

This file, `jobs`, `reports`, `errors`, `messages` and `packages.manifest` use the standard library only, so that the
web server may import them without importing torch.
"""

# Which grader graded: kept with every report, so that an old score can be understood.
VERSION = "0.1.0"
