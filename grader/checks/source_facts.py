"""What a submission's source contains: words, lines, returns. A hint names a cause only if the source has it.

The source is searched, not parsed: hostile source can crash the process that parses it, and this is the grader's own.
Comments and strings do not count.
"""

import re
from dataclasses import dataclass
from functools import cached_property

_TEXT = re.compile(
    r'("""|\'\'\')(?:\\.|.)*?(?:\1|\Z)|"(?:\\.|[^"\\\n])*"?|\'(?:\\.|[^\'\\\n])*\'?|#[^\n]*',
    re.DOTALL,
)
_CUTS = {
    "`detach`": r"\.detach_?\b",
    "`no_grad`": r"\bno_grad\b",
    "`inference_mode`": r"\binference_mode\b",
    "`set_grad_enabled`": r"\bset_grad_enabled\b",
    "`.data`": r"\.data\b(?!\w*\()",
    "`.item()`": r"\.item\(",
    "`.numpy()`": r"\.numpy\(",
    "`.tolist()`": r"\.tolist\(",
    "`torch.tensor(...)`": r"\btorch\.(?:tensor|as_tensor|from_numpy)\(|(?<![\w.])tensor\(",
    "`float(...)`": r"(?<![\w.])float\(",
    "`round`": r"\bround\b",
    "`math`": r"\bmath\.\w+\(",
}
_DIFFERENTIATES = re.compile(
    r"\.(?:backward|grad|jacobian|hessian|jacrev|jacfwd|jvp|vjp|hvp|vhp)\("
    r"|(?<!def )(?<![\w.])(?:grad|jacrev|jacfwd)\("
)


@dataclass(frozen=True)
class SourceFacts:
    """The source of one submission. If it is empty, nothing is known: no word is found, and every function returns."""

    source: str = ""

    @cached_property
    def stripped(self) -> str:
        """The source without comments and the contents of strings; lines keep their numbers."""
        return _TEXT.sub(lambda match: '""' + "\n" * match[0].count("\n"), self.source)

    def has(self, pattern: str) -> bool:
        """Whether the code matches a regular expression."""
        return re.search(pattern, self.stripped) is not None

    def line_at(self, number: int | None) -> str:
        """Return a line of the code; "" if there is none of that number."""
        lines = self.stripped.splitlines()
        return lines[number - 1] if number and number <= len(lines) else ""

    @cached_property
    def cuts(self) -> tuple[str, ...]:
        """What the code uses that can cut a path of gradients, as a learner reads it."""
        return tuple(name for name, pattern in _CUTS.items() if self.has(pattern))

    @property
    def differentiates(self) -> bool:
        """Whether the code asks autograd for a derivative."""
        return _DIFFERENTIATES.search(self.stripped) is not None

    @property
    def differentiates_again(self) -> bool:
        """Whether the code asks for derivatives more than once, or in a loop."""
        return len(_DIFFERENTIATES.findall(self.stripped)) > 1 or self.has(r"(?m)^[ \t]+(?:for|while)\b")

    def returns(self, entry: str) -> bool:
        """Whether the function of that name has a `return`, or is not written with `def`."""
        body = self.body(entry)
        return body is None or re.search(r"\b(?:return|yield)\b", body) is not None

    def body(self, entry: str) -> str | None:
        """Return the code of a function or method; None if there is no `def` of that name."""
        name = re.escape(entry.rpartition(".")[2])
        start = re.search(rf"(?m)^([ \t]*)(?:async[ \t]+)?def[ \t]+{name}[ \t]*\(", self.stripped)
        if start is None:
            return None
        rest = self.stripped[start.end() :]
        end = re.search(rf"(?m)^(?!{start[1]}[ \t])[ \t]*[^\s)\]}}]", rest.partition("\n")[2])
        return rest[: len(rest.partition("\n")[0]) + 1 + end.start()] if end else rest

    def computed(self, name: str) -> bool:
        """Whether a tensor of that name is computed from a tracked one, so that it is no leaf."""
        for match in re.finditer(
            rf"(?m)^[^\n=#]*(?<![\w.]){re.escape(name)}[ \t]*(?:,[^\n=]*)?=(?!=)([^\n]*)", self.stripped
        ):
            right = match[1]
            tracked = right.rpartition("requires_grad_")[2].partition(")")[2] if "requires_grad_" in right else right
            if "requires_grad_" in right or "requires_grad=True" in right:
                if re.search(r"[-+*/@]|\.(?:to|double|float|reshape|view|clone|cuda)\b", tracked.strip()):
                    return True
            elif re.search(rf"(?<![\w.]){re.escape(name)}\b(?!\.grad)", right) and re.search(r"[-+*/@]", right):
                return True
        return False


UNKNOWN = SourceFacts()


def copied_from(source: str, line: int | None) -> str | None:
    """Return the message for source that was copied from a notebook, a console or a chat; None if it was not.

    `line` is the line that Python cannot read.
    """
    if source.lstrip().startswith("{") and '"metadata"' in source and '"nbformat' in source:
        return "notebook_json"
    lines = source.splitlines()
    text = lines[line - 1].strip() if line and line <= len(lines) else ""
    if text.startswith(("%", "!")):
        return "notebook_command"
    if text.startswith(("```", "~~~")):
        return "code_fence"
    if text.startswith((">>>", "... ")) or re.match(r"(?:In|Out) ?\[\d*\]:", text):
        return "console_prompt"
    return None
