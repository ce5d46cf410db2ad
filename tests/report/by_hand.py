"""Values of a few points each, from which every figure is drawn once and looked at."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import torch

from explain.types import (
    Attribution,
    Carried,
    Carrying,
    Contribution,
    Deletion,
    DeletionCurve,
    Explanation,
    Opinions,
    Piece,
    RankMove,
    Scenario,
    ScenarioResult,
    SourceTurn,
    TipWorth,
    Turn,
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
    Step,
)

LETTERS = tuple("ABCDEFGHIJKLMNOP")
SPLIT = SplitInfo("time", ("train",), ("train", "val"), "ndcg@10")
INFO = DatasetInfo(
    "tiny", "Tiny", "events", "film", "viewer", "rating", "stars", "UTC", (Modality.VISUAL,), "CC0", "hand", SPLIT
)


def part(kind: str, source: Source, label: str, streamer: float, rival: float) -> Contribution:
    return Contribution(kind, source, label, label, streamer, rival)


def tips_of(margins: list[float]) -> tuple[Contribution, ...]:
    """Tips named A, B, ... that give the rival nothing."""
    return tuple(part("tip", Source.COTIPS, LETTERS[i], margin, 0.0) for i, margin in enumerate(margins))


def behind(explanation: Explanation) -> Explanation:
    """The same case the other way round, and by much: numbers of three digits."""
    sources = tuple(replace(s, streamer=100 * s.rival, rival=100 * s.streamer) for s in explanation.sources)
    return replace(explanation, sources=sources, margin=-50.0)


def attribution(values: list[float], total: float, delta: float) -> Attribution:
    return Attribution(Modality.AUDIO, "<i>the mean</i> film", np.array(values), total, delta, 2e-3, 64)


def deletions() -> tuple[Deletion, ...]:
    """One that costs, one that changes nothing, one that would help; given in another order."""
    rows = (("statement", "B", -0.25, 4, 3), ("tip", "A", 0.5, 4, 11), ("tip", "A", 0.0, 4, 4))
    return tuple(
        Deletion(kind, str(i), label, drop, 2 * drop, before, after)
        for i, (kind, label, drop, before, after) in enumerate(rows)
    )


def curves() -> tuple[DeletionCurve, ...]:
    """Features, and tips by both quantities."""
    tenths = np.arange(1, 10) / 10
    return (
        DeletionCurve("feature", "margin", tenths, tenths**2, tenths**3, 0.5),
        DeletionCurve("tip", "place", np.array([9.0]), np.array([9.0]), np.array([9.0]), 0.5),
        DeletionCurve("tip", "margin", np.array([0.6, 0.9]), np.array([0.3, 0.7]), np.array([-0.1, 0.5]), 0.5),
    )


def opinions(n_blocks: int) -> Opinions:
    blocks = np.arange(1, n_blocks + 1) / 10
    return Opinions(Modality.TEXT, "A", blocks, -blocks, blocks / 2)


def worths(n: int, shapley: bool = False) -> tuple[TipWorth, ...]:
    """Tips worth n, -(n - 1), n - 2, ... tenths; the second's as others share it, where asked."""
    return tuple(
        TipWorth(str(i), LETTERS[i], (n - i) * (-1) ** i / 10, 0.05 if shapley and i == 1 else None) for i in range(n)
    )


def ranking(scores: list[float], candidates: int | None = None) -> Ranking:
    """Co-tipping alone, by score; only the first so many are candidates where asked."""
    fits = torch.zeros(5, len(scores), dtype=torch.float64)
    fits[3] = torch.tensor(scores)
    order = torch.argsort(-fits[3], stable=True)
    weights = torch.tensor([0.0, 0.0, 0.0, 1.0, 0.0], dtype=torch.float64)
    return Ranking(weights, fits, order[order < (len(scores) if candidates is None else candidates)])


def history(n: int, amounts: list[float] | None = None, timed: bool = True) -> History:
    """Tips to A, B, ... a day apart."""
    when = np.datetime64("2026-01-01", "us") + np.arange(n) * np.timedelta64(1, "D")
    when = when if timed else np.full(n, np.datetime64("NaT"), dtype="datetime64[us]")
    given = np.ones(n) if amounts is None else np.array(amounts)
    return History("u", np.arange(n), given, when, np.arange(n))


def step(index: int, ranked: Ranking, kept: bool = True, witnesses: tuple[int, ...] | None = None) -> Step:
    """A step with its ranking; witnesses: the ranks of A, B, ... when it was judged; each is one better after it."""
    critique = None if witnesses is None else Critique(tuple(range(len(witnesses))), witnesses, (), (), "So it stood.")
    preference = Preference(history(2), (), "", {}, "teacher")
    after = tuple(max(1, rank - 1) for rank in witnesses or ())
    held_out = None if witnesses is None else HeldOut(tuple(range(len(witnesses))), witnesses, after)
    return Step(index, kept, preference, torch.ones(5), ranked, critique, (), None, None, "why", held_out)


def trace(*steps: Step) -> RankingTrace:
    """Steps in order, of which the last may not have been kept."""
    kept = tuple(each for each in steps if each.kept)
    rejected = None if steps[-1].kept else steps[-1]
    return RankingTrace("u", kept, rejected, "no gain", "It stopped.", "all", "new", None)


def spreading(**spreads: float) -> Ranking:
    """Two streamers whose scores differ by twice the spread of each source, so that its deviation is the spread."""
    weights = torch.tensor([spreads.get(source.value, 0.0) for source in Source], dtype=torch.float64)
    return Ranking(weights, torch.tensor([[1.0, -1.0]] * 5, dtype=torch.float64), torch.arange(2))


def moved(*ranks: tuple[int | None, int | None], names: tuple[str, ...] = LETTERS) -> ScenarioResult:
    """Moves between ranks, each of a streamer of its own."""
    before = ranking([2.0, 1.0])
    moves = tuple(RankMove(i, names[i], a, b, 0.5 * i, ()) for i, (a, b) in enumerate(ranks))
    return ScenarioResult(Scenario(), before, before, moves, 1, "It moved.", ())


def places(n: int, lost: tuple[int, ...] = ()) -> MapPoints:
    """Streamers on a line; those lost have no place."""
    xy = np.stack([np.arange(n) + 0.12345, -np.arange(n) / 2], 1)
    xy[list(lost)] = np.nan
    return MapPoints(xy, np.array([0]), np.zeros((1, 2)), {"trustworthiness": 0.9})


def interval(value: float | None, low: float | None, high: float | None) -> dict:
    return {"ndcg@10": {"value": value, "low": low, "high": high}}


def metrics() -> dict:
    """Two models that were measured, one by another metric, one not at all, one without an interval."""
    return {
        "split": "test",
        "n_users": 1942,
        "models": {
            "ease": interval(0.18, 0.17, 0.2),
            "mspa@step0": interval(0.2, 0.19, 0.22),
            "als": None,
            "itemknn": {"recall@20": {"value": 0.5, "low": 0.4, "high": 0.6}},
            "popularity": interval(None, None, None),
            "<b>mine</b>": interval(0.3, None, None),
        },
        "buckets": [
            {"low_tips": 1, "high_tips": 2, "n_users": 1200, **interval(0.1, 0.08, 0.13)},
            {"low_tips": 3, "high_tips": 5, "n_users": 0, **interval(None, None, None)},
            {"low_tips": 6, "high_tips": None, "n_users": 7, **interval(0.25, 0.2, 0.3)},
        ],
        "sources": {
            "popularity": {"base_weight": 0.1, "share": 0.256, "val_alone_ndcg@10": 0.05},
            "visual": {"base_weight": 1.0, "share": 0.744},
            "audio": {"base_weight": 0.0, "share": None, "val_alone_ndcg@10": 0.01},
        },
    }


def audit() -> dict:
    rows = [("head", 0.5, 0.25, 0.75), ("all", -0.125, -0.5, 0.25)]
    curve = [{"level": level, "median": mid, "low": low, "high": high} for level, mid, low, high in rows]
    return {"n_cases": 1234, "seal": {"green": 1000, "amber": 234, "red": 0}, "randomisation_curve": curve}


def carrying(exact: bool = True) -> Carrying:
    """Three clips, of which the second speaks against; seconds and a sentence."""
    inputs = (
        Carried("clip 1 of 3", 0.2, 0.15, 4, 0, Path("a.wav")),
        Carried("clip 2 of 3", -0.5, -0.25, 1, 1, Path("b.wav")),
        Carried("clip 3 of 3", 0.1, 0.0, None, 2, Path("c.wav")),
    )
    pieces = (
        Piece("second", 0, 0.0, 1.0, "", 0.02, 3),
        Piece("second", 2, 1.0, 1.5, "", -0.06, 2),
        Piece("second", 0, 1.0, 2.0, "", 0.02, None),
        Piece("word", 1, 0.0, 3.0, "<b>hey</b>", 0.4, 5),
    )
    return Carrying(
        Modality.AUDIO, 0, "<b>Lumi</b>", -0.2, 2, 3, inputs, pieces, exact, 0.0, 1e-3, "It is so.", "All tried."
    )


def reading() -> Carrying:
    """Two texts of words."""
    inputs = tuple(Carried(f"text {n}", 0.25 * n, 0.1, n, -1, None, f"word {n}") for n in (1, 2))
    return replace(carrying(exact=False), modality=Modality.TEXT, inputs=inputs, whole=0.75, pieces=())


def turn() -> Turn:
    sources = (
        SourceTurn(Source.VISUAL, 0.5, 0.25),
        SourceTurn(Source.COTIPS, 0.0, 1.0),
        SourceTurn(Source.POPULARITY, 0.125, 0.125),
    )
    return Turn(0, 2, 0, 1, "<b>Lumi</b>", "Kato", 0.625, 1.375, sources, (), None, (), "It turned.")


FADE_DAY = datetime(2026, 1, 2, 12)
