"""Sound cut into seconds and text into sentences and words, and what is left without one of them."""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile
from jaxtyping import Float

from mspa_model.features.sound_encoder import RATE

_SENTENCE = re.compile(r"[^.!?。！？]+[.!?。！？]*")
_WORD = re.compile(r"\w[\w'’-]*")
Span = tuple[int, int]  # of characters


def windows(n_samples: int, seconds: int) -> tuple[Span, ...]:
    """Where each window of so many seconds starts and stops, in samples; the last takes what is left over."""
    n = max(1, n_samples // (seconds * RATE))
    edges = [i * seconds * RATE for i in range(n)] + [n_samples]
    return tuple(pairwise(edges))


def write_without(samples: Float[np.ndarray, " n_samples"], span: Span, path: Path) -> Path:
    """The clip with a window cut out and its ends joined, as a file that read_clip() reads sample for sample.

    Cut and not silenced: on the sample world a silenced second moves the feature further than the nearest other
    streamer lies, so that one would measure silence (docs/LOG.md).
    """
    soundfile.write(path, np.concatenate([samples[: span[0]], samples[span[1] :]]), RATE, subtype="FLOAT")
    return path


def sentences(text: str) -> tuple[Span, ...]:
    """Where each sentence stands; a text without a full stop is one, and a sentence has a word."""
    return tuple(_trimmed(text, *found.span()) for found in _SENTENCE.finditer(text) if _WORD.search(found.group()))


def words(text: str, span: Span) -> tuple[Span, ...]:
    """Where each word of a sentence stands."""
    return tuple(found.span() for found in _WORD.finditer(text, *span))


def text_without(text: str, span: Span) -> str:
    """The text with a span left out, on one line; empty where nothing is left."""
    return " ".join((text[: span[0]] + " " + text[span[1] :]).split())


def _trimmed(text: str, start: int, stop: int) -> Span:
    inside = text[start:stop]
    return start + len(inside) - len(inside.lstrip()), stop - len(inside) + len(inside.rstrip())
