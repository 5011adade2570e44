"""Reading plain data into a frozen dataclass, strictly."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def read(shape: type[T], data: Mapping[str, Any]) -> T:
    """Return the dataclass that plain JSON data describes.

    Raises ValueError, with the field's name, if a field is unknown, missing or of another type.
    """
    known = {item.name for item in fields(shape)}  # type: ignore[arg-type]  # every shape is a dataclass
    unknown = [str(name) for name in data if name not in known]
    if unknown:
        raise ValueError(f"{shape.__name__} has no field {', '.join(unknown)}")
    try:
        return msgspec.convert(data, shape)
    except msgspec.ValidationError as error:
        raise ValueError(f"{shape.__name__}: {error}") from None
