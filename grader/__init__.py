"""The grader: source text in, Report out. No Django, no database.

The web server imports `protocol`, `packages`, `messaging`, `telemetry` and `errors` only; none of them imports torch,
except `packages.cases`, which the server does not use. An import contract in pyproject.toml checks this.
"""

# The only place of the version; `make release` changes it. Each report keeps the version that graded it, so that an old
# score can be explained.
VERSION = "0.1.0"
