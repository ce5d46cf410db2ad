"""Evaluation of a run whose ranking is known: co-tipping alone, on the checkerboard."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from mspa_model.config import RunConfig
from mspa_model.data import eval_pairs, history_of, interaction_matrix, load_dataset
from mspa_model.features.encode import encode
from mspa_model.manifest import read_manifest, write_manifest
from mspa_model.preference.composer import Composer
from mspa_model.preference.teacher import Teacher
from mspa_model.preference.vocabulary import build_vocabulary
from mspa_model.ranking.corrector import Corrector
from mspa_model.ranking.cotipping import CoTipsSetting, fit_cotips
from mspa_model.ranking.towers import build_aligners
from mspa_model.runs import Model, Run, build_recommender
from mspa_model.training.baselines import score_baselines
from mspa_model.training.evaluate import Evaluation, evaluate, repair_measured_again, write_evaluation
from mspa_model.training.metrics import METRICS, measure
from mspa_model.training.scorecard import baseline_metrics, baseline_users
from mspa_model.training.step0 import make_scorer
from mspa_model.types import SOURCES, Source


def cotips_run(folder: Path, config: RunConfig, out: Path) -> Run:
    """A run that ranks by co-tipping with weight 1 and nothing else; baselines scored, nothing trained."""
    dataset, device = load_dataset(folder), torch.device("cpu")
    features = encode(dataset, config.features, device)
    vocabulary = build_vocabulary(dataset, features, config.preference, config.seed)
    train = interaction_matrix(dataset, ("train",))
    everyone = np.asarray(train @ vocabulary.membership).sum(0) / max(1, train.nnz)
    composer = Composer(dataset, vocabulary, Teacher(vocabulary, everyone, config.preference), features)
    cotips = fit_cotips(train, CoTipsSetting(10.0, 0.0), config.ranking, config.seed)
    aligners = build_aligners(features, config.ranking, config.seed)
    scorer = make_scorer(cotips, aligners, train, features, composer, device, config)
    only = torch.zeros(len(SOURCES))
    only[SOURCES.index(Source.COTIPS)] = 1
    scorer.base_weights, scorer.fold_weights = only, only.repeat(config.corrector.folds, 1)
    recommender = build_recommender(scorer, composer, Corrector(config.corrector, config.seed), dataset, config)
    results = score_baselines(train, eval_pairs(dataset, "val"), eval_pairs(dataset, "test"), "ndcg@10", config.seed)
    baseline_users(results, tuple(dataset.users["user_id"])).to_parquet(out / "baselines.parquet")
    write_manifest(out)
    metrics = {**baseline_metrics(results, config.seed), "train_seconds": {"all": 1.0}}
    return Run(
        out,
        config,
        dataset,
        features,
        vocabulary,
        lambda: Model(composer, {"teacher": composer}, recommender),
        metrics,
        pd.DataFrame(),
        None,
        "",
        "",
        files=read_manifest(out),
    )


@pytest.fixture(scope="module")
def run(tiny_world: Path, small_config: RunConfig, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return cotips_run(tiny_world, small_config, tmp_path_factory.mktemp("cotips"))


@pytest.fixture(scope="module")
def evaluation(run: Run) -> Evaluation:
    return evaluate(run, progress=False)


def test_step_zero_is_measured_as_the_model_it_is(run, evaluation):
    # Co-tipping with ridge 10 is EASE with ridge 10: the same numbers by a way that shares no code but the metric.
    pairs, train = eval_pairs(run.dataset, "test"), interaction_matrix(run.dataset, ("train",)).toarray().astype(float)
    inverse = np.linalg.inv(train.T @ train + 10 * np.eye(train.shape[1]))
    weights = np.eye(len(inverse)) - inverse / np.diag(inverse)
    expected = measure(lambda users: (train[users] @ weights).astype(np.float32), pairs)
    step0 = evaluation.metrics["models"]["mspa@step0"]
    assert {m: step0[m]["value"] for m in METRICS} == pytest.approx({m: expected.mean(m) for m in METRICS}, abs=0.02)
    assert evaluation.metrics["n_users"] == len(expected.user_idx)


def test_metrics_are_complete_and_json_ready(evaluation):
    metrics = json.loads(json.dumps(evaluation.metrics, allow_nan=False))
    assert set(metrics["models"]) == {"mspa", "mspa@step0", "ease", "als", "itemknn", "popularity"}
    for values in filter(None, metrics["models"].values()):
        assert set(values) == set(METRICS)
        assert values["ndcg@10"]["low"] <= values["ndcg@10"]["value"] <= values["ndcg@10"]["high"]
    assert metrics["train_seconds"] == {"all": 1.0}
    assert sum(b["n_users"] for b in metrics["buckets"]) == metrics["n_users"]
    kept = sum(b["kept_share"] * b["n_users"] for b in metrics["buckets"])
    assert kept == pytest.approx(metrics["correction"]["n_kept"])
    assert sum(metrics["correction"]["stops"].values()) == metrics["n_users"]
    assert metrics["sources"]["cotips"]["share"] == pytest.approx(1)
    assert any(note.startswith("audio: val does not pay") for note in metrics["notes"])
    assert metrics["text"] is None  # nobody here has a long history


def test_models_are_paired_user_by_user(evaluation):
    models, paired = evaluation.metrics["models"], evaluation.metrics["paired"]
    scored = {f"mspa_minus_{name}" for name, values in models.items() if values and not name.startswith("mspa")}
    assert set(paired) == {"final_minus_step0"} | scored
    for name in ("popularity", "ease", "itemknn"):
        gap = models["mspa"]["ndcg@20"]["value"] - models[name]["ndcg@20"]["value"]
        assert paired[f"mspa_minus_{name}"]["ndcg@20"]["value"] == pytest.approx(gap)


def test_val_in_batches_agrees_with_the_recommender(run, evaluation):
    pairs = eval_pairs(run.dataset, "val")
    everyone = np.ones(run.dataset.n_streamers, dtype=bool)

    def one_by_one(users):
        preferences = [run.composer.compose(history_of(run.dataset, int(u), "train")) for u in users]
        return np.stack([run.recommender.score(p, everyone).scores.numpy() for p in preferences])

    expected = measure(one_by_one, pairs)
    found = evaluation.metrics["val"]["mspa@step0"]
    assert found == pytest.approx({metric: expected.mean(metric) for metric in METRICS})
    assert evaluation.metrics["sources"]["cotips"]["val_alone_ndcg@10"] == pytest.approx(found["ndcg@10"])


def test_correction_is_measured_on_val_too(evaluation):
    on_val = evaluation.metrics["correction"]["val"]
    assert on_val["n_users"] == 60
    assert 0 <= on_val["kept_share"] <= 1
    assert on_val["ndcg@10"]["low"] <= on_val["ndcg@10"]["value"] <= on_val["ndcg@10"]["high"]


def test_users_table_adds_up_to_the_metrics(evaluation):
    users = evaluation.users
    last, first = users[users["final"]], users[users["step"] == 0]
    assert last["user_id"].is_unique
    assert len(last) == len(first) == evaluation.metrics["n_users"]
    for metric in METRICS:
        assert last[metric].mean() == pytest.approx(evaluation.metrics["models"]["mspa"][metric]["value"])
        assert first[metric].mean() == pytest.approx(evaluation.metrics["models"]["mspa@step0"][metric]["value"])


def test_top10_leaves_out_what_the_mask_hides(run, evaluation):
    mask = eval_pairs(run.dataset, "test").mask
    row = {user: i for i, user in enumerate(run.dataset.users["user_id"])}
    streamer_ids = run.dataset.streamers["streamer_id"].to_numpy()
    for user, top in zip(evaluation.users["user_id"], evaluation.users["top10"], strict=True):
        assert len(set(top)) == 10
        assert not set(top) & set(streamer_ids[mask[row[user]].indices])


def test_evaluating_again_changes_no_byte(run, evaluation, tmp_path):
    assert write_evaluation(evaluation, tmp_path)
    again = evaluate(replace(run, metrics=evaluation.metrics), progress=False)
    assert not write_evaluation(again, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["metrics.json", "users.parquet"]


def test_what_is_repaired_is_measured_again_alone(run, evaluation):
    older = {**evaluation.metrics, "correction": {**evaluation.metrics["correction"], "false_statements": "older"}}
    again = repair_measured_again(replace(run, metrics=older, users=evaluation.users), progress=False)
    assert again.metrics == evaluation.metrics
    assert again.users is evaluation.users


@pytest.mark.parametrize("name", ["one-tip-users", "no-features", "matrix", "few-users"])
def test_thin_sets_are_measured(name: str, make_world: Callable[[str], Path], small_config: RunConfig, tmp_path: Path):
    run = cotips_run(make_world(name), small_config, tmp_path)
    metrics = evaluate(run, progress=False).metrics
    assert 0 < metrics["n_users"] <= run.dataset.n_users
    lacking = {"visual", "audio", "text"} - set(run.features.modalities)
    assert {note.split(":")[0] for note in metrics["notes"] if note.endswith(": the set has none.")} == lacking


def test_nobody_to_measure_gives_nulls_and_says_so(run: Run, tmp_path: Path):
    dataset = replace(run.dataset, tips=run.dataset.tips.assign(split="train"))
    nobody = evaluate(replace(run, dataset=dataset), progress=False)
    assert nobody.metrics["n_users"] == 0
    assert nobody.metrics["models"]["mspa"]["ndcg@10"] == {"value": None, "low": None, "high": None}
    assert nobody.metrics["buckets"] == []
    assert any("nothing was measured" in note for note in nobody.metrics["notes"])
    # Histories are long now, so texts are scored; the run has the teacher's alone.
    text = nobody.metrics["text"]
    assert text["composer"] is text["composer-audio"] is None
    assert text["teacher"]["teacher_f1"]["value"] > text["frequent"]["teacher_f1"]["value"]
    write_evaluation(nobody, tmp_path)
    assert list(pd.read_parquet(tmp_path / "users.parquet").columns) == list(nobody.users.columns)
