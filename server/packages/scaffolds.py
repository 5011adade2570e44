"""The files that a new package begins with: a small one that passes its verification."""

import uuid

from grader.packages.archives import files_of
from grader.packages.scaffold import TEMPLATE
from server.packages.models import PackageKind

_LESSON = """\
+++
title = "{title}"
+++

Say in a sentence what this lesson is about. Formulas like $f'(x)$ are between dollar signs.

```python
import torch

x = torch.tensor(2.0, requires_grad=True)
(x**2).backward()
print(x.grad)
```

```text
tensor(4.)
```
"""


def scaffold(kind: PackageKind, slug: str) -> dict[str, bytes]:
    """Return the files of a new package, by their paths."""
    title = slug.rpartition("/")[2].replace("-", " ").capitalize()
    if kind == PackageKind.LESSON:
        return {"lesson.md": _LESSON.format(title=title).encode()}
    files = files_of(TEMPLATE)
    own = {b"@ID@": str(uuid.uuid4()).encode(), b"@TITLE@": title.encode()}
    for mark, text in own.items():
        files["exercise.toml"] = files["exercise.toml"].replace(mark, text)
    return files
