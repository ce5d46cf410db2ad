"""Prose against references, and texts that are no one else's."""

import re
from itertools import pairwise

import numpy as np
import pytest
import torch

from mspa_model.preference import prose, wordings
from mspa_model.preference.lift import lifts_of
from mspa_model.training.text.language import BertScore, bleu4, no_one_elses
from mspa_model.training.text.references import HELD_OUT, reference_prose
from mspa_model.types import Statement, Value, Vocabulary
from tests.preference import rooms

TEXT = "A fan of Comedy and Music, no doubt. Rarely stops at Chess."
OTHER = "The weather was fine, so nobody went home before dark."


def words_of(names: list[str]) -> Vocabulary:
    values = tuple(Value("group", str(i), name, None, 4, ()) for i, name in enumerate(names))
    return Vocabulary(values, np.ones((12, len(names)), dtype=np.float32), {})


def statement(value_idx: int, polarity: int, strength: float) -> Statement:
    return Statement("group", str(value_idx), polarity, strength, (), value_idx)


ALL = (statement(0, 1, 0.8), statement(1, 1, 0.3), statement(2, -1, 0.4))


def test_bleu_of_identical_text_is_one_and_of_nothing_shared_near_zero():
    scores = bleu4([TEXT, TEXT, OTHER, ""], [[TEXT], [OTHER, TEXT], [TEXT], [TEXT]])
    assert scores[:2].tolist() == [1, 1]
    assert scores[2] < 0.05
    assert scores[3] == 0


def test_blank_references_are_skipped_and_a_text_with_none_left_is_not_measured():
    blank = [[TEXT, "", " \n"], ["", TEXT], [" "], []]
    scores = bleu4([TEXT, OTHER, TEXT, TEXT], blank)
    assert scores[:2].tolist() == bleu4([TEXT, OTHER], [[TEXT], [TEXT]]).tolist()
    assert np.isnan(scores).tolist() == [False, False, True, True]
    found = BertScore(torch.device("cpu")).f1([TEXT, OTHER, TEXT, TEXT, ""], [*blank, [TEXT]])
    assert found[0] == pytest.approx(1, abs=1e-4)
    assert 0 < found[1] < 1
    assert np.isnan(found).tolist() == [False, False, True, True, False]
    assert found[4] == 0


def test_bleu_counts_four_words_in_a_row():
    same_words = " ".join(reversed(TEXT.split()))
    near = TEXT.replace("Chess", "Golf")
    high, low = bleu4([near, same_words], [[TEXT], [TEXT]])
    assert low < 0.3 < high < 1


def test_bertscore_takes_the_nearest_reference_and_says_nothing_of_nothing():
    same, best, far, empty = BertScore(torch.device("cpu")).f1(
        [TEXT, TEXT, OTHER, " "], [[TEXT], [OTHER, TEXT], [TEXT], [TEXT]]
    )
    assert same == pytest.approx(1, abs=1e-4)
    assert best == pytest.approx(1, abs=1e-4)
    assert 0 < far < 0.6
    assert empty == 0


def test_references_say_every_statement_in_every_wording_with_the_labels_as_they_are():
    words = words_of(["{}", "a {user} of 7", "Chess"])
    written = reference_prose(ALL, words, rooms.info(user_is="viewer"))
    assert len(set(written)) == len(HELD_OUT)
    for text in written:
        assert all(label in text for label in ("{}", "a {user} of 7", "Chess"))
    assert "this viewer" in written[0]


def test_with_nothing_to_say_references_say_that():
    written = reference_prose((), words_of(["Chess"]), rooms.info())
    assert len(set(written)) == len(HELD_OUT)
    assert not any("{" in text or "Chess" in text for text in written)


def triples(sentence: str) -> set[tuple[str, ...]]:
    """Three words in a row; what stands for values breaks the row."""
    words = re.sub(r"<values>|\{\}", "|", sentence.lower())
    parts = [re.findall(r"[a-z']+", part) for part in words.split("|")]
    return {tuple(p[i : i + 3]) for p in parts for i in range(len(p) - 2)}


def test_held_out_wordings_share_no_three_words_with_taught_or_plain_ones():
    held = set().union(*(triples(form) for w in HELD_OUT for form in vars(w).values()))
    every = (*wordings.SURE.values(), *wordings.HEDGED.values())
    taught = set().union(*(triples(frame) for frames in every for frame in frames))
    words = words_of(["Comedy", "Music", "Chess"])
    plain = [
        prose.write_prose(said, history, lifts_of(history, has, base, 1_000), words, rooms.info())
        for history in (rooms.history(0, 1, 2), rooms.history(*range(12)))
        for said in (ALL, ())
        for has in (words.membership, 0 * words.membership)
        for base in np.array([[0.1] * 3, [0.9] * 3], np.float32)
    ]
    assert len({sentence.partition(":")[0] for text in plain for sentence in text.split(". ") if ":" in sentence}) == 6
    assert held
    assert taught
    assert not held & taught
    assert not held & set().union(*(triples(text) for text in plain))


def test_held_out_wordings_are_different_sentences():
    for a, b in pairwise(HELD_OUT):
        assert not set(vars(a).values()) & set(vars(b).values())


def test_a_text_is_no_one_elses_by_its_words_not_by_its_counts():
    words = words_of(["visual group 7", "visual group 12"])
    texts = [
        "Read from 14 tips. Often: visual group 7 (3 tips).",
        "Read from 90 tips. Often: visual group 7 (1 tip).",
        "Read from 90 tips. Often: visual group 7.",
        "Read from 14 tips. Often: visual group 12 (3 tips).",
    ]
    assert no_one_elses(texts, words).tolist() == [False, False, False, True]
    assert no_one_elses([], words).tolist() == []
    likes = "Read from {} ratings of 4 or 5. Often: visual group 7 ({} ratings of 4 or 5)."
    assert no_one_elses([likes.format(14, 3), likes.format(1_290, 2)], words).tolist() == [False, False]
