"""Sentences about two runs, from comparisons made by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from explain.compare import (
    config_sentence,
    figures_table,
    group_words,
    headline,
    largest_sentence,
    losses_table,
    overlap_sentence,
    seed_sentence,
    stale_sentence,
    users_sentence,
)
from mspa_model.data import load_dataset
from mspa_model.types import (
    SOURCES,
    Comparison,
    ConfigChange,
    Dataset,
    Difference,
    Interval,
    LostTip,
    Overlap,
    RunCard,
    Source,
    SourceShift,
    UserCounts,
    UserLoss,
)

SEED = ConfigChange("seed", 7, 8, False)
DIM = ConfigChange("ranking.dim", 48, 64, False)


@pytest.fixture(scope="module")
def dataset(tiny_world: Path) -> Dataset:
    return load_dataset(tiny_world)


def difference(low: float, value: float, high: float, between_seeds: float | None = None, n: int = 60) -> Difference:
    return Difference("all", "all", n, "ndcg@10", 0.5, 0.5 + value, Interval(value, low, high), between_seeds)


def comparison(found: Difference, *changes: ConfigChange, losses: tuple[UserLoss, ...] = ()) -> Comparison:
    cards = [RunCard(name, f"runs/{name}", "0" * 64, "2026-11-21", 7) for name in ("old", "new")]
    pair = ("old", "twin") if found.between_seeds is not None else None
    overlap = Overlap(0.85, (0, 0, 0, 0, 6, 4, 0, 0, 0, 0, 50))
    users = UserCounts(3, 4, 5, 48)
    return Comparison("checkerboard", "ndcg@10", 60, *cards, changes, pair, (found,), overlap, users, losses)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            difference(0.01, 0.02, 0.03),
            "better by more than chance: ndcg@10 +0.020 (+0.010 to +0.030); what another",
        ),
        (difference(-0.03, -0.02, -0.01, 0.05), "worse by more than chance: ndcg@10 −0.020 (−0.030 to −0.010), yet"),
        (difference(0.01, 0.02, 0.03, -0.01), "(+0.010 to +0.030), and more than the 0.01 that another seed alone"),
        (difference(-0.01, 0.02, 0.03, -0.02), "cannot be told apart from chance: ndcg@10 +0.020"),
        (difference(0.01, 0.02, 0.03, n=7), "over too few to rule out chance (7)"),
    ],
)
def test_the_first_sentence_weighs_the_change_against_chance_and_seed(found: Difference, said: str):
    sentence = headline(comparison(found, DIM))
    assert sentence.startswith("Against old, ")
    assert said in sentence


def test_runs_of_two_seeds_and_equal_runs_are_called_so():
    found = comparison(difference(0.01, 0.02, 0.03, 0.02), SEED)
    assert headline(found).endswith("that is what a seed does.")
    assert "nothing but the seed" in seed_sentence(found)
    same = replace(comparison(difference(0.0, 0.0, 0.0)), overlap=Overlap(1.0, (0,) * 10 + (60,)))
    assert headline(same).startswith("Nothing sets this run apart from old")
    assert config_sentence(same).startswith("The configurations are the same")


def test_where_the_measure_of_a_seed_comes_from_is_said():
    assert "old and twin" in seed_sentence(comparison(difference(0.0, 0.1, 0.2, 0.1), DIM))
    assert seed_sentence(comparison(difference(0.0, 0.1, 0.2), DIM)).startswith("No run is known")


def test_overlap_and_users_in_numbers(dataset: Dataset):
    found = comparison(difference(0.0, 0.1, 0.2), DIM)
    assert "share 8.5 of 10 streamers in the mean; 50 of 60 users keep all ten, 6 fewer" in overlap_sentence(
        found, dataset.info
    )
    sentence = users_sentence(found, dataset.info)
    assert "3 of 60 users are better off, 4 worse, 48 the same; 5 changed, with fewer than 3 test tips" in sentence


@pytest.mark.parametrize(
    ("kind", "label", "said"),
    [
        ("all", "all", "all"),
        ("train tips", "6-10", "6 to 10 ratings of 4 or 5 known"),
        ("train tips", "21+", "21 or more ratings of 4 or 5 known"),
        ("train tips", "0", "0 ratings of 4 or 5 known"),
        ("column", "country: \u202eFR", "country: FR"),
        ("cold targets", "cold targets", "on films without a train rating of 4 or 5"),
    ],
)
def test_groups_are_named_in_the_words_of_the_set(dataset: Dataset, kind: str, label: str, said: str):
    info = replace(dataset.info, tip_is="rating of 4 or 5", streamer_is="film")
    assert group_words(replace(difference(0.0, 0.0, 0.0), kind=kind, label=label), info) == said


def test_figures_are_marked_by_what_a_seed_does(dataset: Dataset):
    known = figures_table(comparison(difference(0.01, 0.02, 0.03, 0.05), DIM), "ndcg@10", dataset.info)
    assert known[["reading", "seeds"]].to_numpy().tolist() == [["better", "within seeds"]]
    unknown = figures_table(comparison(difference(0.01, 0.02, 0.03), DIM), "ndcg@10", dataset.info)
    assert unknown["seeds"].tolist() == ["not known"]


def test_a_loss_names_tip_rival_and_source(dataset: Dataset):
    shifts = tuple(SourceShift(s, 1.0, 0.25 if s is Source.AUDIO else 0.75) for s in SOURCES)
    lost = LostTip("s000", 2, 13, "s001", 4, 10, shifts)
    losses = (
        UserLoss("u000", 8, 3, 0.6, 0.0, "worse", lost, True),
        UserLoss("u001", 8, 1, 1.0, 0.0, "changed", None, False),
    )
    found = comparison(difference(0.0, 0.1, 0.2), DIM, losses=losses)
    table = losses_table(found, dataset)
    told = table[["is", "lost most", "places", "by", "points", "overtaken by"]].iloc[0].tolist()
    assert told == ["worse", "Comedy room 0", "2 to 13", "audio", -0.75, "Music room 1"]
    assert table["is"].tolist() == ["worse", "changed"]
    assert table["lost most"].iat[1] == ""
    assert largest_sentence(found, dataset) == (
        "The first of them, u000: Comedy room 0 falls from 2nd to 13th, behind Music room 1 (10th); most by how it "
        "sounds (−0.75 of −1.75 points)."
    )
    assert stale_sentence(found).startswith("For 1 of them")
    assert stale_sentence(comparison(difference(0.0, 0.1, 0.2), losses=losses[:1])) == ""
