"""Key phrases of streamers' texts: words and pairs of words whose streamers also resemble each other."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float
from scipy.sparse import csr_matrix

MAX_SHARE = 0.3  # of the streamers with a text; a more frequent word is filler
MAX_CANDIDATES = 2_000
SAME_STREAMERS = 0.6  # share of the rarer phrase's streamers that also use the other: the two say the same thing
WORD = re.compile(r"[^\W\d_]{3,}")
LETTERS = re.compile(r"[^\W\d_]+")
CLAUSE_END = re.compile(r"[.,;:!?()\n]")
INSIDE_SENTENCE = re.compile(r"(?<=[\w,;])\s+([^\W\d_]{2,})")  # a word that no full stop stands before
# Beyond scikit-learn's list: verbs and adverbs of any plot or profile, which name no taste.
_MORE_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        begins becomes become comes gets goes takes tries finds make makes making meets set sets based story stories
        tells discovers decides new old just like really yeah okay let lets going gonna got know knows think say says
        said thing things way people don won doesn isn years year day days time help soon turns left leave leaves man
        woman group film movie stream streamer streaming tonight today hey hello thanks thank chat
        """,
    )
)


@cache
def stop_words() -> frozenset[str]:
    """English words that name no taste: scikit-learn's and ours."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # half a second to import; few runs are trained

    return ENGLISH_STOP_WORDS | _MORE_STOP_WORDS


@dataclass(frozen=True)
class Phrase:
    """A word or a pair of words and who uses it."""

    words: str
    has: Bool[np.ndarray, " n_streamers"]


def key_phrases(
    texts: list[str],
    rows: Float[np.ndarray, "n_streamers feature_dim"] | None,
    n_phrases: int,
    min_streamers: int,
    barred: frozenset[str],
) -> tuple[Phrase, ...]:
    """The n_phrases that tell streamers apart best.

    texts: one a streamer, "" where it has none. rows: text features, which decide what coheres; without them tf-idf
    mass does. barred: lower-case words never taken, such as the streamers' own names.
    """
    usable = sum(bool(text.strip()) for text in texts)
    if n_phrases < 1 or usable < 2 * min_streamers:
        return ()
    from sklearn.feature_extraction.text import TfidfVectorizer

    barred = barred | proper_names(texts)
    vectorizer = TfidfVectorizer(
        analyzer=lambda text: terms(text, barred),
        min_df=min_streamers,
        max_df=max(MAX_SHARE * usable / len(texts), min_streamers / len(texts)),
    )
    try:
        weights = vectorizer.fit_transform(texts)
    except ValueError:  # scikit-learn's way to say that no word is left
        return ()
    return _select(weights, vectorizer.get_feature_names_out(), rows, n_phrases)


def terms(text: str, barred: frozenset[str]) -> list[str]:
    """Telling words, and pairs of them that stand side by side in the text: a quotation must be found in it."""
    found: list[str] = []
    for clause in CLAUSE_END.split(text.lower()):
        words = [
            w if WORD.fullmatch(w) and w not in stop_words() and w not in barred else ""
            for w in LETTERS.findall(clause)
        ]
        found.extend(w for w in words if w)
        found.extend(f"{a} {b}" for a, b in pairwise(words) if a and b)
    return found


def proper_names(texts: list[str]) -> frozenset[str]:
    """Words that inside sentences are written with a capital nearly always: names of people and places, not topics.

    Empty where the language writes many words so (German), or has no capitals.
    """
    capital, plain = Counter(), Counter()
    for text in texts:
        for word in INSIDE_SENTENCE.findall(text):
            (capital if word[0].isupper() else plain)[word.lower()] += 1
    total = capital.total() + plain.total()
    if not total or capital.total() > 0.3 * total:
        return frozenset()
    return frozenset(w for w, n in capital.items() if n > 2 * plain[w])


def _select(weights: csr_matrix, names: np.ndarray, rows: np.ndarray | None, n_phrases: int) -> tuple[Phrase, ...]:
    mass = np.asarray(weights.sum(axis=0)).ravel()
    candidates = np.argsort(-mass, kind="stable")[:MAX_CANDIDATES]
    has = (weights[:, candidates] > 0).toarray()
    worth = mass[candidates] if rows is None else coherence(has, rows)
    chosen: list[int] = []
    for i in np.argsort(-worth, kind="stable"):
        if worth[i] <= 0 or len(chosen) == n_phrases:
            break
        if not any(_overlap(has[:, i], has[:, j]) > SAME_STREAMERS for j in chosen):
            chosen.append(int(i))
    return tuple(Phrase(str(names[candidates[i]]), has[:, i]) for i in chosen)


def coherence(
    has: Bool[np.ndarray, "n_streamers n_candidates"], rows: Float[np.ndarray, "n_streamers feature_dim"]
) -> Float[np.ndarray, " n_candidates"]:
    """Variance of the features that a candidate explains beyond chance, in units of one streamer's. Ours.

    For n rows drawn at random from centred features E|mean|^2 = trace(covariance) / n, which
    gives 0. (The mean similarity of its streamers instead favours pairs of words that five of them use.)
    """
    counts = has.sum(axis=0).clip(min=1)
    means = (has.T.astype(np.float32) @ rows) / counts[:, None]
    one = float((rows**2).sum(axis=1).mean()) + 1e-12
    return counts * (means**2).sum(axis=1) / one - 1


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max(min(a.sum(), b.sum()), 1))
