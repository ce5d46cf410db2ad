"""Hand-built values of a six-streamer world, one with a hostile name, that figures and reports are drawn from."""

from datetime import UTC, datetime

import numpy as np
import pytest
import torch

from explain.narrate import plain
from explain.report.evidence import SCHEMA, CaseLine, CheckLine, Evidence, Part, WhatIf, sealed
from explain.seal import truth_line
from explain.types import (
    Attribution,
    Case,
    Check,
    Contribution,
    Deletion,
    DeletionCurve,
    EvidenceLine,
    Explanation,
    Opinions,
    RankMove,
    Scenario,
    ScenarioResult,
    Seal,
    TipWorth,
)
from mspa_model.types import (
    Critique,
    DatasetInfo,
    HeldOut,
    History,
    MapPoints,
    Modality,
    Preference,
    Ranking,
    RankingTrace,
    Source,
    SplitInfo,
    Statement,
    Step,
)

HOSTILE = '<b>Lumi</b> <a href="javascript:x">$x$</a> & ' + "\u202eevil\u202c"
HOSTILE_TEXT = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> **b** [l](javascript:x) ![i](http://x.y/z) www.x.yz "
    '#read("/etc/passwd") $x$ `c` | - # \u202eevil\u202c مرحبا 日本 *_ @user </table> {{ 7*7 }} &lt; '
)
NAMES = (HOSTILE, "Kato", "Mira", "Ōsaka Night Radio with a very long name indeed", "東京", "Kato")


@pytest.fixture(scope="session")
def names() -> tuple[str, ...]:
    return NAMES


@pytest.fixture(scope="session")
def info() -> DatasetInfo:
    split = SplitInfo("time", ("train",), ("train", "val"), "ndcg@10")
    return DatasetInfo(
        "tiny",
        "Tiny world",
        "events",
        "film",
        "viewer",
        "rating",
        "stars",
        "UTC",
        (Modality.VISUAL,),
        "CC0",
        "hand",
        split,
    )


@pytest.fixture(scope="session")
def history() -> History:
    when = np.array(["2026-01-01", "2026-01-03", "2026-01-09"], dtype="datetime64[us]")
    return History("u-secret-1", np.array([3, 4, 5]), np.array([1.0, 5.0, 3.0]), when, np.array([0, 1, 2]))


def make_step(history: History, index: int, kept: bool, shift: float) -> Step:
    """A step over six streamers; `shift` lifts streamer 1 over streamer 0 when large."""
    fits = torch.zeros(5, 6, dtype=torch.float64)
    fits[3] = torch.tensor([1.0, 0.8, 0.2, -0.4, -0.7, -0.9])
    fits[0] = torch.tensor([-0.5, 0.5, 0.0, 0.4, -0.2, -0.2])
    weights = torch.tensor([shift, 0.0, 0.0, 1.0, 0.1], dtype=torch.float64)
    scores = (weights[:, None] * fits).sum(0)
    order = torch.argsort(-scores, stable=True)
    statements = (Statement("category", "Comedy", 1, 0.8, (0, 2), 0),)
    preference = Preference(history, statements, "Likes comedy.", {}, "teacher")
    critique = Critique((3, 4, 5), (4, 30 - index, 6), (), (), "The witnesses stand low.") if index else None
    held = HeldOut((3, 4, 5), (4, 30 - index, 6), (3, 20 - index, 6)) if index else None
    gain = 0.2 if index else None
    return Step(
        index, kept, preference, torch.ones(5), Ranking(weights, fits, order), critique, (), gain, gain, "why", held
    )


@pytest.fixture(scope="session")
def trace(history: History) -> RankingTrace:
    steps = (make_step(history, 0, True, 0.0), make_step(history, 1, True, 0.6))
    last = datetime(2026, 1, 9, tzinfo=UTC)
    return RankingTrace(
        "u-secret-1",
        steps,
        make_step(history, 2, False, 2.0),
        "no gain",
        "A second step gained nothing.",
        "all",
        "new",
        last,
    )


def part(kind: str, source: Source, label: str, streamer: float, rival: float) -> Contribution:
    return Contribution(kind, source, label, label, streamer, rival)


@pytest.fixture(scope="session")
def explanation() -> Explanation:
    """Streamer 0 above streamer 1 by 0.5: co-tipping +0.7 (three tips), visual -0.2 (a statement and the residual)."""
    sources = (
        part("source", Source.VISUAL, "visual", 0.1, 0.3),
        part("source", Source.AUDIO, "audio", 0.0, 0.0),
        part("source", Source.TEXT, "text", 0.0, 0.0),
        part("source", Source.COTIPS, "co-tipping", 1.0, 0.3),
        part("source", Source.POPULARITY, "popularity", 0.05, 0.05),
    )
    tips = tuple(
        part("tip", Source.COTIPS, name, *numbers)
        for name, *numbers in (("Ōsaka Night Radio", 0.7, 0.1), ("東京", 0.2, 0.1), ("Kato", 0.1, 0.1))
    )
    statements = (part("statement", Source.VISUAL, "category: <i>Comedy</i>", 0.15, 0.2),)
    residuals = (part("residual", Source.VISUAL, "not put into words", -0.05, 0.1),)
    attribution = Attribution(Modality.VISUAL, "Kato", np.array([0.1, -0.25, -0.05]), -0.2, 1e-6, 2e-3, 50)
    deletion = Deletion("tip", "0", "Ōsaka Night Radio", 0.6, 0.5, 1, 3)
    checks = (
        Check("parts add up", 1e-8, 1e-5, "pass", "The parts add up to the score."),
        Check("attribution converged", 1e-6, 2e-3, "pass", "The attribution converged."),
        Check("deletion order", None, None, "not applicable", "Too few parts to compare."),
    )
    evidence = EvidenceLine(
        3, "3-5 tips", "ndcg@10", 0.12, 0.10, 0.14, 210, True, "Users with 3-5 tips: ndcg@10 0.12 (0.10 to 0.14)."
    )
    return Explanation(
        Case("u-secret-1", "s0", "s1"), 0, 1, HOSTILE, "Kato", 1, 2, 0.5, sources, tips, statements, residuals,
        (attribution,), (deletion,), checks, Seal("amber", "Faithful, with this limit: not fully checked."), evidence,
        f"{HOSTILE} stands 1st, above Kato, mostly because of ratings to Ōsaka Night Radio.",
        ("Co-tipping puts it ahead by 0.70.", "What is seen speaks for Kato by 0.20.", "Popularity decides nothing."),
        tip_worths=(TipWorth("0", HOSTILE, 0.5, None), TipWorth("1", "東京", 0.0, 0.2)),
        opinions=(Opinions(Modality.VISUAL, "Kato", *(np.array([0.1, -0.2, -0.1]) for _ in range(3))),),
        curves=(DeletionCurve("tip", "margin", *(np.array([n, 0.9]) for n in (0.6, 0.3, 0.1)), 0.5),),
    )  # fmt: skip


@pytest.fixture(scope="session")
def scenario_result(trace: RankingTrace) -> ScenarioResult:
    moves = (
        RankMove(0, HOSTILE, 1, 3, -0.4, ((Source.COTIPS, -0.4),)),
        RankMove(1, "Kato", 2, 1, 0.1, ((Source.VISUAL, 0.1),)),
        RankMove(2, "Mira", 3, None, 0.0, ()),
    )
    return ScenarioResult(
        Scenario(),
        trace.steps[0].ranking,
        trace.final.ranking,
        moves,
        2,
        "Two films change place.",
        ("Correction is not run again.",),
    )


@pytest.fixture(scope="session")
def map_points() -> MapPoints:
    draw = np.random.default_rng(7)
    return MapPoints(draw.normal(size=(6, 2)), np.array([0]), draw.normal(size=(1, 2)), {"trustworthiness": 0.9})


@pytest.fixture(scope="session")
def metrics() -> dict:
    def model(value: float) -> dict:
        return {"ndcg@10": {"value": value, "low": value - 0.01, "high": value + 0.01}}

    bucket = {"bucket": "1-2 tips", "low_tips": 1, "high_tips": 2, "n_users": 12, **model(0.1)}
    source = {"base_weight": 1.0, "share": 0.5, "val_alone_ndcg@10": 0.1}
    return {
        "split": "test",
        "n_users": 942,
        "models": {
            "mspa": model(0.2),
            "mspa@step0": model(0.19),
            "ease": model(0.18),
            "als": None,
            "popularity": model(0.05),
        },
        "buckets": [bucket, {**bucket, "bucket": "3-5 tips", **model(0.15)}],
        "sources": {"visual": source, "audio": {**source, "base_weight": 0.0, "share": 0.0}, "cotips": source},
    }


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    """Evidence whose every text from data is hostile and as long as gather_evidence lets it be."""
    hostile = HOSTILE_TEXT * 20
    name, sentence = plain(hostile), plain(hostile, 420)
    case = CaseLine("7f3a", "7f3a" + "0" * 60, "s\"<0>'", name, "s1", "東京 مرحبا", 1, "all", "new")
    parts = tuple(
        Part("source", source.value, source.value, ours, 0.1, ours - 0.1)
        for source, ours in zip(Source, (0.5, -0.3, 0.0, 0.9, 0.1), strict=True)
    )
    return sealed(
        Evidence(
            schema=SCHEMA,
            run_hash="ab" * 32,
            run_created_at="2026-01-09T00:00:00+00:00",
            audit_hash="cd" * 32,
            dataset=plain(hostile, 120),
            case=case,
            question=f"Why does {name} stand above {case.rival_name} for viewer 7f3a?",
            answer=sentence,
            seal="amber",
            seal_sentence=sentence,
            seal_truth=truth_line("amber", None),
            evidence_sentence=sentence,
            streamer_rank=1,
            rival_rank=2,
            margin=0.7,
            sources=parts,
            largest=(Part("tip", "cotips", name, 0.5, 0.1, 0.4),),
            checks=(CheckLine("parts add up", 1e-8, 1e-5, "pass", sentence),),
            reasons=(sentence, sentence, sentence),
            what_if=WhatIf("drop tip", name, 1, 3, -0.4, sentence),
            cannot_tell=tuple([plain(hostile, 300)] * 5),
            link="/why?user=~7f3a&streamer=s0",
            note=plain(hostile, 600),
        )
    )
