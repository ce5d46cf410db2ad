"""What a start takes: the first page beside a bare Streamlit page, and a ranking beside the libraries it may import.

Each is started cold, in turn with what it is held against, so that both meet the same neighbours.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from mspa_model.runs import load_run
from tests.browser.dashboard import MAIN, ROOT, chromium_path, launch
from tests.browser.first_page import FirstPage, bare_script, first_page

ROUNDS = 3
Figures = dict[str, dict[str, float]]


def start_figures(run: Path, user: str | None) -> dict[str, Figures]:
    """Seconds and ratios by what was started; the user with the most tips is recommended to where none is given."""
    return {"first page": page_figures(run), "recommend": command_figures(run, user or busiest_user(run))}


def page_figures(run: Path) -> Figures:
    """Medians of the wall time to the first page at rest and of the server's CPU, and ours for each of the bare one."""
    path = chromium_path()
    if path is None:
        raise SystemExit("no chromium on the path; on Debian: apt-get install chromium chromium-driver")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright, path)
        bare, here = bare_script(Path(folder)), Path(folder)
        pairs = [(first_page(browser, here, MAIN, run), first_page(browser, here, bare)) for _ in range(ROUNDS)]
        browser.close()
    ours, theirs = (_medians(pages) for pages in zip(*pairs, strict=True))
    return {"dashboard": ours, "bare page": theirs, "ratio": {k: round(ours[k] / theirs[k], 2) for k in ours}}


def _medians(pages: tuple[FirstPage, ...]) -> dict[str, float]:
    walls, cpus = [page.wall_s for page in pages], [page.cpu_s for page in pages]
    return {"wall_s": round(statistics.median(walls), 2), "cpu_s": round(statistics.median(cpus), 2)}


def command_figures(run: Path, user: str) -> Figures:
    """Least CPU seconds of `recommend`, of what a language model imports and of torch, and the ratios to both."""
    commands = {
        "recommend": ["-m", "mspa_model", "recommend", str(run), "--user", user],
        "LlamaModel": ["-c", "from transformers import LlamaModel"],
        "torch": ["-c", "import torch"],
    }
    rounds = [{name: cpu_of(words) for name, words in commands.items()} for _ in range(ROUNDS)]
    least = {name: round(min(taken[name] for taken in rounds), 2) for name in commands}
    return {"cpu_s": least, "ratio": {k: round(least["recommend"] / least[k], 2) for k in ("LlamaModel", "torch")}}


def cpu_of(words: list[str]) -> float:
    """CPU seconds of Python with these words, its children's too."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], cwd=ROOT, env=os.environ, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def busiest_user(run: Path) -> str:
    """Id of the user with the most tips."""
    dataset = load_run(run, device="cpu").dataset
    return str(dataset.users["user_id"].iat[int(dataset.tips["user_idx"].value_counts().index[0])])
