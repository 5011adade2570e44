"""Values that a spreadsheet shows and never runs.

A student can choose a name such as `=HYPERLINK(...)`. Spreadsheets read text that begins with = + - @, a tab or a line
end as a formula; an apostrophe in front keeps it text (OWASP, "CSV Injection").
"""

# The full-width forms, too: spreadsheets in East Asian languages read them as the plain ones.
TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Value = str | float | int | None


def safe(value: Value) -> Value:
    """Return a value that no spreadsheet runs; numbers stay numbers."""
    if isinstance(value, str) and (value.startswith(TRIGGERS) or value.lstrip().startswith(TRIGGERS)):
        return f"'{value}"
    return value
