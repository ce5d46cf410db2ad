"""A report of a trained run: complete, under a pseudonym, verifiable; a changed one is found out."""

import json
import re
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from explain.report import gather_evidence, render_report, to_json, user_of_key, verify
from explain.report.differences import differences
from explain.report.evidence import Evidence, from_json, sealed
from explain.report.html import to_html
from explain.types import Case
from mspa_model.errors import MspaError, UnknownIdError
from mspa_model.pipeline import rank_user
from mspa_model.preference.group_names import group_title, is_group
from mspa_model.runs import Run, load_run

USER = "u003"


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return load_run(tiny_run, device="cpu")


@pytest.fixture(scope="module")
def case(run: Run) -> Case:
    return first_case(run, USER)


@pytest.fixture(scope="module")
def told(run: Run, case: Case) -> Evidence:
    return gather_evidence(run, case, "Quoted in the review.")


def first_case(run: Run, user_id: str) -> Case:
    order = rank_user(run, user_id, "all", "all").final.ranking.order
    return Case(user_id, str(run.dataset.streamers["streamer_id"].iat[int(order[0])]), candidates="all")


def written(folder: Path, evidence: Evidence) -> Path:
    file = folder / "report.json"
    file.write_text(to_json(evidence), encoding="utf-8")
    return file


def test_the_evidence_adds_up(told):
    assert sum(part.margin for part in told.sources) == pytest.approx(told.margin, abs=1e-5)
    assert told.streamer_rank == 1
    assert len(told.reasons) == 3
    assert told.what_if.sentence
    assert told.cannot_tell


def test_all_formats_are_written_under_names_without_data(run, case, tmp_path):
    paths = render_report(run, case, tmp_path / "out", ("json", "html", "pdf", "md"))
    assert [path.suffix for path in paths] == [".json", ".html", ".pdf", ".md"]
    assert all(re.fullmatch(r"report-[0-9a-f]{4,}-[0-9a-f]{8}\.\w+", path.name) for path in paths)
    assert len(re.findall(rb"/Type\s*/Page\b", paths[2].read_bytes())) == 1


def test_the_user_is_nowhere_named(run, case, tmp_path):
    for path in render_report(run, case, tmp_path, ("json", "html", "md")):
        assert not re.search(rf"\b{USER}\b", path.read_text(encoding="utf-8")), path.name


def test_the_same_case_gives_the_same_bytes(run, case, tmp_path):
    first, second = (render_report(run, case, tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_the_run_finds_the_user_behind_the_pseudonym(run, told):
    query = re.search(r"user=(~[0-9a-f]+)", told.link.replace("%7E", "~"))
    assert (
        user_of_key(run, told.case.user_key) == user_of_key(run, told.case.user) == user_of_key(run, query[1]) == USER
    )


@pytest.mark.parametrize("key", ["", "~", "7f", "~" + "f" * 64, "no hex"])
def test_a_pseudonym_of_nobody_is_one_sentence(run, key):
    with pytest.raises(UnknownIdError, match="pseudonym"):
        user_of_key(run, key)


def test_an_untouched_report_holds(run, told, tmp_path):
    assert verify(written(tmp_path, told), run)[0]
    page = tmp_path / "report.html"
    page.write_text(to_html(told), encoding="utf-8")
    assert verify(page, run)[0]


def test_a_changed_number_is_found_by_the_hash(run, told, tmp_path):
    file = written(tmp_path, told)
    document = json.loads(file.read_text(encoding="utf-8"))
    document["sources"][0]["streamer"] += 0.5
    file.write_text(json.dumps(document), encoding="utf-8")
    holds, sentence = verify(file, run)
    assert not holds
    assert "SHA-256" in sentence


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda e: replace(e, margin=e.margin + 0.001), "margin"),
        (lambda e: replace(e, streamer_rank=2), "streamer_rank"),
        (lambda e: replace(e, seal="green"), "seal"),
        (lambda e: replace(e, answer=e.answer.replace("1st", "2nd")), "answer"),
        (lambda e: replace(e, reasons=e.reasons[:2]), "reasons"),
        (lambda e: replace(e, sources=(replace(e.sources[3], margin=9.0), *e.sources[1:])), "sources 1"),
    ],
)
def test_a_forger_who_seals_again_is_found_by_running_again(run, told, tmp_path, change, where):
    holds, sentence = verify(written(tmp_path, sealed(change(told))), run)
    assert not holds
    assert where in sentence


def test_a_changed_page_is_found(run, told, tmp_path):
    page = tmp_path / "report.html"
    page.write_text(to_html(told).replace("Three reasons", "Four reasons"), encoding="utf-8")
    holds, sentence = verify(page, run)
    assert not holds
    assert "page was changed" in sentence


def test_another_run_is_named(run, told, tmp_path):
    holds, sentence = verify(written(tmp_path, sealed(replace(told, run_hash="0" * 64))), run)
    assert not holds
    assert "000000000000" in sentence


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{}", b"%PDF-1.7"])
def test_a_file_that_is_no_report_is_one_sentence(run, tmp_path, content):
    file = tmp_path / "report.json"
    file.write_bytes(content)
    with pytest.raises(MspaError):
        verify(file, run)


def test_a_report_holds_whatever_groups_of_looks_and_sounds_are_called_by_now(run, tmp_path, monkeypatch):
    monkeypatch.setattr(import_module("explain.report.gather"), "_N_LARGEST", 50)  # statements of groups among them
    titles = [group_title(value) for value in run.vocabulary.values if is_group(value)]
    named = run.with_group_names(dict.fromkeys(titles, "rooftops at dusk"))
    before, after = (gather_evidence(each, first_case(run, "u000")) for each in (run, named))
    assert "rooftops at dusk" in to_json(replace(after, group_names={}))
    assert "rooftops at dusk" not in to_json(before)
    for evidence in (before, after):
        assert all(verify(written(tmp_path, evidence), present)[0] for present in (run, named))


def test_a_note_too_long_is_refused_and_nothing_written(run, case, tmp_path):
    with pytest.raises(MspaError, match="at most 600"):
        render_report(run, case, tmp_path / "out", note="x" * 601)
    with pytest.raises(MspaError, match="docx"):
        render_report(run, case, tmp_path / "out", ("json", "docx"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("world", ["hostile", "matrix", "no-features", "one-tip-users", "user-without-tips"])
def test_any_world_gives_one_page(make_run, tmp_path, world):
    run = load_run(make_run(world), device="cpu")
    tips = run.dataset.tips.groupby("user_idx").size().reindex(range(run.dataset.n_users), fill_value=0)
    user_id = str(run.dataset.users["user_id"].iat[int(tips.to_numpy().argmin())])
    json_path, html_path, pdf_path = render_report(run, first_case(run, user_id), tmp_path, note="<b>#read(1)</b>")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf_path.read_bytes())) == 1
    assert "<b>" not in html_path.read_text(encoding="utf-8")
    assert verify(json_path, run)[0]
    assert from_json(json_path.read_text(encoding="utf-8")).note == "<b>#read(1)</b>"


@pytest.mark.parametrize(
    ("got", "expected", "same"),
    [
        ("ahead by 1.63 points", "ahead by 1.64 points", True),
        ("ahead by 1.63 points", "ahead by 1.66 points", False),
        ("of 37 tips", "of 38 tips", False),
        ("off by 3e-07, at most 0.0001", "off by 7e-08, at most 0.0001", True),
        ("moves up", "moves down", False),
        (0.5, 0.50009, True),
        (0.5, 0.5002, False),
        (1, 2, False),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
    ],
)
def test_what_counts_as_the_same(got, expected, same):
    assert (not list(differences(got, expected))) is same
