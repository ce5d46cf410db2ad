"""Two runs held against each other: worlds in which it is known what moved, and which run may not be compared."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch

from mspa_model.config import CorrectorConfig, RankingConfig, RunConfig
from mspa_model.data import eval_pairs
from mspa_model.errors import RunError
from mspa_model.manifest import write_manifest
from mspa_model.runs import Run
from mspa_model.training.compare import (
    SeedRun,
    compare_runs,
    config_changes,
    only_seed_differs,
    overlap_of,
    read_seed_run,
    seed_run_among,
)
from mspa_model.training.compare_groups import MeasuredGroup, differences_of, final_rows, groups_of_measured
from mspa_model.training.compare_users import count_users, lost_tip
from mspa_model.training.evaluate import measure_traces
from mspa_model.training.metrics import METRICS, measured_users
from mspa_model.training.scorecard import users_table
from mspa_model.types import SOURCES, Ranking, Source
from tests.command import Command
from tests.training.test_evaluate import cotips_run

NEVER = CorrectorConfig(min_witnesses=10_000, folds=2, hidden=8)  # so that nothing but the weights ranks


def weighted(folder: Path, config: RunConfig, out: Path, **weights: float) -> Run:
    """A run that ranks by these weights and corrects nothing, with its users measured."""
    out.mkdir()
    run = cotips_run(folder, replace(config, corrector=NEVER), out)
    run.recommender.scorer.base_weights = torch.tensor([weights.get(source.value, 0.0) for source in SOURCES])
    pairs = eval_pairs(run.dataset, "test")
    measured = measure_traces(run, pairs, measured_users(pairs), "", False)
    return replace(run, users=users_table(run, measured, pairs))


@pytest.fixture(scope="module")
def before(tiny_world: Path, small_config: RunConfig, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return weighted(tiny_world, small_config, tmp_path_factory.mktemp("before") / "run", cotips=1.0)


@pytest.fixture(scope="module")
def after(tiny_world: Path, small_config: RunConfig, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same with popularity taken in: co-tipping adds what it added, so popularity moves whatever moves."""
    folder = tmp_path_factory.mktemp("after") / "run"
    return weighted(tiny_world, small_config, folder, cotips=1.0, popularity=3.0)


def with_users(run: Run, **columns: object) -> Run:
    return replace(run, users=run.users.assign(**columns))


def seeded(run: Run, seed: int, **columns: object) -> SeedRun:
    users = run.users.assign(**columns)
    return SeedRun(f"seed-{seed}", replace(run.config, seed=seed), run.dataset.fingerprint, users)


def test_a_run_against_itself_differs_in_nothing(before: Run):
    found = compare_runs(before, before)
    assert found.config == found.losses == ()
    assert {d.metric for d in found.differences if d.kind == "all"} == set(METRICS)
    for d in found.differences:
        assert (d.interval.value, d.interval.low, d.interval.high) == (0, 0, 0)
        assert d.reading in ("not told apart", "too few users")
    assert found.overlap.mean_share == 1
    assert found.overlap.counts == (0,) * 10 + (60,)
    assert found.users.same == found.n_users == 60


def test_the_source_that_was_given_weight_moved_every_lost_tip(before: Run, after: Run):
    found = compare_runs(before, after, n_losses=60)
    lost = [loss.lost for loss in found.losses if loss.lost is not None]
    assert len(lost) == len(found.losses) > 3
    assert all(loss.as_stored for loss in found.losses)
    for tip in lost:
        assert tip.moved_most.source is Source.POPULARITY
        shifts = {shift.source: shift for shift in tip.sources}
        assert shifts[Source.COTIPS].change == pytest.approx(0, abs=1e-5)
        assert shifts[Source.POPULARITY].before == 0
        # The rival stood below the tip and stands above it, so the sum over sources changes its sign.
        assert tip.rival_rank_before > tip.rank_before < tip.rank_after > tip.rival_rank_after
        assert sum(s.before for s in tip.sources) >= 0 >= sum(s.after for s in tip.sources)


def test_differences_are_paired_over_the_measured_users(before: Run, after: Run):
    found = compare_runs(before, after).difference("ndcg@10")
    means = [final_rows(run.users)["ndcg@10"].mean() for run in (before, after)]
    assert (found.before, found.after) == pytest.approx(tuple(means))
    assert found.interval.value == pytest.approx(means[1] - means[0])
    assert found.interval.low < found.interval.value < found.interval.high
    assert found.reading == "worse"


def ranking(**parts: list[float]) -> Ranking:
    """By hand: the contribution of each source to each streamer, all streamers candidates."""
    fits = torch.zeros(len(SOURCES), len(next(iter(parts.values()))))
    for source, values in parts.items():
        fits[SOURCES.index(Source(source))] = torch.tensor(values)
    order = fits.sum(0).argsort(descending=True, stable=True)
    return Ranking(torch.ones(len(SOURCES)), fits, order)


def test_a_hand_made_fall_names_tip_rival_and_source(before: Run):
    # s000 leads and falls behind s001 and s003; text took 3 of the margin of 4 over s003 and visual 2, audio gave 0.5.
    first = ranking(visual=[4, 1, 0, 0], text=[0, 0, 0, 0], audio=[0, 0, 0, 0])
    last = ranking(visual=[2, 3, 0, 0], text=[-1, 0, 0, 2], audio=[0.5, 0, 0, 0])
    found = lost_tip(before.dataset, [0, 2], first, last, "ndcg@10")
    assert (found.streamer_id, found.rank_before, found.rank_after) == ("s000", 1, 3)
    assert (found.rival_id, found.rival_rank_before, found.rival_rank_after) == ("s003", 4, 2)
    changes = {s.source: s.change for s in found.sources}
    assert changes == {
        Source.VISUAL: -2,
        Source.AUDIO: 0.5,
        Source.TEXT: -3,
        Source.COTIPS: 0,
        Source.POPULARITY: 0,
    }
    assert found.moved_most.source is Source.TEXT
    assert lost_tip(before.dataset, [1], first, last, "ndcg@10") is None  # it rose


def test_the_rival_is_the_last_within_the_places_that_count(before: Run):
    # Twelve streamers; the first falls to the end, and all others overtake it: the one at place 10 keeps it out.
    first, last = ranking(text=list(range(12, 0, -1))), ranking(text=[0, *range(11, 0, -1)])
    found = lost_tip(before.dataset, [0], first, last, "ndcg@10")
    assert (found.rank_after, found.rival_id, found.rival_rank_after) == (12, "s010", 10)


def test_under_three_test_tips_nobody_is_called_worse(before: Run, after: Run):
    two = compare_runs(with_users(before, n_test=2), with_users(after, n_test=2))
    assert two.users.worse == two.users.better == 0
    assert two.users.changed > 0
    assert {loss.word for loss in two.losses} == {"changed"}
    three = compare_runs(with_users(before, n_test=3), with_users(after, n_test=3))
    assert three.users.changed == 0
    assert three.users.worse + three.users.better == two.users.changed
    assert {loss.word for loss in three.losses} == {"worse"}


def test_those_with_tips_enough_stand_first(before: Run, after: Run):
    n_test = [3 if user < "u030" else 2 for user in before.users["user_id"]]
    runs = [with_users(run, n_test=n_test) for run in (before, after)]
    words = [loss.word for loss in compare_runs(*runs, n_losses=60).losses]
    assert words == sorted(words, reverse=True)
    assert set(words) == {"worse", "changed"}


def test_users_are_counted_by_where_they_went():
    rows = pd.DataFrame({"n_test": [3, 3, 2, 9], "ndcg@10": [0.5, 0.5, 0.5, 0.5]})
    found = count_users(rows, rows.assign(**{"ndcg@10": [0.6, 0.4, 0.1, 0.5]}), "ndcg@10")
    assert (found.better, found.worse, found.changed, found.same) == (1, 1, 1, 1)


def test_overlap_counts_what_is_shared_whatever_its_order():
    ten = list("abcdefghij")
    before = pd.Series([ten, ten, ["a", "b"], []])
    found = overlap_of(before, pd.Series([ten[::-1], [*"abcde", *"vwxyz"], ["b", "c"], []]))
    assert found.counts == (1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1)
    assert found.mean_share == pytest.approx((1 + 0.5 + 0.5 + 1) / 4)


# --- groups ----------------------------------------------------------------------------------------------------------


def test_groups_are_by_tips_and_by_category_and_leave_out_what_is_none(before: Run):
    users = before.dataset.users.assign(
        country=pd.Series(["FR", "DE", "[red]\x1b"] * 20, dtype="str"), pin=range(60), old=[True, False] * 30
    )
    found = groups_of_measured(replace(before.dataset, users=users), final_rows(before.users))
    assert [(g.kind, g.label) for g in found[:2]] == [("all", "all"), ("train tips", "6-10")]
    columns = {g.label: int(g.rows.sum()) for g in found if g.kind == "column"}
    assert columns == {"country: FR": 20, "country: DE": 20, "country: [red]": 20, "old: True": 30, "old: False": 30}


def test_cold_targets_are_those_without_a_train_tip(before: Run):
    # One streamer loses its train tips: whoever has it as a test target is measured on it alone.
    tips = before.dataset.tips
    one = int(tips.loc[tips["split"] == "test", "streamer_idx"].iloc[0])
    dataset = replace(before.dataset, tips=tips[(tips["streamer_idx"] != one) | (tips["split"] == "test")])
    target = eval_pairs(dataset, "test").target[:, [one]].toarray().ravel() > 0
    final = final_rows(before.users)
    cold = groups_of_measured(dataset, final)[-1]
    assert cold.kind == "cold targets"
    assert cold.rows.sum() == target.sum() > 0
    hit = final.assign(top10=[[f"s{(one + 1) % 40:03}", f"s{one:03}"]] * 60)
    found = differences_of(dataset, [cold], final.assign(top10=[[f"s{(one + 1) % 40:03}"]] * 60), hit, None, 7)
    assert [(d.metric, d.before, d.after) for d in found] == [
        ("ndcg@10", 0, pytest.approx(0.6309, abs=1e-4)),
        ("recall@10", 0, 1),
    ]


def test_a_group_of_few_is_told_apart_by_nobody(before: Run):
    final = final_rows(before.users)
    few = MeasuredGroup("all", "all", (final.index < "u019").astype(bool))
    found = differences_of(before.dataset, [few], final, final.assign(**dict.fromkeys(METRICS, 1.0)), None, 7)
    assert {d.reading for d in found} == {"too few users"}


# --- what a seed does ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gain", "within"), [(0.05, True), (-0.09, True), (0.2, False), (-0.2, False)])
def test_what_another_seed_changes_as_much_is_marked(before: Run, gain: float, within: bool):
    config = replace(before.config, ranking=RankingConfig(dim=4))
    after = replace(with_users(before, **{"ndcg@10": 0.5 + gain}), config=config)
    twin = seeded(before, 8, **{"ndcg@10": 0.6})
    found = compare_runs(with_users(before, **{"ndcg@10": 0.5}), after, twin)
    assert found.seed_pair[1] == "seed-8"
    assert found.difference("ndcg@10").between_seeds == pytest.approx(0.1)
    assert found.difference("ndcg@10").within_seeds is within


def test_two_runs_that_differ_in_the_seed_are_the_measure_themselves(before: Run, after: Run):
    chosen = replace(before.config, seed=8, corrector=replace(before.config.corrector, caution=4.0))
    found = compare_runs(before, replace(after, config=chosen))
    assert found.only_seed
    assert [(c.path, c.chosen) for c in found.config] == [("corrector.caution", True), ("seed", False)]
    assert all(d.within_seeds and d.between_seeds == d.after - d.before for d in found.differences)


def test_without_a_second_seed_nothing_is_marked(before: Run, after: Run):
    found = compare_runs(before, after)
    assert found.seed_pair is None
    assert {d.within_seeds for d in found.differences} == {None}


def test_changes_are_dotted_paths_in_order():
    config = RunConfig()
    other = replace(config, seed=9, ranking=replace(config.ranking, cotips_ridge=(1.0,), dim=4))
    found = [(c.path, c.before, c.after) for c in config_changes(config, other)]
    assert found == [
        ("ranking.dim", config.ranking.dim, 4),
        ("ranking.cotips_ridge", list(config.ranking.cotips_ridge), [1.0]),
        ("seed", 7, 9),
    ]
    assert not only_seed_differs(config, other)
    assert not only_seed_differs(config, config)


def test_a_seed_run_that_differs_in_more_is_refused(before: Run, after: Run):
    other = replace(seeded(before, 8), config=replace(before.config, seed=8, ranking=RankingConfig(dim=4)))
    with pytest.raises(RunError, match=r"differs from .* in ranking\.dim"):
        compare_runs(before, after, other)
    with pytest.raises(RunError, match="not even the seed"):
        compare_runs(before, after, seeded(before, before.config.seed))
    with pytest.raises(RunError, match="of other data"):
        compare_runs(before, after, replace(seeded(before, 8), fingerprint="other"))


# --- what may not be compared ----------------------------------------------------------------------------------------


def test_runs_of_other_data_or_another_split_are_refused(before: Run, after: Run):
    other = replace(after.dataset, fingerprint="other")
    with pytest.raises(RunError, match="two versions of 'checkerboard'"):
        compare_runs(before, replace(after, dataset=other))
    named = replace(other, info=replace(other.info, name="elsewhere"))
    with pytest.raises(RunError, match="two datasets, 'checkerboard' and 'elsewhere'"):
        compare_runs(before, replace(after, dataset=named))
    with pytest.raises(RunError, match="same split"):
        compare_runs(before, with_users(after, n_train=after.users["n_train"] + 1))
    with pytest.raises(RunError, match="same split"):
        compare_runs(before, replace(after, users=after.users.iloc[1:]))
    with pytest.raises(RunError, match="without a measured user"):
        compare_runs(before, replace(after, users=pd.DataFrame({"user_id": []})))


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def other_seed(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny run as though another seed had made it: a configuration of seed 8, every ndcg@10 nought."""
    folder = tmp_path_factory.mktemp("seeds") / "other-seed"
    shutil.copytree(tiny_run, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "seed": 8}), encoding="utf-8")
    users = pd.read_parquet(folder / "users.parquet")
    users.assign(**{"ndcg@10": 0.0}).to_parquet(folder / "users.parquet", index=False)
    write_manifest(folder)
    return folder


def test_the_command_prints_tables_and_json(mspa_model_command: Command, tiny_run: Path):
    told = mspa_model_command("compare", tiny_run, tiny_run, "--device", "cpu")
    assert told.status == 0
    assert "configurations are the same" in told.said
    assert "no run of a second seed was given" in told.said
    found = json.loads(mspa_model_command("compare", tiny_run, tiny_run, "--json", "--device", "cpu").out)
    assert found["overlap"]["mean_share"] == 1
    assert found["losses"] == found["config"] == []
    assert {d["interval"]["value"] for d in found["differences"]} == {0}


def test_the_command_takes_a_run_of_another_seed(mspa_model_command: Command, tiny_run: Path, other_seed: Path):
    words = ("compare", tiny_run, tiny_run, "--seed-run", other_seed, "--json", "--device", "cpu")
    found = json.loads(mspa_model_command(*words).out)
    assert found["seed_pair"][1] == "other-seed"
    assert all(d["within_seeds"] for d in found["differences"])


def test_the_command_says_in_one_sentence_what_is_no_run(mspa_model_command: Command, tiny_run: Path, tmp_path: Path):
    told = mspa_model_command("compare", tiny_run, tmp_path)
    assert told.status == 2
    assert "manifest.json; expected a run folder" in told.err


def test_the_run_of_another_seed_is_found_among_folders(before: Run, tiny_run: Path, other_seed: Path, tmp_path: Path):
    assert read_seed_run(other_seed).config.seed == 8
    config = read_seed_run(tiny_run).config
    shown = replace(before, config=config)
    folders = [tmp_path, tiny_run, other_seed]
    assert seed_run_among(folders, shown, shown).name == "other-seed"
    elsewhere = replace(shown, dataset=replace(shown.dataset, fingerprint="other"))
    assert seed_run_among(folders, elsewhere, elsewhere) is None
