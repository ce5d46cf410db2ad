"""What README says is true: its commands exist, its tree is the tree, its links lead somewhere."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.command import Command

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^```\w*\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line for fence in FENCES for line in fence.splitlines() if line.startswith("python -m ")]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/LOG.md", "docs/dataset.md", "sample_data/README.md")


def _tree_paths() -> list[str]:
    """Paths of the tree block, indented entries under their folder."""
    tree = next(fence for fence in FENCES if fence.startswith("app/"))
    paths, folder = [], ""
    for line in tree.splitlines():
        name = line.split()[0]
        folder = folder if line.startswith(" ") else name
        paths.append(folder + name if line.startswith(" ") else name)
    return paths


def test_readme_opens_with_the_two_commands():
    first, second = FENCES[0].splitlines()
    assert first == "pip install -r requirements.txt && streamlit run app/main.py"
    assert second == "pip install -r requirements-dev.txt && pytest"
    assert README.index(FENCES[0]) < 100, "right under the title"


def test_the_tree_is_the_tree():
    paths = _tree_paths()
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []
    listed = {path.split("/")[0] for path in paths}
    packages = {path.name for path in ROOT.iterdir() if path.is_dir() and list(path.glob("*.py"))}
    assert packages <= listed, "a package that README does not name"


def test_every_file_that_readme_names_in_its_tables_exists():
    named = re.findall(r"\| (\S+\.py|explain/report/) \|", README)
    assert len(named) >= 6
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("line", COMMANDS, ids=lambda line: " ".join(line.split()[2:4]))
def test_every_command_and_option_is_known(line: str, mspa_model_command: Command, explain_command: Command):
    words = shlex.split(line.split("   ")[0])
    run = {"mspa_model": mspa_model_command, "explain": explain_command}[words[2]]
    answer = run(words[3], "--help")
    assert answer.status == 0
    options = [word for word in words if word.startswith("--")]
    assert [option for option in options if option not in answer.out] == []


def test_links_and_pictures_lead_somewhere():
    for name in DOCUMENTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        targets = [t for t in re.findall(r"\]\(([^)\s]+)\)", text) if not t.startswith("http")]
        assert [t for t in targets if not ((ROOT / name).parent / t).exists()] == [], name


def test_the_glossary_has_a_line_for_what_crosses_borders():
    glossary = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").lower()
    sources = [path for folder in ("mspa_model", "explain") for path in (ROOT / folder).glob("types*")]
    files = [file for path in sources for file in ([path] if path.is_file() else path.glob("*.py"))]
    classes = {c for file in files for c in re.findall(r"^class (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)}
    words = {"Modality", "Source", "Statement", "Preference", "Critique", "Case", "Check", "Seal", "Scenario"}
    assert words <= classes, "a word of the glossary has lost its class"
    assert [word for word in words if not re.search(rf"^\| [^|]*{word.lower()}", glossary, re.MULTILINE)] == []


TEXTS = {
    "the composer": "composer",
    "the tuned teacher": "teacher",
    "most frequent statements": "frequent",
    "nearest user's text": "nearest",
}


def test_figures_are_the_shipped_runs():
    metrics = json.loads((ROOT / "sample_data" / "run" / "metrics.json").read_text(encoding="utf-8"))
    for name, model in (("MSPA, corrected", "mspa"), ("MSPA, step 0", "mspa@step0"), ("ALS", "als"), ("EASE", "ease")):
        found = metrics["models"][model]["ndcg@10"]
        assert f"| {name} | {found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f}) |" in README


def test_figures_of_texts_are_the_shipped_runs():
    text = json.loads((ROOT / "sample_data" / "run" / "metrics.json").read_text(encoding="utf-8"))["text"]
    measures = ("truth_f1", "truth_f1_sparse", "teacher_f1", "bleu4", "bertscore_f1")
    for name, system in TEXTS.items():
        found = [text[system][m] for m in measures]
        cells = " | ".join(f"{f['value']:.3f} ({f['low']:.3f} to {f['high']:.3f})" for f in found)
        assert f"| {name} | {cells} |" in README
