"""The measures of texts, one number a scored user: the mean over the user's texts, NaN where none can be measured.

A row a user is what intervals are drawn from: texts of one user resemble each other and are no independent sample.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from tqdm import tqdm

from mspa_model.training.text.ground import Ground, Texts
from mspa_model.training.text.language import BertScore, bleu4, no_one_elses
from mspa_model.training.text.overlap import (
    NOTHING,
    claims_on_truth,
    evidence_precision,
    evidence_truth,
    f1,
    of_modality,
    planted_claims,
    taught_claims,
    written_precision,
)
from mspa_model.training.text.systems import TextSystem
from mspa_model.training.text.truth import Truth
from mspa_model.types import Modality, Preference

PROSE_DRAWS = 3  # sparse draws of a user whose prose is held against the references
_USERS_A_CHUNK = 40  # whose prose is encoded at once, by all systems: about 100 MB
Rows = Float[np.ndarray, " n_users"]
Measures = dict[str, Rows | None]


def claim_rows(system: TextSystem, texts: Texts, ground: Ground) -> Measures:
    """Everything but prose. None: the measure does not apply to this system or set."""
    told = [taught_claims(statements) for statements in ground.told]
    pairs = list(zip(texts.sparse, told, strict=True))
    return {
        **truth_rows(texts, ground),
        "teacher_f1": _rows(_mean(f1(taught_claims(p.statements), own) for p in drawn) for drawn, own in pairs),
        "evidence_precision": _rows(evidence_precision(p, ground.vocabulary) for p in texts.whole),
        "evidence_precision_free": _free_rows(system, ground),
        "parses": _parse_rows(system, ground),
        "distinct": no_one_elses([p.text for p in texts.whole], ground.vocabulary).astype(np.float64),
        "distinct_claims": _alone([taught_claims(p.statements) for p in texts.whole]),
    }


def truth_rows(texts: Texts, ground: Ground) -> Measures:
    """F1 against the planted statements, of all modalities and of each, and evidence that truly shows what is said."""
    names = ["truth_f1", "truth_f1_sparse", *(f"{m.value}_f1" for m in Modality), "evidence_truth"]
    truth = ground.truth
    if truth is None:
        return dict.fromkeys(names)
    planted = [planted_claims(truth, int(u)) for u in ground.users.scored]
    sparse = zip(texts.sparse, planted, strict=True)
    rows = [
        _rows(_truth_f1(p, own, truth) for p, own in zip(texts.whole, planted, strict=True)),
        _rows(_mean(_truth_f1(p, own, truth) for p in drawn) for drawn, own in sparse),
        *(_modality_rows(texts.whole, planted, m, truth, ground) for m in Modality),
        _rows(evidence_truth(p, truth) for p in texts.whole),
    ]
    return dict(zip(names, rows, strict=True))


def _truth_f1(preference: Preference, planted: frozenset[tuple[int, int]], truth: Truth) -> float:
    return f1(claims_on_truth(preference.statements, truth), planted)


def _modality_rows(
    whole: Sequence[Preference], planted: Sequence[frozenset], modality: Modality, truth: Truth, ground: Ground
) -> Rows:
    """Of users with a planted statement in the modality: where there is none, keeping silent would be worth 1, and who
    cannot see would be paid for it.
    """

    def score(preference: Preference, own: frozenset) -> float:
        true = of_modality(own, modality, truth, ground.vocabulary)
        said = of_modality(claims_on_truth(preference.statements, truth), modality, truth, ground.vocabulary)
        return f1(said, true) if true else NOTHING

    return _rows(score(p, own) for p, own in zip(whole, planted, strict=True))


def _free_rows(system: TextSystem, ground: Ground) -> Rows | None:
    if system.free is None:
        return None
    written = system.free(ground.whole)
    return _rows(written_precision(w, h, ground.vocabulary) for w, h in zip(written, ground.whole, strict=True))


def _parse_rows(system: TextSystem, ground: Ground) -> Rows:
    """1 where what was written of the whole history could be read to its end; plain sentences always can."""
    if system.write is None:
        return np.ones(len(ground.whole))
    return _rows(float(w.parses) for w in system.write(ground.whole))


def prose_rows(
    texts: Mapping[str, Texts], ground: Ground, device: torch.device, progress: bool
) -> dict[str, dict[str, Rows]]:
    """Per system bleu4 and bertscore_f1 of the first sparse draws' prose, against the whole history's references."""
    found: dict[str, dict[str, list[Rows]]] = {name: {"bleu4": [], "bertscore_f1": []} for name in texts}
    bert = BertScore(device) if ground.whole and texts else None
    starts = range(0, len(ground.whole), _USERS_A_CHUNK)
    for start in tqdm(starts, "prose", unit="batch", disable=not progress, leave=False):
        chunk = slice(start, start + _USERS_A_CHUNK)
        prose = [p.text for made in texts.values() for own in made.sparse[chunk] for p in own[:PROSE_DRAWS]]
        references = [r for r in ground.references[chunk] for _ in range(PROSE_DRAWS)] * len(texts)
        for measure, scores in (("bleu4", bleu4(prose, references)), ("bertscore_f1", bert.f1(prose, references))):
            for name, own in zip(texts, scores.reshape(len(texts), -1, PROSE_DRAWS), strict=True):
                found[name][measure].append(own.mean(1))
    return {name: {m: np.concatenate([np.zeros(0), *parts]) for m, parts in own.items()} for name, own in found.items()}


def _alone(claims: Sequence[frozenset]) -> Rows:
    """1 where nobody else is told the same claims, however they are worded."""
    counts = Counter(claims)
    return _rows(counts[own] == 1 for own in claims)


def _rows(values: Iterable[float]) -> Rows:
    return np.array(list(values), dtype=np.float64)


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
