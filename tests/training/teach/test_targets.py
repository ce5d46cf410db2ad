"""What is taught follows the grammar, token by token, and leaves out what a part cannot bear out."""

import numpy as np

from mspa_model.preference.decoding import Grammar
from mspa_model.preference.tokens import AVOIDS, LIKES, START, STOP, TOLD, Tokens
from mspa_model.preference.wordings import words_taught
from mspa_model.training.teach.targets import target_of

TOKENS = Tokens(4, words_taught())
STRENGTHS = np.array([0.2, -0.6, 0.9, 0.0], dtype=np.float32)


def test_strongest_first_and_only_what_a_tip_shows():
    supported = np.array([False, False, True, True])
    target = target_of(STRENGTHS, supported, 3, TOKENS, np.random.default_rng(0))
    assert target.tokens[:8] == (
        START,
        *(TOKENS.value(2), LIKES, TOKENS.strength(3)),
        *(TOKENS.value(1), AVOIDS, TOKENS.strength(2)),
        TOLD,
    )
    assert (target.told, target.ends, target.values) == (8, (3, 6), (2, 1))
    assert target.tokens[-1] == STOP


def test_every_target_is_a_way_through_the_grammar():
    rng = np.random.default_rng(1)
    for _ in range(200):
        strengths = (rng.uniform(-1, 1, 4) * (rng.random(4) < 0.6)).astype(np.float32)
        supported = rng.random(4) < 0.7
        n = int(rng.integers(1, 40))
        grammar = Grammar(TOKENS, supported, n)
        for token in target_of(strengths, supported, n, TOKENS, rng).tokens[1:]:
            assert token in grammar.allowed()
            grammar.push(token)
        assert grammar.done
