"""Sentences with their numbers, from values made by hand, are those that were read and approved.

They lie in test_words_approved/, a file a subject. `pytest tests/explain/test_words_approved.py --force-regen -n 0`
writes them anew: read the change before it is committed.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from explain import checks, compare, evidence, leading, map, narrate, newcomers, seal, statements
from explain.audit.words import audit_lines
from explain.cards import SaidValue, Support
from explain.checks import known
from explain.composing import _anew_sentence
from explain.correction import step_difference
from explain.pieces import _sentence as pieces_sentence
from explain.types import (
    Attribution,
    Check,
    Contribution,
    Deletion,
    DeletionCurve,
    EvidenceLine,
    Leading,
    Noise,
    Opinions,
    ReferenceEffect,
)
from mspa_model.runs import Run
from mspa_model.types import (
    SOURCES,
    Change,
    DatasetInfo,
    MapPlane,
    Modality,
    RankingTrace,
    Source,
    Statement,
)
from tests.explain.closed_form import trace_of
from tests.explain.measured import AUDIT, QUALITY, SEEDS
from tests.explain.test_compare import DIM, SEED, comparison, difference
from tests.explain.test_sentences import COLD
from tests.preference import rooms
from tests.report import by_hand as made

V, A, T = Modality
TENTHS = np.array([0.1, -0.2, 0.3, 0.4])


def told(values: Any) -> Any:
    """Checks and other values as plain lists, numbers to nine digits."""
    if isinstance(values, Check):
        return [values.verdict, *map_numbers((values.value, values.limit)), values.grave, values.name, values.sentence]
    if isinstance(values, pd.DataFrame):
        return told([list(values.columns), *values.astype(object).to_numpy().tolist()])
    if isinstance(values, dict):
        return {key: told(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [told(value) for value in values]
    return map_numbers((values,))[0]


def map_numbers(values: tuple) -> list:
    return [float(f"{v:.9g}") if isinstance(v, (float, np.floating)) else v for v in values]


def source(which: Source, streamer: float, rival: float) -> Contribution:
    return Contribution("source", which, which.value, which.value, streamer, rival)


def attribution(modality: Modality, delta: float, limit: float = 0.02) -> Attribution:
    return Attribution(modality, "Kato", np.ones(3), 1.23456, delta, limit, 100)


def of_checks(run: Run) -> Any:
    parts = (source(Source.VISUAL, 2.0, 0.5), source(Source.COTIPS, -1.0, 3.0))
    inside = [Contribution("statement", Source.VISUAL, "0", "x", 2.0, 0.5)]
    tips = [Contribution("tip", Source.COTIPS, "0", "x", -1.0, 3.0)]
    noises = (Noise(V, 0.2, 0.5, 0.4, 0.1, 1.0), Noise(T, 0.3, 0.9, 0.8, 0.3, 1.1), Noise(A, 0.0, 0.0, 0.5, 0.0, 0.9))
    effects = (ReferenceEffect(V, "zero", 1.0, 0.5, 0.8), ReferenceEffect(T, "Mira", 1.0, 0.4, 0.65))
    opinions = (Opinions(V, "Kato", TENTHS, TENTHS * 2, -TENTHS), Opinions(T, "Kato", TENTHS, TENTHS, TENTHS))
    curves = [
        DeletionCurve(kind, quantity, *(np.array(c) for c in costs), 0.0)
        for kind, quantity, costs in (
            ("feature", "margin", ([0.5, 1.5], [0.2, 0.6], [0.1, 0.2])),
            ("tip", "margin", ([0.1], [0.2], [0.0])),
            ("tip", "place", ([0.0], [0.0], [1e-6])),
            ("statement", "place", ([2.0], [1.0], [0.5])),
        )
    ]
    line = EvidenceLine(3, "3-5 tips", "ndcg@10", 0.2, 0.15, 0.25, 30, True, "")
    measured = replace(run, metrics={**run.metrics, "models": {"popularity": {"ndcg@10": {"value": 0.1}}}})
    halves = [Leading(((V, 2.0), (T, 1.0)), held, 20, "It leads.") for held in (0.8, 0.79, 0.5, 0.49, None)]
    return {
        "sums": checks.check_sums(parts, tips, inside, (), -2.5),
        "sums off": checks.check_sums(parts, (), inside, inside, -2.4),
        "converged": [
            checks.check_attributions((attribution(V, 0.01), attribution(T, 0.015)), ("No sound.",)),
            checks.check_attributions((attribution(V, 0.03), attribution(T, 0.04, 0.1)), ()),
            checks.check_attributions((), ("No sound.",)),
            checks.check_attributions((), ()),
        ],
        "noise": [checks.check_noise(noises[:1]), checks.check_noise(noises), checks.check_noise(noises[2:])],
        "noise of a wrong sign, size, or nothing": [
            checks.check_noise((noises[1], replace(noises[0], scale=scale))) for scale in (-1.25, 0.001, 2.5, None)
        ],
        "nudge": [checks.check_nudge(noises), checks.check_nudge(noises[:1]), checks.check_nudge(())],
        "opinions": [checks.check_opinions(opinions), checks.check_opinions(opinions[1:]), checks.check_opinions(())],
        "references": [checks.check_references(effects), checks.check_references(effects[:1])],
        "no references": checks.check_references(()),
        "curves": checks.check_curves(curves),
        "leading": [known.check_leading(each) for each in (*halves, Leading((), None, 0, ""))],
        "evidence": [
            known.check_evidence(measured, line),
            known.check_evidence(measured, replace(line, low=0.1)),
            known.check_evidence(run, line),
        ],
        "run": [known.run_checks(replace(run, audit=None)), known.run_checks(replace(run, audit=AUDIT), 2)],
        "run by share": known.run_checks(replace(run, audit=AUDIT | {"seeds_top10_share": 0.6, "truth": {}})),
        "rules": seal.RULES,
    }


def of_evidence(run: Run) -> Any:
    def line(n_tips: int, user: str = "u000", **bucket: Any) -> list:
        first = {"bucket": "1-4 tips", "low_tips": 1, "high_tips": 4, "n_users": 1200, "ndcg@10": FIGURE}
        held = replace(run, metrics={"buckets": [first | bucket, first | {"low_tips": 5, "high_tips": None}]})
        return list(asdict(evidence.evidence_line(held, user, n_tips)).values())

    last = str(run.dataset.users["user_id"].iloc[-1])
    return {
        "4 tips": line(4),
        "5 tips": line(5),
        "none": line(0),
        "one tip, one user": line(1, last, n_users=1, high_tips=1),
        "nobody": line(1, n_users=0),
        "no interval": line(2, **{"ndcg@10": {"value": 0.2, "low": None, "high": 0.3}}),
        "not measured": line(2, **{"ndcg@10": {"value": None, "low": None, "high": None}}),
    }


FIGURE = {"value": 0.25, "low": 0.2, "high": 0.3}


def of_two_runs(run: Run) -> Any:
    found = comparison(difference(0.01, 0.02, 0.03, 0.05), DIM)
    same = replace(comparison(difference(0.0, 0.0, 0.0)), overlap=found.overlap)
    return {
        "headlines": [
            compare.headline(comparison(difference(*numbers), *changes))
            for numbers, changes in (
                ((0.01, 0.02, 0.03, 0.021), (DIM,)),
                ((0.01, 0.02, 0.03, 0.0199), (DIM,)),
                ((-0.01, 0.0, 0.01, 0.02), (DIM,)),
                ((0.0, 0.02, 0.03), (DIM,)),
                ((0.01, 0.02, 0.03, 0.02), (SEED,)),
                ((0.01, 0.02, 0.03, None, 19), (DIM,)),
                ((0.01, 0.02, 0.03, None, 20), (DIM,)),
            )
        ],
        "others": [
            compare.seed_sentence(found),
            compare.overlap_sentence(found, run.dataset.info),
            compare.users_sentence(found, run.dataset.info),
            compare.how_to_read(found, "ndcg@10"),
            compare.config_sentence(found),
            compare.config_sentence(comparison(difference(0.0, 0.1, 0.2), DIM, SEED)),
            compare.config_sentence(same),
        ],
        "figures": compare.figures_table(comparison(difference(0.01, 0.02, 0.03, 0.01), DIM), "ndcg@10", INFO),
        "configuration": compare.config_table(found),
    }


INFO: DatasetInfo = made.INFO


def of_new(run: Run) -> Any:
    return {
        "sentences": newcomers.cold_sentences(COLD, INFO),
        "places": newcomers.places_table(COLD, INFO),
        "how": newcomers.places_how(INFO),
        "nobody": newcomers.cold_sentences({**COLD, "n_streamers": 1, "n_pairs": 0}, INFO),
    }


def plane(**quality: float) -> MapPlane:
    lost = np.array([0.2, 0.6, np.nan, 0.39, *[0.4] * 36])
    return MapPlane(np.zeros((40, 2)), np.zeros((0, 2)), lost, np.zeros(0), quality)


def of_map(run: Run) -> Any:
    full = plane(**QUALITY, **SEEDS)
    held = replace(run, map=replace(run.map, planes={V: full}))
    return {
        "quality": [map.quality_sentence(each, run) for each in (full, plane(**QUALITY), plane())],
        "measures": [list(asdict(each).values()) for each in map.map_measures(full)],
        "no measures": list(map.map_measures(plane())),
        "distortion": [map.distortion_sentence(held, i, V) for i in (0, 1, 2, 3)],
        "none stored": map.distortion_sentence(run, 0),
    }


def of_leading(run: Run) -> Any:
    spreads = ((T, 3.0), (V, 1.0))
    return [
        leading._sentence(spreads, 0.75, 20, INFO),
        leading._sentence(spreads, None, 0, INFO),
        leading._sentence(((V, 0.0),), None, 0, INFO),
        leading._sentence((), None, 0, INFO),
    ]


def of_statements(run: Run) -> Any:
    def mark(polarity: int, taught: float, n_with: int = 30, evidence: tuple[int, ...] = (0,)) -> Any:
        stated = Statement("category", "Comedy", polarity, 0.5, evidence, 0)
        found = statements.mark_of(stated, Support(rooms.lift(n_with, 40, 0.5), taught), 0.1, INFO)
        return None if found is None else list(asdict(found).values())

    def support(n_with: int, n_tipped: int, faded_before: datetime | None = None) -> str:
        return statements.support_sentence(Support(rooms.lift(n_with, n_tipped, 0.25), 0.1, faded_before), INFO)

    return {
        "support": [support(*n) for n in ((0, 0), (1, 1), (3, 4), (3, 4, datetime(2024, 3, 1)))],
        "borne out": [mark(1, 0.1, 30), mark(-1, -0.1, 10, ())],
        "no tip": mark(1, 0.5, evidence=()),
        "opposite": [mark(1, -0.1, 15), mark(-1, 0.1, 25)],
        "rarer": [mark(1, -0.09, 15), mark(-1, 0.09, 25)],
        "silent": [mark(1, 0.09, 22), mark(-1, 0.0, 18)],
    }


def of_narration(run: Run) -> Any:
    def deletion(label: str, drop: float, after: int, kind: str = "tip") -> Deletion:
        return Deletion(kind, "0", label, drop, drop, 3, after)

    tied = (deletion("A", 0.5, 3), deletion("B", 0.5, 3))
    return {
        "attributions": [
            narrate.attribution_sentence((attribution(V, 1.234e-5), attribution(T, 0.5)), ("No sound.",)),
            narrate.attribution_sentence((), ()),
        ],
        "deletions": [narrate.deletion_sentence(each, INFO) for each in (tied, (deletion("A", 0.0, 9),), ())],
        "reach": [narrate.reach_sentence(n, 10, INFO) for n in (0, 1, 2)],
        "unused": narrate.unused_sentence(
            [source(s, 0.0, 0.0) for s in SOURCES], [0.0] * 5, replace(INFO, modalities=tuple(Modality))
        ),
        "live": narrate.live_sentence(1234, datetime(2026, 1, 2, 3, 4, tzinfo=UTC), INFO),
        "points": [narrate.points(n) for n in (0.005, -0.005, 0.00499, 0.0, 12.345)],
        "cut": [narrate.plain("x" * n, 5) for n in (4, 5, 6)],
        "long": [narrate.plain("a" + "\u200b" * n + "b", 2) for n in (6, 7)],
    }


def of_correction(run: Run) -> Any:
    trace = trace_of(run, "u000")
    first = trace.steps[0]
    change = Change("source weight", "text", 1.0, 2.0, "It counts twice.")
    later = [replace(first, index=n, kept=True, changes=(change,) * n) for n in (1, 2)]
    proposed = replace(first, index=3, kept=False, changes=(change,))
    stepped: RankingTrace = replace(trace, steps=(first, *later), rejected=proposed)
    found = [step_difference(run, stepped, *pair) for pair in ((0, 1), (0, 2), (1, 2), (2, 3), (1, 3), (0, 0))]
    return [[each.sentence, len(each.changes)] for each in found]


def of_composing(run: Run) -> Any:
    rows = [
        SaidValue(0, "A", (0.5, 0.4), "all"),
        SaidValue(0, "B", (0.5, None), "some"),
        SaidValue(0, "C", (None, 0.2), "some"),
        SaidValue(0, "D", (None, -0.2), "some"),
        SaidValue(0, "E", (None, -0.2), "some"),
    ]
    return [
        _anew_sentence(run, n_tips, rows[:n], changed, 10)
        for n_tips, n, changed in ((1, 0, 0), (3, 0, 1), (3, 1, 2), (3, 3, 0), (3, 4, 1), (3, 5, 0))
    ]


def of_pieces(run: Run) -> Any:
    whole = made.carrying()
    drifted = replace(whole, drift=0.02, limit=0.0199)
    one = replace(whole, inputs=whole.inputs[:1], pieces=whole.pieces[:1])
    named = (whole, drifted, one, replace(whole, whole=0.0049), replace(whole, whole=0.3, place_without=2))
    return [pieces_sentence(replace(each, name="Lumi")) for each in (*named, replace(whole, place=None))]


SUBJECTS: dict[str, Callable[[Run], Any]] = {
    "audit": lambda run: audit_lines(AUDIT),
    "checks": of_checks,
    "comparison": of_two_runs,
    "composing": of_composing,
    "correction": of_correction,
    "evidence": of_evidence,
    "leading": of_leading,
    "map": of_map,
    "narration": of_narration,
    "new": of_new,
    "pieces": of_pieces,
    "statements": of_statements,
}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_words_are_the_approved_ones(closed: Run, subject: str, file_regression) -> None:
    text = yaml.safe_dump(told(SUBJECTS[subject](closed)), allow_unicode=True, sort_keys=False, width=110)
    file_regression.check(text, basename=subject, extension=".yml")
