"""Sentences in the dataset's words, from names that are hostile."""

from dataclasses import replace

import numpy as np
import pytest

from explain.evidence import kept_by_tips
from explain.narrate import (
    answer,
    attribution_sentence,
    counted,
    deletion_sentence,
    listed,
    moves_sentence,
    name_of,
    ordinal,
    plain,
    plural,
    reach_sentence,
    residual_sentence,
    unused_sentence,
)
from explain.types import Attribution, Contribution, Deletion, RankMove
from mspa_model.runs import Run
from mspa_model.types import SOURCES, DatasetInfo, Modality, Source
from tests.worlds.variants import HOSTILE


def test_where_correction_kept_a_step_is_said_by_number_of_tips(closed: Run):
    few, many = closed.metrics["buckets"]
    run = replace(closed, metrics={"buckets": [{**few, "kept_share": 0.0}, {**many, "kept_share": 0.25}]})
    said = kept_by_tips(run)
    assert said is not None
    assert "0\u00a0% of those with 1 to 4" in said
    assert "25\u00a0% of those with 5 or more" in said
    assert kept_by_tips(closed) is None


def test_what_features_add_up_to_has_a_true_minus():
    below = Attribution(Modality.VISUAL, "Kato", np.ones(3), -0.844, 2e-8, 0.02, 50)
    assert "the 3 visual features add up to −0.844, off by" in attribution_sentence((below,), ())


@pytest.fixture
def info(closed: Run) -> DatasetInfo:
    return replace(closed.dataset.info, streamer_is="film", user_is="viewer", tip_is="rating of 4 or 5")


def sources(**margins: float) -> tuple[Contribution, ...]:
    return tuple(Contribution("source", s, s.value, s.value, margins.get(s.value, 0.0), 0.0) for s in SOURCES)


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (112, "112th"), (1021, "1,021st")],
)
def test_ordinal(number: int, words: str) -> None:
    assert ordinal(number) == words


@pytest.mark.parametrize(
    ("word", "many"),
    [("tip", "tips"), ("rating of 4 or 5", "ratings of 4 or 5"), ("category", "categories"), ("play", "plays")],
)
def test_plural(word: str, many: str) -> None:
    assert plural(word) == many
    assert (counted(1, word), counted(1200, word)) == (f"1 {word}", f"1,200 {many}")


def test_listed() -> None:
    assert [listed([]), listed(["A"]), listed(["A", "B"]), listed(["A", "B", "C"])] == [
        "",
        "A",
        "A and B",
        "A, B and C",
    ]


@pytest.mark.parametrize("text", [*HOSTILE, "a\nb\tc\x00d", "\u2028x\u2066y\u2069"])
def test_plain_is_one_short_line_without_control_or_direction_marks(text: str) -> None:
    line = plain(text)
    assert len(line) <= 60
    assert not set(line) & set("\n\t\x00\u202e\u202c\u2028\u2066\u2069")


def test_a_streamer_without_a_name_is_called_by_its_id(make_closed) -> None:
    assert name_of(make_closed("matrix").dataset, 7) == "streamer s007"
    assert name_of(make_closed("checkerboard").dataset, 7) == "Music room 7"


def test_answer_names_the_tips(info: DatasetInfo) -> None:
    tips = tuple(
        Contribution("tip", Source.COTIPS, str(i), name, margin, 0.0)
        for i, (name, margin) in enumerate({"C": 0.1, "A": 0.9, "B": 0.4, "D": -2.0}.items())
    )
    said = answer(("Lumi", "Kato"), (3, 4), 0.5, sources(cotips=0.6, popularity=-0.1), tips, info)
    assert said == "Lumi stands 3rd, above Kato (4th), mostly because of A and B among this viewer's ratings of 4 or 5."


def test_answer_below_the_rival_and_outside_the_ranking(info: DatasetInfo) -> None:
    below = answer(("Lumi", "Kato"), (3, 2), -0.5, sources(cotips=0.6, popularity=-1.1), (), info)
    assert below == "Lumi stands 3rd, below Kato (2nd), mostly because of its popularity."
    out = answer(("Lumi", "Kato"), (None, None), 0.0, sources(), (), info)
    assert out == "Lumi and Kato are tied: their scores are the same, for no part of the model tells them apart."
    outside = answer(("Lumi", "Kato"), (None, None), 0.1, sources(popularity=0.1), (), info)
    assert outside.startswith("Lumi is not in this ranking but would score above Kato (not in this ranking)")


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({}, "no part of the model tells them apart"),
        ({"popularity": 0.5, "cotips": -0.5}, "what speaks for either adds up to the same"),
    ],
)
def test_a_tie_is_called_one_and_names_no_place(info: DatasetInfo, parts: dict[str, float], why: str) -> None:
    said = answer(("Lumi", "Kato"), (1, 2), 1e-6, sources(**parts), (), info)
    assert said.startswith(f"Lumi and Kato are tied: their scores are the same, for {why}")
    assert said.endswith("which of them comes first is the order of the data.")
    assert "1st" not in said
    kept = answer(("Lumi", "Kato"), (5, 9), 0.0, sources(), (), info, (57, None))
    assert kept.startswith("Lumi (5th, in a place kept for the new; 57th by its score) and Kato are tied")


def test_share_not_put_into_words() -> None:
    said = (Contribution("statement", Source.TEXT, "0", "likes x", 3.0, 0.0),)
    unsaid = (Contribution("residual", Source.TEXT, "0", "not put into words", -1.0, 0.0),)
    assert "25\u00a0% is not put into words" in residual_sentence(unsaid, said)
    assert residual_sentence((), ()) == ""


def test_zero_reach_and_unused_sources_are_said(info: DatasetInfo) -> None:
    assert "move no place of the top 10" in reach_sentence(0, 10, info)
    assert reach_sentence(1, 10, info).endswith("1 of the top 10 films would be another.")
    assert "how it looks" in unused_sentence(sources(), [0.0, 1.0, 1.0, 1.0, 1.0], info)
    assert unused_sentence(sources(), [1.0] * 5, info) == ""


def test_what_a_set_lacks_is_not_said_to_go_unused(info: DatasetInfo) -> None:
    mute = replace(info, modalities=(Modality.TEXT,))
    assert unused_sentence(sources(), [0.0, 0.0, 0.0, 1.0, 1.0], mute) == (
        "Not used in this score, with weight zero: what its text says."
    )


def test_deletion_sentence(info: DatasetInfo) -> None:
    costly = Deletion("tip", "0", "A", 0.5, 0.5, 3, 9)
    cheap = Deletion("statement", "0", "likes x", 0.7, 0.5, 3, 3)
    assert "“A” would move it from 3rd to 9th" in deletion_sentence((cheap, costly), info)
    assert "but not its place" in deletion_sentence((cheap,), info)
    assert deletion_sentence((), info) == ""


def test_moves(info: DatasetInfo) -> None:
    move = RankMove(0, "Lumi", 9, 2, 0.4, ())
    assert moves_sentence((), 0, 10, info) == "Nothing moves in the top 10."
    assert moves_sentence((move,), 1, 10, info) == "1 film enters the top 10; Lumi rises from 9th to 2nd."
    assert "another order" in moves_sentence((move,), 0, 10, info)
