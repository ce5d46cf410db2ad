"""Where two evidences differ by more than rounding and another device may make."""

import re
from collections.abc import Iterator
from typing import Any

TOLERANCE = 1e-4  # of 1 or of the number, whichever is larger: what a GPU and a processor may differ by
_NUMBER = re.compile(r"[-+−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def differences(got: Any, expected: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every place where two evidences differ by more than the tolerance; the hash over themselves left out."""
    if isinstance(got, dict) and isinstance(expected, dict):
        for key in expected:
            if key != "sha256":
                yield from differences(got.get(key), expected[key], f"{where}.{key}".lstrip("."))
    elif isinstance(got, list | tuple) and isinstance(expected, list | tuple) and len(got) == len(expected):
        for position, (one, other) in enumerate(zip(got, expected, strict=True), 1):
            yield from differences(one, other, f"{where} {position}")
    elif not _same(got, expected):
        yield where, got, expected


def _same(got: Any, expected: Any) -> bool:
    if isinstance(got, float) and isinstance(expected, float):
        return abs(got - expected) <= TOLERANCE * max(1.0, abs(expected))
    if isinstance(got, str) and isinstance(expected, str):
        return got == expected or _same_sentence(got, expected)
    return got == expected


def _same_sentence(got: str, expected: str) -> bool:
    """The same words, whole numbers equal, and decimals at most one of their last digit apart (rounding may tip it)."""
    numbers = zip(_NUMBER.findall(got), _NUMBER.findall(expected), strict=False)
    return _NUMBER.split(got) == _NUMBER.split(expected) and all(_same_number(*pair) for pair in numbers)


def _same_number(got: str, expected: str) -> bool:
    if got == expected:
        return True
    if "." not in got + expected and "e" not in got + expected:
        return False
    decimals = max(len(text.partition("e")[0].partition(".")[2]) for text in (got, expected))
    one, other = (float(text.replace("−", "-")) for text in (got, expected))
    return abs(one - other) <= max(TOLERANCE, 1.001 * 10.0**-decimals if "e" not in got + expected else 0.0)
