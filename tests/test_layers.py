"""The rules that a machine can hold: layers, file sizes, names, and what no file may contain."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("app", "explain", "mspa_model")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
BANNED_NAMES = {"utils.py", "helpers.py", "common.py", "base.py"}
BANNED_TEXT = {
    "pickle": re.compile(r"\bimport pickle\b|\bpickle\.\w|allow_pickle\s*=\s*True"),
    "pickle through torch": re.compile(r"\btorch\.load\((?![^)]*weights_only=True)"),
    "swallowed error": re.compile(r"except( Exception)?:\s*(#.*)?\n\s*pass\b"),
    "raw HTML": re.compile(r"unsafe_allow_html\s*=\s*True"),
    "path hack": re.compile(r"\bsys\.path\b"),
    "shell": re.compile(r"shell\s*=\s*True"),
    "stub": re.compile(r"\bTODO\b|\bFIXME\b|\bNotImplementedError\b"),
}


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    """A tool beside this Python, from the project's folder."""
    return subprocess.run([*words], cwd=ROOT, capture_output=True, text=True, check=False)


def test_import_linter_contracts_hold():
    lint = _run(str(Path(sys.executable).parent / "lint-imports"), "--no-cache")
    assert lint.returncode == 0, lint.stdout + lint.stderr


def test_ruff_finds_nothing():
    check = _run(sys.executable, "-m", "ruff", "check", "--no-cache", ".")
    assert check.returncode == 0, check.stdout
    layout = _run(sys.executable, "-m", "ruff", "format", "--no-cache", "--check", ".")
    assert layout.returncode == 0, layout.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_file_is_short_well_named_and_free_of_what_is_banned(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 320, "rule 6: split it by what it does"
    assert path.name not in BANNED_NAMES, "rule 6: name it by what is in it"
    found = [what for what, pattern in BANNED_TEXT.items() if pattern.search(text)]
    assert not found


def test_views_stay_under_200_lines_and_never_import_each_other():
    for path in sorted((ROOT / "app" / "views").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 200, f"rule 11: {path.name}"
        assert not re.search(r"^\s*(from|import) app\.views", text, re.MULTILINE), f"pages import no page: {path.name}"


def test_the_way_fits_on_one_page():
    for package in ("mspa_model", "explain"):
        lines = (ROOT / package / "pipeline.py").read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 120, f"rule 2: {package}/pipeline.py"


def test_no_research_data_is_in_the_tree():
    names = _run("git", "ls-files").stdout.splitlines()
    assert names, "the tests run in a git checkout"
    assert not [name for name in names if re.search(r"ml100k|ml1m|tiktok", name) and not name.endswith(".png")]
