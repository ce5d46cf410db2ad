"""Preferences written ahead: the same to the bit, in the words of today, and no library of language models for them."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from mspa_model.manifest import check_manifest, write_manifest
from mspa_model.pipeline import rank_user
from mspa_model.preference.lift import lifts_of
from mspa_model.preference.precomputed import PRECOMPUTED, history_key, load_precomputed, save_precomputed
from mspa_model.runs import load_run
from mspa_model.types import History
from tests.command import Command
from tests.preference import rooms
from tests.preference.test_compact import odd_histories, words, writer


class Silent:
    """A language model that may not be asked."""

    def write_tokens(self, histories: Sequence[History], lifts: object) -> list:
        raise AssertionError("asked again")

    def write_freely(self, histories: Sequence[History]) -> list:
        raise AssertionError("asked freely")


def lifts(histories: Sequence[History]) -> list:
    everyone = torch.full((len(words().values),), 1 / 3).numpy()
    return [lifts_of(history, words().membership, everyone, 36) for history in histories]


def test_what_was_written_ahead_is_read_back_to_the_bit_and_the_model_is_not_asked(tmp_path: Path):
    histories, model = odd_histories(), writer()
    written = model.write_tokens(histories, lifts(histories))
    save_precomputed(tmp_path, dict(zip(map(history_key, histories), written, strict=True)), model.statement_rows())
    write_manifest(tmp_path)
    ahead = load_precomputed(check_manifest(tmp_path), words(), Silent)
    assert ahead.write(histories, lifts(histories)) == model.write(histories, lifts(histories))
    assert torch.equal(ahead.statement_rows(), model.statement_rows())


def test_another_history_is_written_by_the_model_and_a_group_called_otherwise_is_said_so(tmp_path: Path):
    known, other, model = rooms.history(0, 1), rooms.history(2, 3, 4), writer()
    written = model.write_tokens([known], lifts([known]))
    save_precomputed(tmp_path, {history_key(known): written[0]}, model.statement_rows())
    write_manifest(tmp_path)
    files = check_manifest(tmp_path)
    ahead = load_precomputed(files, words(), lambda: model)
    both = [other, known]
    assert ahead.write(both, lifts(both)) == [
        *model.write([other], lifts([other])),
        *model.write([known], lifts([known])),
    ]
    renamed = replace(words(), values=tuple(replace(v, label=f"so called {v.name}") for v in words().values))
    said = load_precomputed(files, renamed, Silent).write([known], lifts([known]))[0]
    assert said.prose == writer(vocabulary=renamed).write([known], lifts([known]))[0].prose


def test_a_run_written_ahead_ranks_the_same_without_the_library(
    tiny_run: Path, tmp_path: Path, mspa_model_command: Command
):
    before = load_run(tiny_run)
    ahead = shutil.copytree(tiny_run, tmp_path / "ahead")
    data = str(before.dataset.folder)
    assert mspa_model_command("compose", str(ahead), "--ahead", "--data", data).status == 0
    after = load_run(ahead, before.dataset.folder)
    assert PRECOMPUTED in after.files.hashes
    assert after.hash != before.hash
    for user in ("u004", "u031"):
        for scope in ("train", "all"):
            one, two = rank_user(before, user, scope), rank_user(after, user, scope)
            assert one.final.preference.text == two.final.preference.text
            assert (one.final.ranking.scores == two.final.ranking.scores).all()
    script = (
        "import sys\nfrom mspa_model.__main__ import app\n"
        f"app(['recommend', {str(ahead)!r}, '--user', 'u004', '--data', {data!r}], standalone_mode=False)\n"
        "assert 'transformers' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_compose_without_a_user_says_what_to_name(tiny_run: Path, mspa_model_command: Command):
    refused = mspa_model_command("compose", str(tiny_run))
    assert refused.status == 2
    assert "--user U, or --ahead" in refused.err
