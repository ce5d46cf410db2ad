"""How good composers' texts are, on users set aside: against the truth, the teacher, the tips and reference prose."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from mspa_model.preference.composer import Composer
from mspa_model.runs import Run
from mspa_model.training.metrics import interval
from mspa_model.training.text.draws import FEW, N_DRAWS
from mspa_model.training.text.ground import Ground, ground_of, texts_of
from mspa_model.training.text.language import ENCODER, MAX_TOKENS, NUM_LAYERS
from mspa_model.training.text.references import HELD_OUT
from mspa_model.training.text.rivals import rivals
from mspa_model.training.text.rows import PROSE_DRAWS, Measures, Rows, claim_rows, prose_rows
from mspa_model.training.text.systems import TextSystem, system_of
from mspa_model.training.text.truth import Truth
from mspa_model.training.text.users import TextUsers, text_users
from mspa_model.types import Dataset, Modality, Vocabulary

COMPOSER, COMPACT = "composer", "compact"  # the name a composer is scored by; the one it has in a run
ABLATIONS = tuple(f"{COMPOSER}-{m.value}" for m in Modality)  # scored while training, which alone can make them
PAIRED = (
    *("truth_f1", "truth_f1_sparse", "teacher_f1", "bleu4", "bertscore_f1"),
    *(f"{m.value}_f1" for m in Modality),
)
_DIGITS = 5  # stored: another number of threads moves later ones
_PROSE_DEVICE = torch.device("cpu")  # the same figures on every machine, in half a minute


def measure_text(
    dataset: Dataset,
    vocabulary: Vocabulary,
    teacher_composer: Composer,
    users: TextUsers,
    systems: Sequence[TextSystem],
    seed: int,
    progress: bool = True,
) -> dict[str, Any]:
    """JSON-ready: per system its measures, each the mean over scored users with its 95 % interval; "paired": COMPOSER
    less each other system, user by user; "how": what was measured, and with what.

    A measure that does not apply (no truth, no model behind the text) is None. Takes half a minute for the three
    rivals, and as long as the other systems need for 21 texts a scored user.
    """
    ground = ground_of(dataset, vocabulary, teacher_composer, users, seed)
    texts = {s.name: texts_of(s, ground, progress) for s in systems}
    rows = {s.name: claim_rows(s, texts[s.name], ground) for s in systems}
    for name, prose in prose_rows(texts, ground, _PROSE_DEVICE, progress).items():
        rows[name].update(prose)
    found = {name: {m: _figure(values, seed) for m, values in own.items()} for name, own in rows.items()}
    settings = {s.name: dict(s.setting) for s in systems if s.setting}
    return {**found, "paired": _paired(rows, seed), "how": {**_how(ground), "settings": settings}}


def text_metrics(run: Run, progress: bool = True) -> dict[str, Any] | None:
    """metrics["text"] of a run: its composer and the rivals; ablations are taken over from run.metrics, None where
    they were not trained. None altogether where no user of the set has a long history, so that nobody is scored.
    """
    users = text_users(run.dataset, run.config.seed)
    if not len(users.scored):
        return None
    teacher = run.composers["teacher"]
    own = [system_of(COMPOSER, run.composers[COMPACT])] if COMPACT in run.composers else []
    beside = rivals(run.dataset, run.vocabulary, teacher, users, run.features, run.config)
    found = measure_text(run.dataset, run.vocabulary, teacher, users, (*own, *beside), run.config.seed, progress)
    return with_ablations(run.metrics.get("text") or {}, {COMPOSER: None, **found})


def with_ablations(stored: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """What was found anew, with the composers retrained without a modality as they are stored; None where none is.

    "gain_lost": per modality, the share of the composer's gain over "frequent" in that modality's F1 that went with it.
    """
    names = {_gap(name) for name in ABLATIONS}
    paired = {name: gaps for name, gaps in stored.get("paired", {}).items() if name in names}
    whole = {**found, **{name: stored.get(name) for name in ABLATIONS}, "paired": {**found["paired"], **paired}}
    return {**whole, "gain_lost": {m.value: _gain_lost(whole, m) for m in Modality}}


def _gain_lost(found: Mapping[str, Any], modality: Modality) -> float | None:
    """None where one of the three was not measured, or where there was no gain to lose."""
    names = (COMPOSER, f"{COMPOSER}-{modality.value}", "frequent")
    figures = [(found.get(name) or {}).get(f"{modality.value}_f1") or {} for name in names]
    full, without, base = (figure.get("value") for figure in figures)
    if None in (full, without, base) or full <= base:
        return None
    return round((full - without) / (full - base), _DIGITS)


def _figure(values: Rows | None, seed: int) -> dict[str, float | None] | None:
    """Mean over the users that have one, with its interval."""
    if values is None:
        return None
    found = asdict(interval(values[np.isfinite(values)], seed))
    return {name: None if number is None else round(number, _DIGITS) for name, number in found.items()}


def _paired(rows: Mapping[str, Measures], seed: int) -> dict[str, Any]:
    own = rows.get(COMPOSER)
    if own is None:
        return {}
    return {
        _gap(name): {m: _figure(_less(own[m], other[m]), seed) for m in PAIRED}
        for name, other in rows.items()
        if name != COMPOSER
    }


def _gap(name: str) -> str:
    return f"{COMPOSER}_minus_{name}"


def _less(after: Rows | None, before: Rows | None) -> Rows | None:
    return None if after is None or before is None else after - before


def _how(ground: Ground) -> dict[str, Any]:
    return {
        "n_users": len(ground.whole),
        "draws": {"a_user": N_DRAWS, "tips": FEW, "with_prose": PROSE_DRAWS},
        "references": {"wordings": len(HELD_OUT), "say": "the teacher's statements of the whole train history"},
        "bleu4": {"package": f"sacrebleu {version('sacrebleu')}", "is": "mean of sentence BLEU-4"},
        "bertscore_f1": {
            "package": f"bert-score {version('bert-score')}",
            "encoder": ENCODER,
            "num_layers": NUM_LAYERS,
            "max_tokens": MAX_TOKENS,
            "rescaled": False,
        },
        "distinct": "numbers stripped",
        "truth": None if ground.truth is None else _how_mapped(ground.truth, ground),
    }


def _how_mapped(truth: Truth, ground: Ground) -> dict[str, Any]:
    """stands_for: the planted value of each vocabulary value; unsayable: planted values that no value stands for, which
    stay in the recall's denominator; sayable_share: of the scored users' planted statements.
    """
    names = [f"{p.aspect}: {p.value}" for p in truth.planted]
    values = zip(ground.vocabulary.values, truth.planted_of.tolist(), strict=True)
    sayable = np.isin(np.arange(len(names)), truth.planted_of)
    held = truth.holds[ground.users.scored] != 0
    modality = np.array([p.modality.value for p in truth.planted])
    return {
        "stands_for": {f"{v.aspect}: {v.name}": names[p] if p >= 0 else None for v, p in values},
        "unsayable": [name for name, said in zip(names, sayable, strict=True) if not said],
        "sayable_share": round(float(held[:, sayable].sum() / max(1, held.sum())), _DIGITS),
        "statements_a_user": round(float(held.sum() / max(1, len(held))), _DIGITS),
        "users_with_a_statement": {m.value: int(held[:, modality == m.value].any(1).sum()) for m in Modality},
    }
