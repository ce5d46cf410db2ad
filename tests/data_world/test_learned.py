"""What sample_data/README.md says of learned modalities is what the shipped run reached and the features hold."""

import json
from pathlib import Path

import pandas as pd
import pytest

from mspa_model.features.probe import probe
from mspa_model.runs import load_run

SAMPLE = Path(__file__).parents[2] / "sample_data"
RANKINGS = ("visual", "audio", "text", "cotips", "popularity")
ASPECTS = {"visual": ["scene", "lighting", "object"], "audio": ["style", "tempo", "voice"], "text": ["topic", "tone"]}


@pytest.fixture(scope="module")
def readme() -> str:
    return (SAMPLE / "README.md").read_text(encoding="utf-8")


def test_learned_rankings_are_the_runs_own(readme):
    metrics = json.loads((SAMPLE / "run" / "metrics.json").read_text(encoding="utf-8"))
    rows = {f"learned {s} alone": metrics["sources"][s]["test_alone_ndcg@10"] for s in RANKINGS}
    models = metrics["models"]
    rows |= {"all together, step 0": models["mspa@step0"]["ndcg@10"]["value"]}
    rows |= {"all together, corrected": models["mspa"]["ndcg@10"]["value"]}
    rows |= {f"baseline {n}": models[n]["ndcg@10"]["value"] for n in ("ease", "als", "itemknn")}
    for name, value in rows.items():
        assert f"| {name} | {value:.3f} |" in readme


def test_no_learned_modality_suffices_and_together_they_pay():
    metrics = json.loads((SAMPLE / "run" / "metrics.json").read_text(encoding="utf-8"))
    alone = [metrics["sources"][m]["test_alone_ndcg@10"] for m in ASPECTS]
    assert max(alone) < metrics["models"]["mspa@step0"]["ndcg@10"]["value"]
    assert metrics["models"]["mspa"]["ndcg@10"]["value"] > metrics["models"]["ease"]["ndcg@10"]["value"]


def test_probe_reads_each_attribute_off_its_own_modality(readme):
    run = load_run(SAMPLE / "run", device="cpu")
    truth = pd.read_parquet(SAMPLE / "world" / "truth" / "streamers.parquet")
    found = probe(run.features, truth[[a for names in ASPECTS.values() for a in names]])
    for row in found.itertuples():
        if row.attribute in ASPECTS[row.modality]:
            assert f"| {row.attribute} | {row.modality} | {row.accuracy:.2f} | {row.chance:.2f} |" in readme
        else:
            assert row.accuracy < row.chance + 0.1  # no modality gives another's attributes away
