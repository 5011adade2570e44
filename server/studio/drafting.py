"""What the studio writes for an author: a starter, names for files, and words replaced in a copy."""

import json
import keyword
import re
from collections.abc import Mapping, Sequence


def starter(signatures: Sequence[tuple[str, str]], docstrings: Mapping[str, str]) -> str:
    """Return a starter with a function for each signature that returns None; `docstrings` by the function's name.

    A signature that is no Python gets the function's name alone.
    """
    functions = [_stub(name, signature, docstrings.get(name, "")) for name, signature in signatures]
    source = "\n\n".join(functions)
    imports = _imports(source)
    return f"{imports}\n\n{source}" if imports else source


def _stub(name: str, signature: str, docstring: str) -> str:
    # Not parsed: a source can crash Python's parser, and a wrong line is found when the starter is run.
    is_plain = "\n" not in signature and re.fullmatch(rf"{re.escape(name)}\(.*\)( *-> *[^:]+)?", signature.strip())
    head = f"def {signature.strip()}:" if is_plain else f"def {name}(*args):"
    words = docstring.replace("\\", "").replace('"""', "'")
    return f"{head}\n" + (f'    """{words}"""\n' if words else "") + "    return None\n"


def docstrings_of(source: str) -> dict[str, str]:
    """Return the first line of the docstring of each function at the top of a source, if it is written plainly."""
    found = re.findall(r'(?m)^def (\w+)\(.*\).*:\n +"""(.+?)(?:"""|$)', source)
    return {name: words.strip() for name, words in found}


def _imports(source: str) -> str:
    lines = []
    if re.search(r"\bCallable\b", source):
        lines.append("from collections.abc import Callable\n")
    if re.search(r"\btorch\.", source):
        lines.append("import torch")
    if re.search(r"\bTensor\b", source):
        lines.append("from torch import Tensor")
    return "\n".join(lines) + "\n" if lines else ""


def file_name(words: str) -> str:
    """Return a name for a file of Python from an author's words: "Forgets the mean" is "forgets_the_mean"."""
    name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:50].strip("_") or "mistake"
    return f"m_{name}" if name[0].isdigit() or keyword.iskeyword(name) else name


def with_docstring(source: str, words: str) -> str:
    """Return a wrong answer that begins with a docstring of these words; one that is there stays."""
    if re.match(r"\s*[rR]?(\"\"\"|''')", source):
        return source
    clean = words.replace("\\", "").replace('"', "'").strip()
    sentence = clean if clean.endswith((".", "!", "?")) else f"{clean}."
    return f'"""{sentence}"""\n\n{source.lstrip()}'


def replaced(files: Mapping[str, bytes], words: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files with words replaced in every text, all at once: whole words only. Other bytes stay."""
    chosen = {old: new for old, new in words.items() if old}
    if not chosen:
        return dict(files)
    longest_first = sorted(chosen, key=len, reverse=True)
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(old)}(?!\w)" for old in longest_first))
    return {path: _replaced(content, pattern, chosen) for path, content in files.items()}


def _replaced(content: bytes, pattern: re.Pattern[str], words: Mapping[str, str]) -> bytes:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    return pattern.sub(lambda match: words[match[0]], text).encode()


def titled(manifest: bytes, title: str) -> bytes:
    """Return an `exercise.toml` with another title: its line `title = ...` is replaced."""
    text = manifest.decode(errors="replace")
    return re.sub(r"(?m)^title\s*=.*$", lambda _: f"title = {_quoted(title)}", text, count=1).encode()


def _quoted(text: str) -> str:
    # A basic string of TOML is one of JSON, but DEL must be escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
