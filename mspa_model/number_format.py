"""Numbers as text, one way on pages, in reports and in a terminal."""

import math

from mspa_model.words import small

MINUS, GAP = "−", "\u00a0"  # a true minus, and a space at which no line breaks
_MOST = 6  # decimals
_LEAST = 3


def percent(share: float, digits: int = 0) -> str:
    """ "12 %", "−3 %": a share of 1 in hundredths; the space does not break."""
    text = f"{abs(100 * share):.{digits}f}"
    return f"{MINUS if share < 0 and float(text) else ''}{text}{GAP}%"


def signed(number: float, digits: int = 2) -> str:
    """+0.42, −0.42, 0: with a true minus sign; zero carries none."""
    text = f"{abs(number):.{digits}f}"
    if float(text) == 0:
        return "0"
    return ("+" if number > 0 else MINUS) + text


def true_minus(text: str) -> str:
    """A formatted number with a true minus sign before it; zero carries none. The sign of an exponent stays."""
    if not text.startswith("-"):
        return text
    return (MINUS if float(text) else "") + text[1:]


def decimals_of(low: float, high: float, least: int = _LEAST) -> int:
    """Decimals of an interval: two digits of its width that say something, `least` to six.

    A bound of 2,000 resamples is itself known to one or two hundredths of the width, so more would be invented.
    """
    size = high - low or max(abs(low), abs(high))
    return least if size <= 0 else min(max(1 - math.floor(math.log10(size)), least), _MOST)


def side_of_zero(low: float | None, high: float | None) -> int:
    """1 where the whole interval is above zero, -1 where below, 0 where it touches zero as interval_words writes it."""
    if low is None or high is None:
        return 0
    digits = decimals_of(low, high)
    return int(round(low, digits) > 0) - int(round(high, digits) < 0)


def interval_words(value: float, low: float | None, high: float | None, sign: bool = False) -> str:
    """ "0.190 (0.173 to 0.206)"; sign: of a difference, "+0.0033 (0 to +0.0072)". A bound that reads 0 touches zero."""
    if low is None or high is None:
        return signed(value, _LEAST) if sign else f"{value:.{_LEAST}f}"
    digits = decimals_of(low, high)
    value, low, high = (signed(n, digits) if sign else f"{n:.{digits}f}" for n in (value, low, high))
    return f"{value} ({low} to {high})"


def compared(first: float, second: float) -> tuple[str, str]:
    """The sizes of two numbers that a sentence compares, with as many digits as tell them apart: "0.112", "0.108".

    As `small` writes them where that is enough; equal ones, and such as only rounding tells apart, are written alike.
    """
    words = small(first), small(second)
    if _size_of(words[0]) != _size_of(words[1]):
        return words
    for digits in range(2, 2 + _MOST):
        exact = f"{abs(first):.{digits}f}", f"{abs(second):.{digits}f}"
        if exact[0] != exact[1] and all(float(word) for word in exact):
            return exact
    return words


def _size_of(word: str) -> float:
    return float(word.rpartition(" ")[2])
