"""The grammar that writing follows: statements, then two to five sentences that say them and nothing else."""

import numpy as np
from jaxtyping import Bool

from mspa_model.preference.claims import MAX_STATEMENTS, STRENGTHS
from mspa_model.preference.lift import Lift, Lifts
from mspa_model.preference.tokens import AVOIDS, LIKES, STOP, TOLD, Tokens
from mspa_model.preference.wordings import FEW_TIPS, SLOT, SentenceKind, frames_of, sentences_of

STRONG_BUCKET = 2


class Grammar:
    """What may come next in one text. Ask allowed(), push() one of it, until done.

    supported: values that a tipped streamer has; only these may be liked. A text says a value once, in the sentence
    of its tier, and no surer than n_tipped allows. lifts: of the history; a tier is then no higher than the tips have
    earned, and prose leaves out what they contradict. Without, tiers go by strength alone.
    """

    def __init__(
        self,
        tokens: Tokens,
        supported: Bool[np.ndarray, " n_values"],
        n_tipped: int,
        lifts: Lifts | None = None,
    ) -> None:
        self.tokens, self.supported, self.n_tipped, self.lifts = tokens, supported, n_tipped, lifts
        self.stated: dict[int, tuple[int, int]] = {}  # value_idx: (polarity token, bucket), in order
        self.prose: list[int] = []
        self.done = False
        self._open: list[int] = []  # tokens of the statement being written
        self._sentences: _Sentences | None = None

    @property
    def telling(self) -> bool:
        """True while statements are written."""
        return self._sentences is None

    @property
    def at_start(self) -> bool:
        """True where the next token begins a statement or ends them."""
        return self.telling and not self._open

    def allowed(self) -> list[int]:
        """Tokens that may come next; never empty before done."""
        if self._sentences is not None:
            return self._sentences.allowed()
        if not self._open:
            return [TOLD, *self._values()]
        if len(self._open) == 1:
            return self._polarities(self.tokens.value_idx(self._open[0]) or 0)
        return [self.tokens.strength(bucket) for bucket in range(len(STRENGTHS))]

    def push(self, token: int) -> int | None:
        """Take the next token; the value_idx of the statement that it completes, if it does."""
        if self._sentences is not None:
            self.done = self._sentences.push(token)
            if not self.done:
                self.prose.append(token)
            return None
        if token == TOLD:
            self._sentences = _Sentences(self.tokens, self._tiers(), self.n_tipped)
            return None
        self._open.append(token)
        if len(self._open) < 3:
            return None
        value, (_, polarity, strength) = self.tokens.value_idx(self._open[0]), self._open
        self._open = []
        assert value is not None
        self.stated[value] = (polarity, strength - self.tokens.first_strength)
        return value

    def _values(self) -> list[int]:
        if len(self.stated) >= MAX_STATEMENTS or self.n_tipped == 0:
            return []
        return [self.tokens.value(v) for v in range(self.tokens.n_values) if v not in self.stated]

    def _polarities(self, value: int) -> list[int]:
        return [LIKES, AVOIDS] if self.supported[value] else [AVOIDS]

    def _tiers(self) -> dict[SentenceKind, list[int]]:
        kinds: tuple[SentenceKind, ...] = ("strong", "liked", "avoided", "maybe liked", "maybe avoided")
        tiers: dict[SentenceKind, list[int]] = {kind: [] for kind in kinds}
        for value, (polarity, bucket) in self.stated.items():
            kind = tier_of(polarity == LIKES, bucket)
            earned = kind if self.lifts is None else earned_tier(kind, self.lifts.of(value))
            if earned is not None:
                tiers[earned].append(self.tokens.value(value))
        return tiers


def tier_of(liked: bool, bucket: int) -> SentenceKind:
    """The kind of sentence that says a statement."""
    if not liked:
        return "avoided"
    return "strong" if bucket >= STRONG_BUCKET else "liked"


def earned_tier(kind: SentenceKind, lift: Lift) -> SentenceKind | None:
    """The kind of sentence, no surer than the tips allow; None for what they contradict. Few tips hedge every kind."""
    grade = lift.grade(-1 if kind == "avoided" else 1)
    if grade == "contrary":
        return None
    if lift.n_tipped < FEW_TIPS:
        return kind
    if grade == "possible":
        return "maybe avoided" if kind == "avoided" else "maybe liked"
    return "liked" if kind == "strong" and grade != "far" else kind


class _Sentences:
    """The prose part: sentence after sentence, each along the frames of its kind that fit what was written so far."""

    def __init__(self, tokens: Tokens, tiers: dict[SentenceKind, list[int]], n_tipped: int) -> None:
        self.tokens, self.n_tipped = tokens, n_tipped
        self._ahead = sentences_of(tiers)
        self._alive: list[list[str]] = []
        self._unsaid: list[int] = []
        self._in_list = self._joined = False
        self._next_sentence()

    def allowed(self) -> list[int]:
        if not self._alive:
            return [STOP]
        if self._in_list and not self._joined:
            return [self.tokens.word("and" if len(self._unsaid) == 1 else ",")]
        if self._in_list:
            return self._unsaid
        heads = dict.fromkeys(frame[0] for frame in self._alive)
        return [t for head in heads for t in (self._unsaid if head == SLOT else [self.tokens.word(head)])]

    def push(self, token: int) -> bool:
        """True where the text is at its end."""
        if token == STOP:
            return True
        if self.tokens.value_idx(token) is not None:
            self._say(token)
        elif self._in_list:
            self._joined = True
        else:
            self._alive = [f[1:] for f in self._alive if f[0] != SLOT and self.tokens.word(f[0]) == token]
        if not any(self._alive):
            self._next_sentence()
        return False

    def _say(self, value: int) -> None:
        self._unsaid = [v for v in self._unsaid if v != value]
        if not self._in_list:
            self._alive = [f for f in self._alive if f[0] == SLOT]
        self._in_list, self._joined = bool(self._unsaid), False
        if not self._in_list:
            self._alive = [f[1:] for f in self._alive]

    def _next_sentence(self) -> None:
        self._alive = []
        if self._ahead:
            kind, values = self._ahead.pop(0)
            self._alive, self._unsaid = [frame.split() for frame in frames_of(kind, self.n_tipped)], values
