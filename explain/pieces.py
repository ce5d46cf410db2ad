"""Which frame, which second of sound, which words of a streamer carry a modality's part of its score.

A modality's feature is the mean over the rows of its frames, clips or texts. So without some of them it can be made
again exactly (mspa_model/features/again.py), scaled as the run scales it and put through the run's tower; the user,
the weights and all other streamers stay as they are. What a whole input carries is its Shapley value: the mean of
several forgives the loss of any one, so that leaving out one alone says next to nothing. Seconds, sentences and words
are left out inside an input, one at a time, and the rest encoded again; that is exact, and does not add up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil, factorial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from explain.attribution import shapley_of_players
from explain.cutting import Span, sentences, text_without, windows, words, write_without
from explain.narrate import SMALLEST, counted, name_of, ordinal, points
from explain.types import Carried, Carrying, Piece, PieceKind
from mspa_model.errors import MspaError
from mspa_model.features.again import Again, Input, can_be_made_again, inputs_of
from mspa_model.features.encode import read_one
from mspa_model.features.sound_encoder import RATE, read_clip
from mspa_model.ranking.order import ahead
from mspa_model.runs import Run, read_stored
from mspa_model.types import SOURCES, Modality, Ranking, Source, Step

MAX_PIECES = 60  # seconds or sentences of a streamer, and as many words
OPENED = 3  # sentences whose words are left out one at a time
MOST_SETS = 10  # inputs of which every set is tried: 1,024
N_ORDERS = 40  # of the inputs, drawn where they are more
RELATIVE_LIMIT, ABSOLUTE_LIMIT = 0.01, 1e-3  # of the whole, and in points, that the feature made again may miss
_AT_ONCE = 8  # pieces encoded between two words of progress
_NOUNS = {Modality.VISUAL: "frame", Modality.AUDIO: "clip", Modality.TEXT: "text"}
Progress = Callable[[float], None]


def unopened(run: Run, modality: Modality, streamer_idx: int) -> str:
    """One sentence: why no frame, second or word of this streamer can be left out; empty where they can."""
    noun, name = _NOUNS[modality], name_of(run.dataset, streamer_idx)
    if modality not in run.features.modalities or not run.features.present[modality][streamer_idx]:
        return f"{name} has no {modality.value} features, so there is no {noun} to leave out."
    if not can_be_made_again(run.features, modality):
        return f"The {modality.value} features of this set came ready-made, so no {noun} can be left out or played."
    if not inputs_of(run.dataset, modality, streamer_idx):
        return f"No {noun} of {name} is kept in the dataset folder, so none can be left out or played."
    return ""


def carrying(
    run: Run, step: Step, modality: Modality, streamer_idx: int, progress: Progress = lambda _: None
) -> Carrying:
    """What the modality of one streamer is carried by, for the user of this step.

    progress gets the share that is done. Raises MspaError where nothing can be left out (unopened), EncoderError where
    the run's encoder is not on this machine.
    """
    reason = unopened(run, modality, streamer_idx)
    if reason:
        raise MspaError(f"“{reason}”", "one with frames, clips or texts", "Choose another.")
    inputs = inputs_of(run.dataset, modality, streamer_idx)
    found = read_one(run.dataset, modality, run.config.features, run.device, read_stored(run.files))
    assert found is not None  # it is among the run's modalities
    again = Again(modality, run.config.features, found[0], run.device)
    rows = again.encode([given.path or given.text for given in inputs])
    left = _Left(again, rows, _worth_of(run, step, modality), _Places(step.ranking, streamer_idx))
    shares, exact = _shares(left)
    carried = tuple(
        Carried(label, float(share), *left.without(n), given.segment_row, given.path, given.text)
        for n, (given, label, share) in enumerate(zip(inputs, _labels(modality, inputs), shares, strict=True))
    )
    pieces, note = _pieces(modality, inputs, left, progress)
    own = torch.from_numpy(run.features.arrays[modality][[streamer_idx]])
    drift = abs(left.whole - float(left.worth(own, torch.ones(1))[0]))
    done = Carrying(
        modality,
        streamer_idx,
        name_of(run.dataset, streamer_idx),
        left.whole,
        left.places.after(0.0),
        left.places.after(left.whole),
        carried,
        pieces,
        exact,
        drift,
        max(RELATIVE_LIMIT * abs(left.whole), ABSOLUTE_LIMIT),
        "",
        note,
    )
    progress(1.0)
    return replace(done, sentence=_sentence(done))


@dataclass(frozen=True)
class _Places:
    """Ranks by score of one streamer whose score falls while all others stay."""

    ranking: Ranking
    streamer_idx: int

    def after(self, lost: float) -> int | None:
        if self.ranking.score_rank_of(self.streamer_idx) is None:
            return None
        others = self.ranking.by_score[self.ranking.by_score != self.streamer_idx]
        scores = self.ranking.scores.double()
        own = scores[self.streamer_idx, None] - lost
        return 1 + int(ahead(scores[others], others, own, self.streamer_idx).sum())


Worth = Callable[[Tensor, Tensor], Float[Tensor, " batch"]]


def _worth_of(run: Run, step: Step, modality: Modality) -> Worth:
    """Features and whether they are there to weight x fit, less that of a streamer without the modality."""
    weight = float(step.ranking.weights[SOURCES.index(Source(modality.value))])
    vector = run.recommender.user_vector(step.preference, modality).detach().double() * weight
    tower = run.recommender.tower(modality)

    @torch.no_grad()
    def worth(features: Tensor, present: Tensor) -> Tensor:
        return (tower(features.to(vector.device)).double() @ vector).cpu() * present

    return worth


@dataclass(frozen=True)
class _Left:
    """A streamer's inputs as encoded, and what it is worth with some of them or with one of them changed."""

    again: Again
    rows: Float[np.ndarray, "n feature_dim"]
    worth: Worth
    places: _Places

    @property
    def whole(self) -> float:
        return float(self.of_sets(np.ones((1, len(self.rows)), dtype=bool))[0])

    def of_sets(
        self, sets: Bool[np.ndarray, "n_sets n"], rows: Float[np.ndarray, "n feature_dim"] | None = None
    ) -> Float[Tensor, " n_sets"]:
        features, present = self.again.features(self.rows if rows is None else rows, sets)
        return self.worth(torch.from_numpy(features), torch.from_numpy(present))

    def without(self, n: int) -> tuple[float, int | None]:
        """Points lost without input n, and the place then."""
        return self._lost(np.arange(len(self.rows)) != n, self.rows)

    def changed(self, n: int, row: Float[np.ndarray, " feature_dim"]) -> tuple[float, int | None]:
        """The same where input n has another row."""
        rows = self.rows.copy()
        rows[n] = row
        return self._lost(np.ones(len(rows), dtype=bool), rows)

    def _lost(self, kept: np.ndarray, rows: np.ndarray) -> tuple[float, int | None]:
        lost = self.whole - float(self.of_sets(kept[None], rows)[0])
        return lost, self.places.after(lost)


def _shares(left: _Left) -> tuple[Float[np.ndarray, " n"], bool]:
    """Shapley values of the inputs, and whether they are over every set of them."""
    n = len(left.rows)
    if n > MOST_SETS:
        return shapley_of_players(lambda sets: left.of_sets(sets.bool().numpy()).float(), n, N_ORDERS), False
    sets = (np.arange(2**n)[:, None] >> np.arange(n)) % 2 == 1
    return exact_shares(left.of_sets(sets).numpy(), sets), True


def exact_shares(worth: Float[np.ndarray, " n_sets"], sets: Bool[np.ndarray, "n_sets n"]) -> Float[np.ndarray, " n"]:
    """Shapley values of n players. sets: every set of them, the binary digits of its row number; worth: of each."""
    n = sets.shape[1]
    sizes = sets.sum(1)
    chance = np.array([factorial(size) * factorial(n - 1 - size) / factorial(n) for size in range(n)])
    shares = np.zeros(n)
    for player in range(n):
        before = np.flatnonzero(~sets[:, player])
        shares[player] = (chance[sizes[before]] * (worth[before | (1 << player)] - worth[before])).sum()
    return shares


def _pieces(
    modality: Modality, inputs: Sequence[Input], left: _Left, progress: Progress
) -> tuple[tuple[Piece, ...], str]:
    """Seconds, or sentences and then words of the strongest of them; and what was not tried."""
    if modality is Modality.AUDIO:
        return _seconds(inputs, left, progress)
    if modality is Modality.VISUAL:
        return (), ""
    spans = [(n, span) for n, given in enumerate(inputs) for span in sentences(given.text)]
    told = _left_out("sentence", inputs, left, spans[:MAX_PIECES], lambda done: progress(done / 2))
    strongest = sorted(told, key=lambda piece: -abs(piece.lost))[:OPENED]
    inside = ((p.of, span) for p in strongest for span in words(inputs[p.of].text, (int(p.start), int(p.stop))))
    opened = _left_out("word", inputs, left, list(islice(inside, MAX_PIECES)), lambda done: progress((1 + done) / 2))
    said = f"Words were left out in the {counted(len(strongest), 'sentence')} that carry most, either way."
    if len(spans) > MAX_PIECES:
        said += f" Of {len(spans)} sentences the first {MAX_PIECES} were left out."
    return (*told, *opened), said


def _left_out(
    kind: PieceKind, inputs: Sequence[Input], left: _Left, spans: Sequence[tuple[int, Span]], progress: Progress
) -> tuple[Piece, ...]:
    """Each span of a text left out alone; a text of which nothing stays is left out whole."""
    texts = [text_without(inputs[n].text, span) for n, span in spans]
    encoded = iter(_encoded(left.again, [text for text in texts if text], progress))
    pieces = []
    for (n, span), text in zip(spans, texts, strict=True):
        lost = left.changed(n, next(encoded)) if text else left.without(n)
        pieces.append(Piece(kind, n, *map(float, span), inputs[n].text[slice(*span)], *lost))
    return tuple(pieces)


def _seconds(inputs: Sequence[Input], left: _Left, progress: Progress) -> tuple[tuple[Piece, ...], str]:
    """Windows of a second; of more where the clips are long, so that all is covered."""
    clips = [read_clip(given.path) for given in inputs if given.path is not None]
    length = max(1, ceil(sum(map(len, clips)) / RATE / MAX_PIECES))
    spans = [(n, span) for n, clip in enumerate(clips) for span in windows(len(clip), length)]
    rest = [(n, span) for n, span in spans if span[1] - span[0] < len(clips[n])]
    with TemporaryDirectory() as folder:
        paths = [write_without(clips[n], span, Path(folder, f"{i}.wav")) for i, (n, span) in enumerate(rest)]
        encoded = iter(_encoded(left.again, paths, progress))
        pieces = [
            Piece(
                "second",
                n,
                span[0] / RATE,
                span[1] / RATE,
                "",
                *(left.changed(n, next(encoded)) if (n, span) in rest else left.without(n)),
            )
            for n, span in spans
        ]
    return tuple(pieces), "" if length == 1 else f"The clips are long, so {length} seconds were left out at a time."


def _encoded(again: Again, given: Sequence[Path] | Sequence[str], progress: Progress) -> list[np.ndarray]:
    rows: list[np.ndarray] = []
    for start in range(0, len(given), _AT_ONCE):
        progress(start / len(given))
        rows.extend(again.encode(given[start : start + _AT_ONCE]))
    return rows


def _labels(modality: Modality, inputs: Sequence[Input]) -> list[str]:
    """ "frame 1 of 3"; "profile text", "speech and comments 1 of 8"."""
    noun = "speech and comments" if modality is Modality.TEXT else _NOUNS[modality]
    n = sum(given.segment_row >= 0 for given in inputs)
    numbers = iter(range(1, n + 1))
    return ["profile text" if given.segment_row < 0 else f"{noun} {next(numbers)} of {n}" for given in inputs]


def _sentence(found: Carrying) -> str:
    """What the modality is worth, where it is largest, and what pieces do alone and together."""
    worth = "adds" if found.whole >= 0 else "takes away"
    lead = f"{found.name}'s {found.modality.value} {worth} {points(found.whole)} points against having none"
    if found.place is not None and found.place_without is not None:
        now, then = ordinal(found.place), ordinal(found.place_without)
        lead += f": it stands {now} by score, " + (f"{then} without it" if now != then else "without it too")
    lead += "."
    if abs(found.whole) < SMALLEST:
        return f"{lead} So there is next to nothing to take apart."
    if len(found.inputs) == 1:
        lead += f" All of it is in its one {_NOUNS[found.modality]}."
    else:
        first = max(found.inputs, key=lambda given: given.share * np.sign(found.whole))
        lead += f" The largest share is that of {first.label}: {points(first.share)} of these points."
    for kind in ("second", "sentence"):
        lead += _together(found, kind)
    if found.drift > found.limit:
        lead += (
            f" The feature made again on this machine misses the run's own by {points(found.drift)} points, so "
            "these figures hold for this machine's encoder alone."
        )
    return lead


def _together(found: Carrying, kind: PieceKind) -> str:
    """Deletion is not additive: what single ones say beside what all together say."""
    pieces = found.of_kind(kind)
    if len(pieces) < 2:
        return ""
    most, summed = max(abs(piece.lost) for piece in pieces), found.together(kind)
    return (
        f" Left out alone, no {kind} moves the score by more than {points(most)} points. The {len(pieces)} moves sum "
        f"to {_move(summed)}, where leaving all out at once makes {_move(found.whole)}: what lies between, several "
        f"{kind}s carry together, and the loss of one is made good by the rest."
    )


def _move(lost: float) -> str:
    return f"a {'loss' if lost >= 0 else 'gain'} of {points(lost)}"
