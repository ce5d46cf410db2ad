"""Checks pass where they should and fail where they should, on both sides of every limit."""

from dataclasses import replace

import numpy as np
import pytest

from explain.checks import (
    check_attributions,
    check_curve,
    check_leading,
    check_noise,
    check_nudge,
    check_opinions,
    check_references,
    check_sum,
    check_sums,
)
from explain.checks.inside import first_share, sign_share
from explain.types import (
    Attribution,
    Contribution,
    DeletionCurve,
    Leading,
    Noise,
    Opinions,
    ReferenceEffect,
)
from mspa_model.types import SOURCES, Modality, Source

VISUAL, TEXT = Modality.VISUAL, Modality.TEXT


def part(kind: str, source: Source, key: str, margin: float) -> Contribution:
    return Contribution(kind, source, key, f"part {key}", margin, 0.0)


def attribution(delta: float) -> Attribution:
    return Attribution(VISUAL, "rival", np.ones(2), 2.0, delta, 0.02, 50)


TIPS = tuple(part("tip", Source.COTIPS, str(i), margin) for i, margin in enumerate((0.1, 0.7, -0.2)))


def test_sum_within_rounding_passes_and_a_lost_part_fails() -> None:
    assert check_sum("x", TIPS, 0.6).verdict == "pass"
    assert check_sum("x", TIPS[:2], 0.6).verdict == "fail"
    assert check_sum("x", (), 0.0).verdict == "not applicable"


@pytest.mark.parametrize(("off", "verdict"), [(0.9e-5, "pass"), (1.1e-5, "fail")])
def test_sum_limit_is_a_hundred_thousandth(off: float, verdict: str) -> None:
    check = check_sum("x", TIPS, 0.6 + off)
    assert check.verdict == verdict
    assert check.value == pytest.approx(off, rel=1e-6)
    assert check.limit == 1e-5
    assert check.grave


def test_sum_limit_grows_with_what_is_added() -> None:
    large = (part("tip", Source.COTIPS, "0", 4.0), part("tip", Source.COTIPS, "1", -2.0))
    assert check_sum("x", large, 2.0).limit == pytest.approx(6e-5)


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
    assert (check.verdict, check.value, check.grave) == ("fail", 0.03, True)
    assert check_attributions((attribution(0.02),), ()).verdict == "pass"
    assert check_attributions((), ("no audio.",)).verdict == "not applicable"


@pytest.mark.parametrize(("own", "verdict"), [(0.19, "pass"), (0.2, "fail"), (0.21, "fail")])
def test_noise_must_be_beaten_in_the_worst_modality(own: float, verdict: str) -> None:
    noises = (Noise(VISUAL, 0.01, 0.5, 0.4, 0.02, 1.0), Noise(TEXT, own, 0.2, 0.3, 0.02, 1.0))
    check = check_noise(noises)
    assert check.verdict == verdict
    assert check.value == pytest.approx(own / 0.2)
    assert check.grave
    assert "inside text" in check.sentence


def test_noise_does_not_apply_where_nothing_matters() -> None:
    assert check_noise(()).verdict == "not applicable"
    assert check_noise((Noise(VISUAL, 0.0, 0.0, 0.0, 0.0, None),)).verdict == "not applicable"


@pytest.mark.parametrize(
    ("scale", "verdict", "words"),
    [
        (-1.0, "fail", "the wrong sign"),
        (0.0, "fail", "say nothing"),
        (None, "fail", "say nothing"),
        (0.49, "fail", "the wrong size"),
        (0.5, "pass", "of what the best of"),
        (2.0, "pass", "of what the best of"),
        (2.01, "fail", "the wrong size"),
    ],
)
def test_noise_check_sees_a_wrong_sign_and_a_wrong_size(scale: float | None, verdict: str, words: str) -> None:
    right = Noise(VISUAL, 0.01, 0.5, 0.4, 0.02, 1.0)
    check = check_noise((right, Noise(TEXT, 0.01, 0.5, 0.4, 0.02, scale)))
    assert (check.verdict, check.grave) == (verdict, True)
    assert words in check.sentence
    assert verdict == "pass" or "inside text" in check.sentence


def test_one_feature_that_any_noise_fits_still_needs_the_right_sign() -> None:
    assert check_noise((Noise(VISUAL, 0.3, 0.0, 0.0, 0.0, -1.0),)).verdict == "fail"
    assert check_noise((Noise(VISUAL, 0.0, 0.0, 0.0, 0.0, 1.0),)).verdict == "not applicable"


@pytest.mark.parametrize(("sensitivity", "verdict"), [(0.25, "pass"), (0.26, "fail")])
def test_nudge(sensitivity: float, verdict: str) -> None:
    check = check_nudge((Noise(VISUAL, 0.0, 1.0, 1.0, sensitivity, 1.0), Noise(TEXT, 0.0, 1.0, 1.0, 0.1, 1.0)))
    assert (check.verdict, check.value, check.grave) == (verdict, sensitivity, False)
    assert check_nudge(()).verdict == "not applicable"


def test_shares_of_agreement_by_hand() -> None:
    one, other = np.array([5.0, -4.0, 3.0, 1.0]), np.array([5.0, 4.0, 0.0, 3.0])
    assert first_share(one, other) == pytest.approx(2 / 3)  # 0, 1, 2 against 0, 1, 3
    assert sign_share(one, other) == pytest.approx(6 / 13)  # 5 and 1 of 13 keep their sign
    assert sign_share(np.zeros(2), other[:2]) == 1.0
    assert first_share(one, -one) == 1.0


def test_opinions_take_the_worst_pair() -> None:
    same = np.array([4.0, 3.0, 2.0, 1.0])
    agreed = Opinions(VISUAL, "rival", same, same, same)
    assert [c.verdict for c in check_opinions((agreed,))] == ["pass"] * 3
    turned = Opinions(TEXT, "rival", same, same, -same)
    first, signs, order = check_opinions((agreed, turned))
    assert (first.verdict, signs.verdict, order.verdict) == ("pass", "fail", "fail")
    assert (first.value, signs.value, order.value) == (1.0, 0.0, pytest.approx(-1.0))
    assert not any(c.grave for c in (first, signs, order))
    assert [c.verdict for c in check_opinions(())] == ["not applicable"] * 3
    assert [c.verdict for c in check_opinions((Opinions(VISUAL, "r", same * 0, same, same),))] == ["not applicable"] * 3


@pytest.mark.parametrize(("slopes", "verdict"), [(0.7, "pass"), (0.69, "fail")])
def test_references_are_judged_by_slopes(slopes: float, verdict: str) -> None:
    effects = (ReferenceEffect(VISUAL, "the mean", 1.0, 0.1, slopes), ReferenceEffect(VISUAL, "Lumi", 1.0, -0.5, 0.9))
    check = check_references(effects)
    assert (check.verdict, check.value, check.grave) == (verdict, slopes, False)
    assert "the mean and Lumi" in check.sentence
    assert "−0.50" in check.sentence
    assert check_references(()).verdict == "not applicable"


def curve(named: float, random: float, reverse: float, quantity: str = "margin") -> DeletionCurve:
    costs = (np.array([cost / 2, cost * 1.5]) for cost in (named, random, reverse))
    return DeletionCurve("tip", quantity, *costs, 0.0)


@pytest.mark.parametrize(
    ("costs", "verdict"),
    [
        ((0.5, 0.2, -0.1), "pass"),
        ((0.2, 0.5, -0.1), "fail"),  # a random order costs more
        ((0.5, 0.2, 0.6), "fail"),  # the reverse costs more
        ((0.2, 0.2, 0.2), "not applicable"),
        ((0.0, 0.0, 0.0), "not applicable"),
    ],
)
def test_deletion_curves(costs: tuple[float, float, float], verdict: str) -> None:
    check = check_curve("tip", "margin", (curve(*costs),))
    assert check.verdict == verdict
    assert check.grave
    if verdict != "not applicable":
        assert check.value == pytest.approx(costs[0] - costs[1])


def test_curves_of_places_limit_but_do_not_forbid() -> None:
    assert not check_curve("tip", "place", (curve(0.1, 0.2, 0.0, "place"),)).grave
    assert check_curve("statement", "margin", (curve(0.5, 0.2, 0.0),)).verdict == "not applicable"


@pytest.mark.parametrize(
    ("held", "verdict", "grave", "limit"),
    [
        (0.8, "pass", False, 0.8),
        (0.75, "fail", False, 0.8),
        (0.5, "fail", False, 0.8),
        (0.45, "fail", True, 0.5),
    ],
)
def test_leading_modality_must_hold_on_halves(held: float, verdict: str, grave: bool, limit: float) -> None:
    leading = Leading(((VISUAL, 2.0), (TEXT, 1.0)), held, 20, "said.")
    check = check_leading(leading)
    assert (check.verdict, check.grave, check.value, check.limit) == (verdict, grave, held, limit)


def test_leading_modality_of_few_tips_is_a_limit_and_none_is_nothing() -> None:
    few = Leading(((VISUAL, 2.0),), None, 0, "said.")
    assert (check_leading(few).verdict, check_leading(few).grave) == ("fail", False)
    assert check_leading(replace(few, spreads=())).verdict == "not applicable"
    assert check_leading(replace(few, spreads=((VISUAL, 0.0),))).verdict == "not applicable"
