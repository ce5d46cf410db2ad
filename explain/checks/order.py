"""Checks by deletion: what is named first must cost more than what a random order, or the reverse, takes away."""

from collections.abc import Sequence

from explain.types import Check, DeletionCurve
from mspa_model.number_format import true_minus

# A check has the same name and words whatever a set calls its tips.
_PARTS = {"feature": "features", "tip": "entries of the history", "statement": "statements"}
SMALLEST = 1e-6  # points, or doublings of rank, below which nothing was lost


def check_curve(kind: str, quantity: str, curves: Sequence[DeletionCurve]) -> Check:
    """The curve of one kind and quantity; not applicable where nothing, in no order, costs anything.

    The value is what the named order costs more than random ones, mean over the curve; it must exceed zero, and the
    reverse must cost less than the named order.
    """
    name = _name(kind, quantity)
    found = next((c for c in curves if c.kind == kind and c.quantity == quantity), None)
    grave = quantity == "margin"
    if found is None:
        return Check(name, None, None, "not applicable", f"{name}: fewer than two {_PARTS[kind]} that differ.", grave)
    named, random, reverse = (float(c.mean()) for c in (found.named, found.random, found.reverse))
    if max(abs(c).max() for c in (found.named, found.random, found.reverse)) <= SMALLEST:
        return Check(name, None, None, "not applicable", f"{name}: no order of {_PARTS[kind]} costs anything.", grave)
    # Equal parts in any order cost the same: that speaks for no order and against none.
    equal = abs(named - random) <= SMALLEST and abs(named - reverse) <= SMALLEST
    if equal:
        return Check(
            name, None, None, "not applicable", f"{name}: every order of {_PARTS[kind]} costs the same.", grave
        )
    verdict = "pass" if named > random and named > reverse else "fail"
    unit = "points of margin" if quantity == "margin" else "doublings of its place"
    first, drawn, last = (true_minus(f"{cost:.2g}") for cost in (named, random, reverse))
    sentence = (
        f"{name}: taken away from the first named on, {_PARTS[kind]} cost {first} {unit}, in random order {drawn}, "
        f"from the last {last}."
    )
    return Check(name, named - random, 0.0, verdict, sentence, grave)


def check_curves(curves: Sequence[DeletionCurve]) -> tuple[Check, ...]:
    """Margins of features, tips and statements (grave), then places of tips and statements."""
    rows = (
        ("feature", "margin"),
        ("tip", "margin"),
        ("statement", "margin"),
        ("tip", "place"),
        ("statement", "place"),
    )
    return tuple(check_curve(kind, quantity, curves) for kind, quantity in rows)


def _name(kind: str, quantity: str) -> str:
    of = "the history" if kind == "tip" else f"{kind}s"
    return f"Deletion order of {of}" if quantity == "margin" else f"Places lost by {of}"
