"""What a command does not need, it does not wait for: large libraries that are imported only where they are used."""

import subprocess
import sys
from pathlib import Path


def test_check_loads_no_torch(tiny_world: Path):
    script = (
        "import sys\nfrom mspa_model.__main__ import app\n"
        f"app(['check', {str(tiny_world)!r}], standalone_mode=False)\n"
        "found = [name for name in ('torch', 'transformers', 'sklearn', 'captum') if name in sys.modules]\n"
        "assert not found, found\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_run_opens_without_what_checks_rows(tiny_run: Path):
    script = (
        "import sys\nfrom pathlib import Path\nfrom mspa_model.runs import load_run\n"
        f"load_run(Path({str(tiny_run)!r}))\n"
        "found = [name for name in ('pandera', 'transformers', 'captum') if name in sys.modules]\n"
        "assert not found, found\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_values_with_tensors_are_there_once_asked_for_and_nothing_else_is():
    import mspa_model.types as types

    assert {name for name in types.__all__ if getattr(types, name, None) is None} == set()
    assert types.RankingTrace.__module__ == "mspa_model.types.ranking"
    assert not hasattr(types, "Tensor")


def test_the_pages_are_there_before_the_libraries_that_only_an_explanation_needs():
    heavy = "('captum', 'scipy.stats', 'matplotlib', 'sklearn', 'umap', 'typst', 'transformers')"
    script = (
        "import sys\nimport app.dashboard, app.ui.worklist, app.ui.audit, explain.seal, explain.attribution\n"
        f"found = [name for name in {heavy} if name in sys.modules]\n"
        "assert not found, found\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
