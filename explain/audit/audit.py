"""All of it over a seeded sample: the run's own checks first, then every case with its seal, then recipes."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tqdm import tqdm

from explain.audit.counterfactual import counterfactual_figures, search_recipes
from explain.audit.draw import AuditCase, draw_cases
from explain.audit.judged import Judged, Named, case_figures, judge, name_modality, truth_figures
from explain.audit.randomised import Randomisation, randomise
from explain.audit.seeds import Seeds, top_of_others, train_others, users_to_keep
from explain.audit.truth import load_planted
from mspa_model.runs import Run

MAP_KEYS = ("trustworthiness", "continuity", "knn15", "knn15_pca", "knn15_random", "seed_overlap")
VERSION = 1


def audit(run: Run, sample: int = 200, seed: int = 0, progress: bool = True, retrain: bool = True) -> dict[str, Any]:
    """The audit's JSON, as `save_audit` stores it: figures of the issue's names, what they were made from, what lacks.

    retrain: whether step 0 is trained twice more, without which nothing is known of seeds. The same run, sample and
    seed give the same figures but for the seconds.
    """
    started, missing = time.perf_counter(), []
    cases = list(draw_cases(run, sample, seed))
    bar = tqdm(total=2 * len(cases), desc="parameters drawn anew", disable=not progress)
    randomised = randomise(run, cases, seed)
    bar.set_description("trained with other seeds")
    seeds = _seeds(run, cases) if retrain else None
    bar.set_description("cases and recipes")
    planted = load_planted(run)
    named = [name_modality(run, planted, each) if planted else None for each in cases]
    found = _run_figures(run, cases, randomised, seeds, named, missing)
    audited = replace(run, audit=found)
    judged = _each(cases, lambda each: judge(audited, each), bar)
    colours = [j.told.seal.colour for j in judged]
    if planted:
        found["truth"] = truth_figures(named, colours)
    recipes = search_recipes(run, cases, bar.update)
    bar.close()
    counts = Counter(colours)
    found |= case_figures(judged)
    found |= {
        "counterfactual": counterfactual_figures(recipes),
        "seal": {colour: counts[colour] for colour in ("green", "amber", "red")},
        "failed": dict(Counter(c.name for j in judged for c in j.told.checks if c.verdict == "fail").most_common()),
        "cases": [_case_row(each, j) for each, j in zip(cases, judged, strict=True)],
        "seconds": round(time.perf_counter() - started, 1),
    }
    return found


def _seeds(run: Run, cases: Sequence[AuditCase]) -> Seeds:
    return top_of_others(run, train_others(run), users_to_keep(run, [each.user_idx for each in cases]))


def _each(cases: Sequence[AuditCase], work: Callable[[AuditCase], Judged], bar: tqdm) -> list[Judged]:
    done = []
    for each in cases:
        done.append(work(each))
        bar.update()
    return done


def _run_figures(
    run: Run,
    cases: Sequence[AuditCase],
    randomised: Randomisation,
    seeds: Seeds | None,
    named: Sequence[Named | None],
    missing: list[str],
) -> dict[str, Any]:
    """What a case's seal cites, known before any case is sealed; the shares by colour come after."""
    if randomised.median is None:
        missing.append("randomisation: no modality in use has 100 features or more")
    if seeds is None:
        missing.append("seeds: no other training was made")
    if not any(named):
        missing.append("truth: the data set has none beside it, or no case has a history of ten")
    quality = run.map.quality if run.map else {}
    absent = [key for key in MAP_KEYS if key not in quality]
    if absent:
        missing.append(f"map: this run does not know {', '.join(absent)}")
    return {
        "version": VERSION,
        "n_cases": len(cases),
        "randomisation_median_rho": randomised.median,
        "randomisation_curve": randomised.curve,
        "seeds_top10_share": kept_share(cases, seeds),
        "seeds": None if seeds is None else {"seeds": list(seeds.seeds), "top10": seeds.top10},
        "truth": truth_figures(named, [""] * len(cases)),
        "map": {key: quality.get(key) for key in MAP_KEYS},
        "missing": missing,
    }


def kept_share(cases: Sequence[AuditCase], seeds: Seeds | None) -> float | None:
    """Over cases and the two other trainings, how often the streamer is in the top 10 again."""
    if seeds is None or not cases:
        return None
    ids = [str(each.case.user_id) for each in cases]
    kept = [each.streamer_idx in top for each, user in zip(cases, ids, strict=True) for top in seeds.top10[user]]
    return sum(kept) / len(kept)


def _case_row(each: AuditCase, judged: Judged) -> dict[str, Any]:
    """What the Overview lists of a case."""
    told = judged.told
    return {
        "user_id": each.case.user_id,
        "streamer_id": each.case.streamer_id,
        "place": told.streamer_rank,
        "seal": told.seal.colour,
        "sentence": told.seal.sentence,
    }
