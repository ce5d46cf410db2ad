"""Every field of a dataclass held to its shape once the object is whole, while tests run.

jaxtyping and beartype look at one element of a tuple or mapping and at no field that a default or __post_init__ fills
(findings/). Classes with such fields are looked at here in full: every element, every field, axes of one name alike.
"""

import dataclasses
import typing
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, wraps
from types import UnionType
from typing import Any, Union, get_args, get_origin

from jaxtyping import AbstractArray, jaxtyped

PACKAGES = ("mspa_model", "explain")
OF_EACH = "feature_dim"  # an axis that is each modality's own


def install_full_checks() -> None:
    """From now on dataclasses of the product check all their fields; before the first import of the product."""
    made = dataclasses.dataclass

    @wraps(made)
    def checked(cls: type | None = None, /, **options: Any) -> Any:
        if cls is None:
            return lambda decorated: checked(decorated, **options)
        whole = made(cls, **options)
        return check_in_full(whole) if whole.__module__.partition(".")[0] in PACKAGES else whole

    dataclasses.dataclass = checked


def check_in_full(cls: type) -> type:
    """The dataclass, which raises TypeError where a field has another shape than its annotation says."""
    built = cls.__init__

    @wraps(built)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        built(self, *args, **kwargs)
        if type(self) is cls:
            _check(self)

    cls.__init__ = init
    return cls


def _check(instance: Any) -> None:
    hints = _concerned(type(instance))
    if not hints:
        return
    with jaxtyped("context"):
        for name, hint in hints.items():
            for shape, value in _arrays(hint, getattr(instance, name), False):
                if not isinstance(value, shape):
                    got = f"{getattr(value, 'dtype', type(value).__name__)} {tuple(getattr(value, 'shape', ()))}"
                    raise TypeError(f"{type(instance).__name__}.{name}: {got}, where {shape.__name__} is expected")


@cache
def _concerned(cls: type) -> dict[str, Any]:
    """Fields with arrays of a class that is otherwise not looked at whole; none of any other class."""
    hints = typing.get_type_hints(cls)
    arrays = {f.name: hints[f.name] for f in dataclasses.fields(cls) if _holds_arrays(hints[f.name])}
    filled = hasattr(cls, "__post_init__") or any(
        f.name in arrays and (not f.init or _has_default(f)) for f in dataclasses.fields(cls)
    )
    return arrays if filled or any(not _is_array(hint) for hint in arrays.values()) else {}


def _has_default(field: dataclasses.Field) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _is_array(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, AbstractArray)


def _holds_arrays(hint: Any) -> bool:
    return _is_array(hint) or any(_holds_arrays(part) for part in get_args(hint))


def _arrays(hint: Any, value: Any, inside: bool) -> Iterator[tuple[Any, Any]]:
    """Each array of a value with the shape that it should have; inside: of a container."""
    origin, parts = get_origin(hint), get_args(hint)
    if _is_array(hint):
        yield (_of_each(hint) if inside else hint), value
    elif origin in (Union, UnionType):
        fitting = [part for part in parts if _holds_arrays(part)]
        if value is not None and len(fitting) == 1:
            yield from _arrays(fitting[0], value, inside)
    elif isinstance(value, Mapping) and len(parts) == 2:
        for each in value.values():
            yield from _arrays(parts[1], each, True)
    elif origin is tuple and parts[-1:] != (...,):
        for part, each in zip(parts, value, strict=True):
            yield from _arrays(part, each, True)
    elif isinstance(value, Sequence) and parts:
        for each in value:
            yield from _arrays(parts[0], each, True)


@cache
def _of_each(shape: Any) -> Any:
    """The same shape, an axis that differs from element to element left open."""
    axes = " ".join("_" if axis == OF_EACH else axis for axis in shape.dim_str.split())
    return shape.dtype[shape.array_type, axes]
