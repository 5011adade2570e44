"""The code samples of a statement or a lesson: each ```python block, with the ```text block that shows its output."""

import re
from dataclasses import dataclass

_BLOCKS = re.compile(r"^```python\n(?P<code>.*?)^```$(?:\s*^```text\n(?P<output>.*?)^```$)?", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sample:
    """A block of code, and what it prints (None if the text shows no output)."""

    code: str
    output: str | None


def samples(markdown: str) -> list[Sample]:
    """Return the samples in order."""
    return [Sample(match["code"], match["output"]) for match in _BLOCKS.finditer(markdown)]
