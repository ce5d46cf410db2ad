"""Numbers and verdicts of sentences, each solved by hand."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from explain.cards import SaidValue
from explain.counterfactual import candidates_of
from explain.figures_style import digits_for, distinct, see_through, signed
from explain.narrate import (
    agreement_sentence,
    answer,
    composer_words,
    counted,
    decisive,
    deletion_sentence,
    kept_words,
    live_sentence,
    moves_sentence,
    ordinal,
    plain,
    plural,
    points,
    reach_sentence,
    reason_of,
    residual_sentence,
    said_by,
    stands_above,
    unused_sentence,
)
from explain.newcomers import cold_sentences, places_table
from explain.swaps import swap_account
from explain.types import Contribution, Deletion, RankMove
from mspa_model.runs import Run
from mspa_model.types import SOURCES, DatasetInfo, RankingTrace, Source, Step
from tests.explain.closed_form import trace_of


@pytest.fixture
def info(closed: Run) -> DatasetInfo:
    return closed.dataset.info


def sources(**margins: float) -> tuple[Contribution, ...]:
    return tuple(Contribution("source", s, s.value, s.value, margins.get(s.value, 0.0), 0.0) for s in SOURCES)


def test_names_are_cut_to_their_limit_and_no_shorter() -> None:
    assert plain("x" * 60) == "x" * 60
    assert plain("x" * 61) == "x" * 59 + "…"
    assert plain("ab cd", 4) == "ab…"
    assert plain("\u202e" * 3 + "abcdef", 6) == "abcdef"


@pytest.mark.parametrize(("n", "said"), [(12, "12th"), (13, "13th"), (22, "22nd"), (111, "111th"), (1013, "1,013th")])
def test_ordinals_of_the_teens(n: int, said: str) -> None:
    assert ordinal(n) == said


def test_plurals_by_their_ending() -> None:
    assert [plural(w) for w in ("day", "city", "boy")] == ["days", "cities", "boys"]
    assert [counted(n, "tip") for n in (0, 1, 2)] == ["0 tips", "1 tip", "2 tips"]


@pytest.mark.parametrize(
    ("number", "said"), [(0.004, "less than 0.01"), (-0.004, "less than 0.01"), (0.006, "0.01"), (-1.87, "1.87")]
)
def test_points(number: float, said: str) -> None:
    assert points(number) == said


def test_a_reason_names_the_two_parts_that_push_most_its_way(info: DatasetInfo) -> None:
    said = [
        Contribution("statement", Source.TEXT, str(i), label, margin, 0.0)
        for i, (label, margin) in enumerate([("a, like x", 0.2), ("b", 0.5), ("c", -3.0), ("d", 0.3)])
    ]
    rest = Contribution("residual", Source.TEXT, "0", "not put into words", 0.4, 0.0)
    elsewhere = Contribution("statement", Source.VISUAL, "0", "e", 9.0, 0.0)
    text = Contribution("source", Source.TEXT, "text", "text", 1.0, 0.0)
    assert reason_of(text, [*said, elsewhere], info) == "what its text says (b; d)"
    assert reason_of(text, [*said[:1], rest], info) == "what its text says (a; not put into words)"
    assert reason_of(replace(text, streamer=-1.0), said, info) == "what its text says (c)"
    assert reason_of(text, (), info) == "what its text says"
    cotips = Contribution("source", Source.COTIPS, "cotips", "cotips", 1.0, 0.0)
    tips = [Contribution("tip", Source.COTIPS, str(i), n, m, 0.0) for i, (n, m) in enumerate([("A", 0.1), ("B", 0.4)])]
    assert reason_of(cotips, tips, info) == "B and A among this user's tips"
    assert reason_of(cotips, (), info) == "what this user's tips usually go together with"


def test_places_decide_before_scores() -> None:
    assert stands_above((3, 8), -1.0)
    assert not stands_above((8, 3), 1.0)
    assert stands_above((None, 3), 0.0)
    assert not stands_above((3, None), -0.1)
    assert kept_words(57) == "in a place kept for the new; 57th by its score"


def test_the_answer_names_the_largest_source_on_the_side_of_the_margin(info: DatasetInfo) -> None:
    told = sources(visual=0.2, text=0.5, popularity=-0.9)
    ahead = answer(("Lumi", "Kato"), (1, 2), 0.1, told, (), info)
    assert ahead == "Lumi stands 1st, above Kato (2nd), mostly because of what its text says."
    behind = answer(("Lumi", "Kato"), (2, 1), -0.2, told, (), info)
    assert behind == "Lumi stands 2nd, below Kato (1st), mostly because of its popularity."
    assert [decisive(told, margin).source for margin in (0.1, -0.2)] == [Source.TEXT, Source.POPULARITY]
    assert decisive(told, 0.0) is None
    assert decisive(sources(), 0.1) is None
    unranked = answer(("Lumi", "Kato"), (2, None), 0.1, told, (), info)
    assert "above Kato (not in this ranking), mostly" in unranked
    assert answer(("Lumi", "Kato"), (1, 2), 0.0, told, (), info).startswith("Lumi and Kato are tied")


@pytest.mark.parametrize(
    ("deletions", "said"),
    [
        (
            [("tip", "A", 0.5, 3, 3), ("tip", "B", 0.7, 3, 3)],
            "taking away this user's tip “B” costs it most (0.70 po",
        ),
        (
            [("tip", "A", 0.5, 3, 4), ("tip", "B", 0.7, 3, 3)],
            "taking away this user's tip “A” would move it from 3rd",
        ),
        (
            [("statement", "x", 0.5, 3, 2)],
            "taking away “x” costs it most (0.50 points), but not its place.",
        ),
    ],
)
def test_the_part_that_costs_most_places_then_points(deletions: list, said: str, info: DatasetInfo) -> None:
    found = [Deletion(kind, "0", label, drop, drop, *ranks) for kind, label, drop, *ranks in deletions]
    assert deletion_sentence(found, info).startswith(f"With the correction kept, {said}")
    assert " by its score" in deletion_sentence([replace(d, by_score=True) for d in found], info)


def test_parts_that_cost_nothing_are_said_so(info: DatasetInfo) -> None:
    held = Deletion("statement", "0", "x", 0.0, 0.0, 3, 3)
    assert deletion_sentence((held,), info) == "No single part, taken away with the correction kept, lowers its score."
    assert "“x” costs it most" in deletion_sentence((replace(held, score_drop=0.01),), info)


def test_reach_says_how_many(info: DatasetInfo) -> None:
    assert reach_sentence(1, 10, info).endswith("1 of the top 10 streamers would be another.")
    assert reach_sentence(2, 10, info).endswith("2 of the top 10 streamers would be others.")
    assert unused_sentence(sources(), [1.0, 0.0, 1.0, 1.0, 0.0], info) == (
        "Not used in this score, with weight zero: how it sounds and its popularity."
    )


def test_the_share_not_put_into_words_names_each_modality_once() -> None:
    rest = [Contribution("residual", s, "0", "r", m, 0.0) for s, m in ((Source.VISUAL, 1.0), (Source.TEXT, -2.0))]
    said = [Contribution("statement", Source.TEXT, "0", "x", -1.0, 0.0)]
    assert residual_sentence(rest, said) == "Of all that looks and words contribute, 75\u00a0% is not put into words."
    assert residual_sentence(rest, ()) == "Of all that looks and words contribute, 100\u00a0% is not put into words."


def test_who_is_live_is_counted(info: DatasetInfo) -> None:
    at = datetime(2024, 3, 1, 20, 15, tzinfo=UTC)
    assert live_sentence(12, at, info) == "Places count among 12 streamers live at 2024-03-01 20:15 UTC."
    assert live_sentence(12, None, info) == ""


@pytest.mark.parametrize(
    ("ranks", "said"),
    [
        ((9, 2), "rises from 9th to 2nd"),
        ((2, 9), "falls from 2nd to 9th"),
        ((None, 3), "enters"),
        ((3, None), "leaves"),
    ],
)
def test_moves(ranks: tuple, said: str, info: DatasetInfo) -> None:
    move = RankMove(0, "Lumi", *ranks, 0.4, ())
    assert f"Lumi {said}" in moves_sentence((move,), 2, 10, info)
    assert moves_sentence((move,), 2, 10, info).startswith("2 streamers enter the top 10;")
    assert moves_sentence((move,), 1, 10, info).startswith("1 streamer enters the top 10;")


def test_composers_agree_in_numbers() -> None:
    names = ("the teacher", "thing-2b")
    rows = [
        SaidValue(0, "A", (0.5, 0.4), "all"),
        SaidValue(0, "B", (0.5, None), "some"),
        SaidValue(0, "C", (None, 0.2), "some"),
        SaidValue(0, "D", (None, 0.2), "some"),
        SaidValue(0, "E", (0.5, -0.2), "opposite"),
    ]
    assert agreement_sentence(rows, names) == (
        "They share 1 of 5 statements. Only the teacher has 1 of them. Only thing-2b has 2 of them. "
        "They say the opposite of E."
    )
    assert [said_by(row, names) for row in rows] == [
        "all",
        "only the teacher",
        "only thing-2b",
        "only thing-2b",
        "the opposite",
    ]
    three = SaidValue(0, "F", (0.5, None, 0.1), "some")
    assert said_by(three, (*names, "z")) == "all but thing-2b"
    assert agreement_sentence((), names) == "None of them puts anything into words."
    assert agreement_sentence(rows[:1], names) == "They share 1 of 1 statement."
    assert [composer_words(n) for n in ("teacher", "a/b/thing-2b/", "/")] == [
        "the teacher (statistics)",
        "thing-2b",
        "/",
    ]


@pytest.mark.parametrize(
    ("number", "digits", "said"),
    [(0.42, 2, "+0.42"), (-0.42, 2, "−0.42"), (0.004, 2, "0"), (-0.004, 2, "0"), (0.0046, 3, "+0.005")],
)
def test_signed(number: float, digits: int, said: str) -> None:
    assert signed(number, digits) == said


@pytest.mark.parametrize(
    ("numbers", "digits"),
    [([], 2), ([0.0], 2), ([-5.0], 2), ([1.0], 2), ([0.5], 3), ([0.05, -0.01], 4), ([0.005], 5), ([0.0005], 5)],
)
def test_three_significant_digits(numbers: list[float], digits: int) -> None:
    assert digits_for(numbers) == digits


def test_labels_of_an_axis_differ() -> None:
    assert distinct(["A", "B", "A", "A"]) == ["A", "B", "A (2)", "A (3)"]
    assert see_through("#0072B2") == "rgba(0,114,178,0.35)"


COLD = {
    "n_streamers": 3,
    "n_pairs": 7,
    "n_users": 5,
    "metric": "ndcg@10",
    "among": {
        "mspa": {"ndcg@10": {"value": 0.5, "low": 0.4, "high": 0.6}},
        "random": {"ndcg@10": 0.3},
    },
    "places": [
        {"share": 0.0, "recall@20": {"value": 0.1, "low": 0.0, "high": 0.2}, "change": None},
        {
            "share": 0.2,
            "recall@20": {"value": 0.6, "low": 0.5, "high": 0.7},
            "change": {"ndcg@10": {"value": -0.0123, "low": -0.02, "high": -0.01}},
        },
    ],
}


@pytest.mark.parametrize(
    ("chance", "reading"),
    [
        (0.3, "better than chance"),
        (0.4, "not told apart from chance"),
        (0.5, "not told apart from chance"),
        (0.6, "not told apart from chance"),
        (0.7, "worse than chance"),
    ],
)
def test_the_new_are_held_to_chance(chance: float, reading: str, info: DatasetInfo) -> None:
    among = {**COLD["among"], "random": {"ndcg@10": chance}}
    first, second = cold_sentences({**COLD, "among": among}, info)
    assert first.startswith("3 streamers had no tip to learn from.")
    assert f"for the 5 users whose test tips go to one, ndcg@10 is 0.500 (0.400 to 0.600), {reading} (" in first
    assert first.endswith(f"({chance:.3f}).")
    assert (
        "10\u00a0% of these tips are in the first 20; with 20\u00a0% of the places kept for the new, 60\u00a0%."
        in second
    )
    assert second.endswith("changes ndcg@10 by −0.012 (−0.020 to −0.010).")
    (none,) = cold_sentences({**COLD, "n_pairs": 0}, info)
    assert "nothing says how well they are ranked" in none


def test_a_row_for_each_share_of_places(info: DatasetInfo) -> None:
    table = places_table(COLD, info)
    assert table["places kept"].tolist() == ["0\u00a0%", "20\u00a0%"]
    assert table.iloc[1, 1:].tolist() == [0.6, 0.5, 0.7, -0.0123, -0.02, -0.01]
    assert table.iloc[0, 1:4].tolist() == [0.1, 0.0, 0.2]
    assert table.iloc[0, 4:].isna().all()


@pytest.mark.parametrize(("before", "after", "said"), [(0.5, 1.5, "3"), (1.0, 0.25, "0.25"), (0.0, 1.0, None)])
def test_a_weight_says_how_much_more_it_counts(closed: Run, before: float, after: float, said: str | None) -> None:
    trace = trace_of(closed, "u000")
    first, column = trace.steps[0], SOURCES.index(Source.POPULARITY)

    def at(emphasis: float, index: int) -> Step:
        given = first.emphasis.clone()
        given[column] = emphasis
        candidates = candidates_of(first.ranking, closed.dataset.n_streamers)
        ranking = closed.recommender.score(first.preference, candidates, given)
        return replace(first, index=index, emphasis=given, ranking=ranking, kept=True)

    stepped: RankingTrace = replace(trace, steps=(at(before, 0), at(after, 1)), rejected=None)
    labels = {part.label for swap in swap_account(closed, stepped, 0, 1).swaps for part in swap.parts}
    words = "its popularity begins to count" if said is None else f"its popularity counts {said} times as much"
    assert labels == {words}
