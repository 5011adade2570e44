from grader.packages.samples import Sample, samples

TEXT = """
Words.

```python
print(1)
```

```text
1
```

```python
x = 2
```

```text-ish
not output
```
"""


def test_a_sample_is_a_python_block_with_its_output():
    assert samples(TEXT) == [Sample("print(1)\n", "1\n"), Sample("x = 2\n", None)]


def test_text_without_python_has_no_samples():
    assert samples("```text\n1\n```") == []
