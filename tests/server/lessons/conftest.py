import pytest

LESSON = """\
+++
title = "Squares"
+++

How a *square* grows: $x^2$.

```python
x = 3
print(x)
```

```text
3
```

{exercise gradients/square}

```python
print(x * x)
```

```text
9
```

{exercise gradients/cube}
"""


def write_lesson(folder, name="01_squares.md", text=LESSON):
    (folder / "lessons").mkdir(exist_ok=True)
    (folder / "lessons" / name).write_text(text)


@pytest.fixture
def lesson(exercises):
    """A lesson `squares` with two blocks of code and two exercises, one of which the course sets."""
    write_lesson(exercises)


@pytest.fixture
def at(client, student):
    """The client, signed in as the student."""
    client.force_login(student)
    return client
