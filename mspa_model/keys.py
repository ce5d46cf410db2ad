"""TOML and JSON that a person wrote, with or without a byte order mark, and what is wrong with their keys in words."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

_WORDS: dict[str, str] = {
    "missing": "this key",
    "extra_forbidden": "a key that is known here",
    "unexpected_keyword_argument": "a key that is known here",
    "string_type": "text in quotes",
    "string_too_short": "text that is not empty",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "tuple_type": 'a list, such as ["visual", "text"]',
    "list_type": 'a list, such as ["visual", "text"]',
    "dict_type": "a table of keys",
    "model_type": "a table of keys",
    "model_attributes_type": "a table of keys",
    "dataclass_type": "a table of keys",
}
_LIMITS: dict[str, Callable[[dict[str, Any]], str]] = {
    "literal_error": lambda limit: str(limit["expected"]),
    "enum": lambda limit: str(limit["expected"]),
    "string_too_long": lambda limit: f"at most {limit['max_length']} characters",
    "too_short": lambda limit: f"at least {limit['min_length']} in the list",
    "greater_than": lambda limit: f"a number above {limit['gt']:g}",
    "greater_than_equal": lambda limit: f"a number of at least {limit['ge']:g}",
    "less_than": lambda limit: f"a number below {limit['lt']:g}",
    "less_than_equal": lambda limit: f"a number of at most {limit['le']:g}",
    "value_error": lambda limit: str(limit["error"]).removeprefix("expected "),
}


@dataclass(frozen=True)
class WrongKey:
    """One key that is missing, unknown or of a wrong value. key: with its tables, as "split.kind"; value: what stands
    there, None where the key is missing."""

    key: str
    value: Any
    expected: str
    is_missing: bool


def wrong_keys(error: ValidationError) -> tuple[WrongKey, ...]:
    """Every key that a file has wrong, in its order."""
    return tuple(_wrong_key(dict(detail)) for detail in error.errors(include_url=False))


def _wrong_key(detail: dict[str, Any]) -> WrongKey:
    kind, key = detail["type"], ".".join(str(part) for part in detail["loc"])
    is_missing = kind == "missing"
    limit = _LIMITS.get(kind)
    expected = limit(detail["ctx"]) if limit is not None else _WORDS.get(kind, detail["msg"])
    return WrongKey(key, None if is_missing else detail["input"], expected, is_missing)


def read_written(path: Path) -> str:
    """The text of a file that an editor may have begun with a byte order mark; raises OSError, UnicodeDecodeError."""
    return Path(path).read_text(encoding="utf-8-sig")


def read_toml(path: Path) -> dict[str, Any]:
    """The keys of a TOML file; raises OSError, UnicodeDecodeError, and TOMLDecodeError on all else that is no TOML."""
    text = read_written(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError as error:
        raise tomllib.TOMLDecodeError("lists or tables nested too deep") from error
    except ValueError as error:
        raise tomllib.TOMLDecodeError("a number with too many digits") from error
