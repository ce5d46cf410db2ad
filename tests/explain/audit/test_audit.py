"""The audit of a small run: what it measures, what it stores, and that a blind explainer fails it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from explain.attribution.line import Line
from explain.audit.audit import MAP_KEYS, audit, kept_share
from explain.audit.draw import LAST, TOP, AuditCase, draw_cases
from explain.audit.judged import muting_moves
from explain.audit.randomised import LEVELS, randomise, redrawn_run
from explain.audit.seeds import top_of_others, train_others, users_to_keep
from explain.audit.words import audit_lines, audit_words, shown_figures
from explain.pipeline import explain
from mspa_model.config import RunConfig
from mspa_model.errors import RunError
from mspa_model.runs import Run, load_run, save_audit
from mspa_model.types import Modality
from tests.command import Command
from tests.explain.closed_form import closed_form_run
from tests.explain.measured import AUDIT
from tests.worlds import checkerboard, write_world

FIGURES = {
    "n_cases",
    "additivity_max",
    "converged_share",
    "infidelity_better_share",
    "deletion_gap",
    "randomisation_median_rho",
    "seeds_top10_share",
    "truth",
    "counterfactual",
    "seal",
    "map",
    "p95_s",
}


@pytest.fixture(scope="module")
def cases(closed: Run) -> list[AuditCase]:
    return list(draw_cases(closed, 12, 0))


def test_cases_are_seeded_and_a_small_sample_starts_a_large_one(closed: Run, cases: list[AuditCase]) -> None:
    again = list(draw_cases(closed, 12, 0))
    assert [c.case for c in again] == [c.case for c in cases]
    assert [c.user_idx for c in draw_cases(closed, 4, 0)] == [c.user_idx for c in cases[:4]]
    assert [c.case for c in draw_cases(closed, 12, 1)] != [c.case for c in cases]
    assert len({c.case.user_id for c in cases}) == 12
    for each in cases:
        assert 1 <= each.trace.final.ranking.rank_of(each.streamer_idx) <= TOP
        below = [str(s) for s in closed.dataset.streamers["streamer_id"].iloc[each.trace.final.ranking.order[TOP:LAST]]]
        assert each.below_id in below


def test_users_without_tips_are_no_cases(make_closed: Callable[[str], Run]) -> None:
    run = make_closed("user-without-tips")
    assert "u060" not in {c.case.user_id for c in draw_cases(run, 1000, 0)}


@pytest.fixture(scope="module")
def wide(small_config: RunConfig, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[AuditCase]]:
    """The checkerboard with 120 visual and 100 text features, all but the first of each plain noise."""
    world, rng = checkerboard(), np.random.default_rng(1)
    widths = {"visual": 120, "text": 100}
    features = {
        name: np.hstack([world.features[name], rng.normal(0, 0.5, (40, n - world.features[name].shape[1]))])
        for name, n in widths.items()
    }
    features = {name: rows.astype(np.float32) for name, rows in features.items()} | {"audio": world.features["audio"]}
    run = closed_form_run(write_world(replace(world, features=features), tmp_path_factory.mktemp("wide")), small_config)
    return run, list(draw_cases(run, 12, 0))


def test_randomisation_leaves_nothing_of_the_real_attribution(wide: tuple[Run, list[AuditCase]]) -> None:
    found = randomise(*wide, 0)
    assert found.rho.shape == (24, len(LEVELS))  # two modalities in use
    assert abs(found.median) <= 0.2
    assert [row["level"] for row in found.curve] == list(LEVELS)
    assert found.curve[-1]["median"] == found.median
    assert found.case == tuple(n for n in range(12) for _ in range(2))


def test_an_explainer_that_ignores_the_model_fails(wide: tuple[Run, list[AuditCase]]) -> None:
    def blind(line: Line) -> np.ndarray:
        return (line.at[0] - line.start[0])[0].numpy()

    assert randomise(*wide, 0, blind).median == pytest.approx(1.0)


def test_narrow_modalities_are_not_randomised(closed: Run, cases: list[AuditCase]) -> None:
    found = randomise(closed, cases, 0)
    assert (found.median, found.curve) == (None, [])


def test_redrawing_cascades_and_leaves_the_run_alone(closed: Run) -> None:
    before = {k: v.clone() for k, v in closed.recommender.scorer.aligners.state_dict().items()}
    changed = []
    for level in range(1, len(LEVELS) + 1):
        other = redrawn_run(closed, level, 3).recommender.scorer.aligners.state_dict()
        changed.append({k for k, v in other.items() if not torch.equal(v, before[k])})
    after = closed.recommender.scorer.aligners.state_dict()
    assert all(torch.equal(v, before[k]) for k, v in after.items())
    assert all(one <= other for one, other in pairwise(changed))
    assert {k for k in changed[0] if "visual" in k} == {"visual.statements.weight", "visual.residual.weight"}
    assert "visual.tower.skip.weight" in changed[2] - changed[1]


def test_muting_a_modality_without_weight_moves_nobody(closed: Run, cases: list[AuditCase]) -> None:
    assert muting_moves(closed, cases[0], Modality.AUDIO) == 0.0
    assert muting_moves(closed, cases[0], Modality.VISUAL) > 0.0


def test_other_trainings_are_asked_for_the_same_users(closed: Run, cases: list[AuditCase]) -> None:
    twice = ((8, closed.recommender), (9, closed.recommender))
    seeds = top_of_others(closed, twice, [each.user_idx for each in cases])
    assert seeds.seeds == (8, 9)
    for each in cases:
        own = each.trace.steps[0].ranking.order[:TOP].tolist()
        assert seeds.top10[each.case.user_id] == [own, own]
    kept = sum(each.streamer_idx in seeds.top10[each.case.user_id][0] for each in cases)
    assert kept_share(cases, seeds) == kept / len(cases)
    gone = replace(seeds, top10={user: [tops[0], []] for user, tops in seeds.top10.items()})
    assert kept_share(cases, gone) == kept / len(cases) / 2
    assert kept_share(cases, None) is None


def test_users_whose_top_is_kept(make_closed: Callable[[str], Run]) -> None:
    run = make_closed("user-without-tips")
    kept = users_to_keep(run, [5, 3])
    assert kept[:2] == [5, 3]
    assert sorted(kept) == list(range(60))  # user 60 has no tip


def test_another_seed_trains_another_model(make_run: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    run = load_run(make_run("no-audio"), device="cpu")
    monkeypatch.setattr("explain.audit.seeds.OTHERS", 1)
    ((seed, other),) = train_others(run)
    assert seed == run.config.seed + 1
    ours, theirs = (r.scorer.aligners.state_dict() for r in (run.recommender, other))
    assert set(ours) == set(theirs)
    assert not torch.equal(ours["visual.tower.skip.weight"], theirs["visual.tower.skip.weight"])


@pytest.fixture(scope="module")
def found(closed: Run) -> dict:
    return audit(closed, sample=3, seed=0, progress=False, retrain=False)


def test_an_audit_has_every_figure(found: dict, closed: Run) -> None:
    assert set(found) >= FIGURES
    assert found["n_cases"] == 3
    assert found["additivity_max"] <= 1e-5
    assert found["converged_share"] == 1.0
    assert sum(found["seal"].values()) == len(found["cases"]) == 3
    assert found["deletion_gap"]["low"] <= found["deletion_gap"]["value"] <= found["deletion_gap"]["high"]
    assert found["map"]["trustworthiness"] == closed.map.quality["trustworthiness"]
    assert set(found["map"]) == set(MAP_KEYS)
    assert found["seeds_top10_share"] is None
    assert [reason.split(":")[0] for reason in found["missing"]] == ["randomisation", "seeds", "truth", "map"]
    assert found["truth"]["main_modality_share"] is None
    json.dumps(found, allow_nan=False)


def test_an_audit_in_words_and_figures(found: dict) -> None:
    words = audit_words(found)
    assert words.startswith("3 cases in ")
    assert "not known" in words
    assert not {"cases", "seeds"} & set(shown_figures(found))


def test_what_an_audit_does_not_know_is_said_once_a_line() -> None:
    unknown = {key: dict.fromkeys(AUDIT[key]) for key in ("truth", "counterfactual", "deletion_gap")}
    lines = audit_lines({**AUDIT, **unknown, "randomisation_median_rho": -0.03})
    assert {"Better than noise: not known.", "Deletion: not known.", "Recipes: not known."} < set(lines)
    assert "Planted main modality named first: not known." in lines
    assert "With all parameters drawn anew: median rank correlation −0.03." in lines


def test_a_case_cites_the_audit_that_the_run_keeps(found: dict, closed: Run) -> None:
    case = next(draw_cases(closed, 1, 0))
    told = explain(replace(closed, audit=found), case.case, case.trace)
    assert "Run audited" not in {check.name for check in told.checks}
    assert "Run: depends on what was learnt" in {check.name for check in told.checks}
    assert told.seal.colour == found["cases"][0]["seal"]


def test_it_is_stored_whole_and_hashed(make_run: Callable[[str], Path], tmp_path: Path, found: dict) -> None:
    folder = shutil.copytree(make_run("no-audio"), tmp_path / "run")
    source = load_run(make_run("no-audio"), device="cpu").dataset.folder
    run = load_run(folder, data=source, device="cpu")
    assert run.audit is None
    save_audit(run, found)
    kept = load_run(folder, data=source, device="cpu")
    assert kept.audit == json.loads(json.dumps(found))
    assert (kept.created_at, kept.hash) == (run.created_at, run.hash)
    (folder / "audit.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RunError, match=r"audit\.json"):
        load_run(folder, data=source, device="cpu")


def test_an_audit_laid_into_a_run_whose_manifest_names_none_turns_no_seal(
    make_run: Callable[[str], Path], tmp_path: Path, found: dict
) -> None:
    folder = shutil.copytree(make_run("no-audio"), tmp_path / "run")
    source = load_run(make_run("no-audio"), device="cpu").dataset.folder
    before = load_run(folder, data=source, device="cpu")
    (folder / "audit.json").write_text(json.dumps(found), encoding="utf-8")
    run = load_run(folder, data=source, device="cpu")
    assert (run.hash, run.audit, run.audit_hash) == (before.hash, None, None)
    told = explain(run, next(draw_cases(run, 1, 0)).case)
    assert [check.verdict for check in told.checks if check.name == "Run audited"] == ["fail"]
    assert told.seal.colour != "green"


def test_the_command_prints_figures_and_stores_them(
    explain_command: Command, make_run: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(make_run("no-audio"), tmp_path / "run")
    source = str(load_run(make_run("no-audio"), device="cpu").dataset.folder)
    words = ("audit", str(folder), "--data", source, "--sample", "2", "--json", "--device", "cpu", "--no-seeds")
    done = explain_command(*words)
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert set(told) >= FIGURES
    assert "missing: truth" in done.err
    assert "missing: seeds" in done.err
    stored = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    assert stored["n_cases"] == 2
    assert explain_command("audit", str(folder), "--sample", "0").status == 2
