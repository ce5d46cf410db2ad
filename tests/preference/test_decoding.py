"""Whatever is written along the grammar parses, and says what was stated and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mspa_model.preference.claims import MAX_STATEMENTS
from mspa_model.preference.decoding import Grammar, tier_of
from mspa_model.preference.lift import Lifts, lifts_of
from mspa_model.preference.tokens import AVOIDS, LIKES, TOLD, Tokens
from mspa_model.preference.wordings import SLOT, SURE, words_taught
from tests.preference import rooms

N_VALUES = 12
TOKENS = Tokens(N_VALUES, words_taught())


def write(supported: np.ndarray, n_tipped: int, choose, lifts: Lifts | None = None) -> Grammar:
    grammar = Grammar(TOKENS, supported, n_tipped, lifts)
    for _ in range(400):
        if grammar.done:
            return grammar
        grammar.push(choose(grammar.allowed()))
    raise AssertionError("no end in 400 tokens")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.booleans(), min_size=N_VALUES, max_size=N_VALUES), st.integers(0, 60), st.randoms())
def test_every_way_through_the_grammar_ends_and_says_each_statement_once(supported, n_tipped, random):
    grammar = write(np.array(supported), n_tipped, random.choice)
    said = [TOKENS.value_idx(t) for t in grammar.prose if TOKENS.value_idx(t) is not None]
    assert sorted(said) == sorted(grammar.stated)
    assert len(grammar.stated) <= MAX_STATEMENTS
    assert all(supported[v] for v, (polarity, _) in grammar.stated.items() if polarity == LIKES)
    stops = grammar.prose.count(TOKENS.word("."))
    assert 2 <= stops <= 4
    if n_tipped == 0:
        assert not grammar.stated


def sentences(grammar: Grammar) -> list[list[int]]:
    found: list[list[int]] = [[]]
    for token in grammar.prose:
        if token == TOKENS.word("."):
            found.append([])
        else:
            found[-1].append(token)
    return found[:-1]


@settings(max_examples=60, deadline=None)
@given(st.randoms())
def test_a_value_stands_in_a_sentence_of_its_own_tier(random):
    grammar = write(np.ones(N_VALUES, dtype=bool), 9, random.choice)
    for sentence in sentences(grammar)[: len({tier_of(p == LIKES, b) for p, b in grammar.stated.values()}) or 1]:
        values = [TOKENS.value_idx(t) for t in sentence if TOKENS.value_idx(t) is not None]
        words = [TOKENS.words[t - TOKENS.first_word] for t in sentence if TOKENS.value_idx(t) is None]
        kinds = {tier_of(grammar.stated[v][0] == LIKES, grammar.stated[v][1]) for v in values} or {"nothing"}
        assert len(kinds) == 1
        frames = [[w for w in f.split() if w not in (SLOT, ".")] for f in SURE[kinds.pop()]]
        assert any(
            [w for w in words if w not in (",", "and")] == [w for w in f if w not in (",", "and")] for f in frames
        )


@settings(max_examples=100, deadline=None)
@given(st.randoms(), st.integers(1, 30), st.lists(st.integers(0, 30), min_size=N_VALUES, max_size=N_VALUES))
def test_prose_is_no_surer_than_the_tips_and_leaves_out_what_they_contradict(random, n_tipped, counts):
    has = (np.arange(n_tipped)[:, None] < np.array(counts)).astype(np.float32)
    history = replace(rooms.history(*[0] * n_tipped), streamer_idx=np.arange(n_tipped))
    lifts = lifts_of(history, has, np.full(N_VALUES, 0.3, np.float32), 10_000)
    grammar = write(has.any(0), n_tipped, random.choice, lifts)
    grades = {v: lifts.of(v).grade(1 if p == LIKES else -1) for v, (p, _) in grammar.stated.items()}
    said = {v for t in grammar.prose if (v := TOKENS.value_idx(t)) is not None}
    assert said == {v for v, grade in grades.items() if grade != "contrary"}
    hedges = tuple(TOKENS.word(w) for w in ("Seems", "Perhaps", "May", "Possibly"))
    firmest = tuple(TOKENS.word(w) for w in ("Clearly", "Above", "Drawn"))
    unsure = [sentence[0] in hedges for sentence in sentences(grammar) if any(TOKENS.value_idx(t) for t in sentence)]
    assert unsure == sorted(unsure)  # what is only possible stands last
    for sentence in sentences(grammar):
        of = {grades[v] for t in sentence if (v := TOKENS.value_idx(t)) is not None}
        assert not of or sentence[0] in hedges or "possible" not in of
        assert sentence[0] not in firmest or not of or of == {"far"}


def test_an_unsupported_value_may_only_be_avoided():
    grammar = Grammar(TOKENS, np.zeros(N_VALUES, dtype=bool), 6)
    grammar.push(TOKENS.value(3))
    assert grammar.allowed() == [AVOIDS]


def test_a_statement_is_complete_with_its_strength():
    grammar = Grammar(TOKENS, np.ones(N_VALUES, dtype=bool), 6)
    assert [grammar.push(t) for t in (TOKENS.value(3), LIKES, TOKENS.strength(2))] == [None, None, 3]
    assert grammar.stated == {3: (LIKES, 2)}
    assert TOKENS.value(3) not in grammar.allowed()
    assert TOLD in grammar.allowed()


def test_words_outside_the_frames_have_no_token():
    with pytest.raises(KeyError):
        TOKENS.word("obey")
