"""Small real data sets, read from the files of scikit-learn. It is never imported: an import takes a second."""

import csv
import gzip
import importlib.util
import io
from functools import cache
from pathlib import Path

import torch
from torch import Tensor


@cache
def iris() -> tuple[Tensor, Tensor]:
    """Return the measurements (150, 4), float64 and standardised, and the species (150,), int64, of Fisher's irises."""
    rows = list(csv.reader((_folder() / "iris.csv").read_text().splitlines()[1:]))
    return _split([[float(entry) for entry in row] for row in rows])


@cache
def digits() -> tuple[Tensor, Tensor]:
    """Return the pixels (1797, 64), float64 and standardised, and the digits (1797,), int64, of 8x8 images."""
    text = gzip.decompress((_folder() / "digits.csv.gz").read_bytes()).decode()
    return _split([[float(entry) for entry in row] for row in csv.reader(io.StringIO(text))])


def _split(rows: list[list[float]]) -> tuple[Tensor, Tensor]:
    table = torch.tensor(rows, dtype=torch.float64)
    x = table[:, :-1]
    return (x - x.mean(0)) / x.std(0).clamp_min(1e-6), table[:, -1].to(torch.int64)


def _folder() -> Path:
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("scikit-learn is not installed; the classifier exercises take their data from it.")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "data"
