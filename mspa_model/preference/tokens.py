"""The composer's own tokenizer: a closed list of marks, words and one token for each (aspect, value)."""

from dataclasses import dataclass
from functools import cached_property

from mspa_model.preference.claims import STRENGTHS
from mspa_model.preference.wordings import words_taught
from mspa_model.types import Vocabulary

PAD, START, TOLD, STOP, LIKES, AVOIDS = range(6)
MARKS = ("<pad>", "<start>", "<told>", "<stop>", "<likes>", "<avoids>")


@dataclass(frozen=True)
class Tokens:
    """Token ids: marks, strength buckets, words, then values in the vocabulary's order.

    START opens the statements, TOLD ends them and opens the prose, STOP ends the prose.
    """

    n_values: int
    words: tuple[str, ...]

    @property
    def first_strength(self) -> int:
        return len(MARKS)

    @property
    def first_word(self) -> int:
        return len(MARKS) + len(STRENGTHS)

    @property
    def first_value(self) -> int:
        """Also the number of tokens that no data set changes."""
        return self.first_word + len(self.words)

    def __len__(self) -> int:
        return self.first_value + self.n_values

    @cached_property
    def _word_ids(self) -> dict[str, int]:
        return {word: self.first_word + i for i, word in enumerate(self.words)}

    def word(self, word: str) -> int:
        """Token of a taught word; KeyError on any other."""
        return self._word_ids[word]

    def value(self, value_idx: int) -> int:
        """Token of a value."""
        return self.first_value + value_idx

    def value_idx(self, token: int) -> int | None:
        """The value of a token; None where it is another kind of token."""
        return token - self.first_value if token >= self.first_value else None

    def strength(self, bucket: int) -> int:
        """Token of a strength bucket."""
        return self.first_strength + bucket

    def spell(self, tokens: list[int], vocabulary: Vocabulary) -> list[str]:
        """Words and labels of prose tokens."""
        found = []
        for token in tokens:
            value = self.value_idx(token)
            found.append(self.words[token - self.first_word] if value is None else vocabulary.values[value].label)
        return found


def tokens_of(vocabulary: Vocabulary) -> Tokens:
    """The tokens of a data set's vocabulary."""
    return Tokens(len(vocabulary.values), words_taught())
