"""What is written of texts: systems whose worth is known, on the shelves."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mspa_model.config import RunConfig
from mspa_model.preference.claims import Claim, Writing
from mspa_model.preference.lift import Lifts
from mspa_model.preference.written import WrittenComposer
from mspa_model.training.metrics import interval
from mspa_model.training.text import measure as module
from mspa_model.training.text.ground import ground_of, texts_of
from mspa_model.training.text.measure import measure_text
from mspa_model.training.text.rivals import rivals
from mspa_model.training.text.rows import truth_rows
from mspa_model.training.text.systems import TextSystem, system_of
from mspa_model.types import Dataset, History
from tests.training.text import planted

FIGURES = {"value", "low", "high"}


class Scribe:
    """Writes that the user loves the shelf of the last tip's streamer; freely it points at every tip, and half of its
    texts break off.
    """

    def write(self, histories: Sequence[History], lifts: Sequence[Lifts] | None = None) -> list[Writing]:
        return [self._writing(h, tuple(np.flatnonzero(self._on_shelf(h))), i % 2 == 0) for i, h in enumerate(histories)]

    def write_freely(self, histories: Sequence[History]) -> list[Writing]:
        return [self._writing(h, tuple(range(len(h))), True) for h in histories]

    def _writing(self, history: History, tips: tuple[int, ...], parses: bool) -> Writing:
        claim = Claim(self._shelf(history), 1, 3, tuple(int(t) for t in tips))
        return Writing((claim,), "They love one shelf.", parses)

    def _shelf(self, history: History) -> int:
        return int(np.bincount(history.streamer_idx // planted.TEN).argmax())

    def _on_shelf(self, history: History) -> np.ndarray:
        return history.streamer_idx // planted.TEN == self._shelf(history)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("world")
    planted.write_truth(folder)
    return planted.dataset(folder)


def scribe(data: Dataset) -> WrittenComposer:
    teacher = planted.teacher_composer(data)
    return WrittenComposer(data, teacher.vocabulary, teacher.teacher, planted.features(), Scribe(), "compact")


def systems(data: Dataset) -> tuple[TextSystem, ...]:
    teacher, parts = planted.teacher_composer(data), planted.users()
    beside = rivals(data, teacher.vocabulary, teacher, parts, planted.features(), RunConfig())
    return (system_of("composer", scribe(data)), *beside)


@pytest.fixture(scope="module")
def found(data: Dataset) -> dict:
    teacher = planted.teacher_composer(data)
    measured = measure_text(data, teacher.vocabulary, teacher, planted.users(), systems(data), 3, False)
    return json.loads(json.dumps(measured, allow_nan=False))


def test_every_system_has_every_measure(found):
    names = {"truth_f1", "truth_f1_sparse", "teacher_f1", "visual_f1", "audio_f1", "text_f1", "evidence_precision"}
    names |= {"evidence_precision_free", "evidence_truth", "parses", "bleu4", "bertscore_f1"}
    names |= {"distinct", "distinct_claims"}
    assert set(found) == {"composer", "teacher", "frequent", "nearest", "paired", "how"}
    for system in ("composer", "teacher", "frequent", "nearest"):
        assert set(found[system]) == names
        assert all(figure is None or set(figure) == FIGURES for figure in found[system].values())


def test_figures_are_those_counted_by_hand(found):
    composer = found["composer"]
    # One of the two planted statements, and nothing else: 2 * 1 / (1 + 2).
    assert composer["truth_f1"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    assert composer["text_f1"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    assert composer["visual_f1"] == {"value": None, "low": None, "high": None}  # nothing planted there
    # Freely it points at ten tips, eight of which are on the shelf.
    assert composer["evidence_precision_free"]["value"] == pytest.approx(0.8)
    assert composer["evidence_precision"]["value"] == composer["evidence_truth"]["value"] == 1
    assert composer["parses"]["value"] == 0.5
    # Everyone's text is the same sentence, and two users each love the same shelf.
    assert composer["distinct"]["value"] == composer["distinct_claims"]["value"] == 0


def test_what_does_not_apply_is_none(found):
    assert found["teacher"]["evidence_precision_free"] is None
    assert found["teacher"]["parses"]["value"] == 1


def test_gaps_are_paired_user_by_user(found):
    assert set(found["paired"]) == {f"composer_minus_{name}" for name in ("teacher", "frequent", "nearest")}
    for name in ("teacher", "frequent"):
        gaps = found["paired"][f"composer_minus_{name}"]
        for measure in ("truth_f1", "truth_f1_sparse", "teacher_f1", "bleu4"):
            expected = found["composer"][measure]["value"] - found[name][measure]["value"]
            assert gaps[measure]["value"] == pytest.approx(expected, abs=2e-5)
            assert gaps[measure]["low"] <= gaps[measure]["value"] <= gaps[measure]["high"]


def test_what_was_measured_is_told(found):
    how = found["how"]
    assert how["n_users"] == 6
    assert how["bertscore_f1"]["encoder"] == "all-MiniLM-L6-v2"
    assert how["truth"]["stands_for"]["shelf: Kitchen"] == "topic: cooking"
    assert how["truth"]["stands_for"]["shelf: group 1"] is None
    assert "topic: travel" in how["truth"]["unsayable"]
    assert how["truth"]["sayable_share"] == 1
    assert set(how["settings"]["teacher"]) == {"whole", "sparse"}


def test_texts_of_one_user_are_no_independent_sample(data):
    teacher = planted.teacher_composer(data)
    ground = ground_of(data, teacher.vocabulary, teacher, planted.users(), 3)
    made = texts_of(system_of("composer", scribe(data)), ground, False)
    # A user whose texts are all right beside others whose texts are all wrong: six users, not 120 texts.
    wrong = tuple(tuple(replace(p, statements=()) for p in own) for own in made.sparse[3:])
    rows = truth_rows(replace(made, sparse=(*made.sparse[:3], *wrong)), ground)["truth_f1_sparse"]
    naive = interval(np.repeat(rows, 20), 0)
    clustered = interval(rows, 0)
    assert clustered.high - clustered.low > 3 * (naive.high - naive.low)


def test_without_truth_what_needs_it_is_none(data, tmp_path: Path):
    bare = planted.dataset(tmp_path)
    teacher = planted.teacher_composer(bare)
    measured = measure_text(bare, teacher.vocabulary, teacher, planted.users(), systems(bare)[:2], 3, False)
    assert measured["composer"]["truth_f1"] is measured["composer"]["evidence_truth"] is None
    assert measured["composer"]["teacher_f1"]["value"] > 0
    assert measured["paired"]["composer_minus_teacher"]["truth_f1"] is None
    assert measured["how"]["truth"] is None


def test_ablations_are_taken_over_and_null_where_they_were_not_trained():
    gap = {"truth_f1": {"value": 0.1, "low": 0.0, "high": 0.2}}
    stored = {
        "composer-audio": {"truth_f1": None},
        "paired": {"composer_minus_composer-audio": gap, "composer_minus_teacher": "old"},
    }
    kept = module.with_ablations(stored, {"composer": None, "paired": {"composer_minus_teacher": "new"}})
    assert kept["composer-audio"] == {"truth_f1": None}
    assert kept["composer-visual"] is kept["composer-text"] is kept["composer"] is None
    assert kept["paired"] == {"composer_minus_teacher": "new", "composer_minus_composer-audio": gap}


def test_what_a_modality_is_worth_is_the_share_of_the_gain_that_goes_with_it():
    def system(audio: float) -> dict:
        return {"audio_f1": {"value": audio, "low": 0.0, "high": 1.0}, "text_f1": None}

    found = {"composer": system(0.5), "frequent": system(0.1), "paired": {}}
    kept = module.with_ablations({"composer-audio": system(0.2), "composer-text": system(0.2)}, found)
    assert kept["gain_lost"] == {"visual": None, "audio": pytest.approx(0.75), "text": None}
    absent = module.with_ablations({"composer-audio": system(0.2)}, {**found, "composer": None})
    assert absent["gain_lost"]["audio"] is None
