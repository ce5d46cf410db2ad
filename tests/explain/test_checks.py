"""Checks pass where they should, fail where they should, and the seal follows."""

import numpy as np
import pytest

from explain.checks import check_attributions, check_deletion, check_sum, check_sums, seal_of
from explain.types import Attribution, Check, Contribution, Deletion
from mspa_model.types import SOURCES, Modality, Source


def part(kind: str, source: Source, key: str, margin: float) -> Contribution:
    return Contribution(kind, source, key, f"part {key}", margin, 0.0)


def deletion(key: str, places: int, margin_drop: float) -> Deletion:
    return Deletion("tip", key, f"part {key}", margin_drop, margin_drop, 3, 3 + places)


def attribution(delta: float) -> Attribution:
    return Attribution(Modality.VISUAL, "rival", np.ones(2), 2.0, delta, 0.02, 50)


TIPS = tuple(part("tip", Source.COTIPS, str(i), margin) for i, margin in enumerate((0.1, 0.7, -0.2)))


def test_sum_within_rounding_passes_and_a_lost_part_fails() -> None:
    assert check_sum("x", TIPS, 0.6).verdict == "pass"
    assert check_sum("x", TIPS[:2], 0.6).verdict == "fail"
    assert check_sum("x", (), 0.0).verdict == "not applicable"


def test_cotips_without_parts_must_add_nothing() -> None:
    empty = tuple(part("source", s, s.value, 0.0) for s in SOURCES)
    assert [c.verdict for c in check_sums(empty, (), (), (), 0.0)] == ["pass", "not applicable"]
    lost = tuple(part("source", s, s.value, 1.0 if s is Source.COTIPS else 0.0) for s in SOURCES)
    assert [c.verdict for c in check_sums(lost, (), (), (), 1.0)] == ["pass", "fail"]


def test_a_modality_whose_statements_are_lost_fails() -> None:
    sources = tuple(part("source", s, s.value, 1.0 if s is Source.TEXT else 0.0) for s in SOURCES)
    residual = (part("residual", Source.TEXT, "0", 0.4),)
    said = (part("statement", Source.TEXT, "0", 0.6),)
    assert check_sums(sources, (), said, residual, 1.0)[-1].verdict == "pass"
    assert check_sums(sources, (), (), residual, 1.0)[-1].verdict == "fail"


def test_attribution_check_reports_the_worst() -> None:
    check = check_attributions((attribution(0.001), attribution(0.03)), ())
    assert (check.verdict, check.value) == ("fail", 0.03)
    assert check_attributions((attribution(0.001),), ()).verdict == "pass"
    assert check_attributions((), ("no audio.",)).verdict == "not applicable"


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [
        ((2, 0.5), (0, -0.2), "pass"),
        ((0, 0.5), (0, -0.2), "pass"),
        ((0, -0.1), (0, 0.2), "fail"),
        ((0, 1.0), (1, 0.0), "fail"),  # places come before points
    ],
)
def test_deletion_order(first: tuple, last: tuple, verdict: str) -> None:
    # part 1 has the largest margin and is named first, part 2 the smallest
    assert check_deletion("tip", TIPS, (deletion("1", *first), deletion("2", *last))).verdict == verdict


def test_deletion_order_needs_two_parts_that_differ() -> None:
    assert check_deletion("tip", TIPS[:1], (deletion("0", 1, 1.0),)).verdict == "not applicable"
    equal = (part("tip", Source.COTIPS, "0", 0.5), part("tip", Source.COTIPS, "1", 0.5))
    assert check_deletion("tip", equal, ()).verdict == "not applicable"


def test_seal() -> None:
    passed = Check("sum", 0.0, 1.0, "pass", "")
    failed = Check("Order", 2.0, 1.0, "fail", "")
    assert seal_of((passed, Check("n", None, None, "not applicable", ""))).colour == "amber"
    red = seal_of((passed, failed))
    assert red.colour == "red"
    assert "order" in red.sentence
