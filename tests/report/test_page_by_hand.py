"""What a report says and how it is checked again, from evidence made by hand: numbers, limits, words, addresses."""

import hashlib
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from explain.report.differences import differences
from explain.report.evidence import SCHEMA, CaseLine, CheckLine, Evidence, Part, WhatIf, hash_of, sealed
from explain.report.gather import _checked, _largest, _link, _points, _what_if_sentence
from explain.report.html import _SIZES, _size, to_html
from explain.report.markdown import to_markdown
from explain.report.page import Page, page_of
from explain.report.verify import _read, verify
from explain.types import Edit, Explanation, Suggestion
from mspa_model.errors import MspaError
from mspa_model.runs import Run
from mspa_model.types import Source
from tests.explain.closed_form import closed_form_run

CASE = CaseLine("7f3a", "7f3a" + "0" * 60, "s0", "Lumi", "s1", "Kato", 1, "all", "new")


def part(source: Source, streamer: float, rival: float) -> Part:
    return Part("source", source.value, source.value, streamer, rival, streamer - rival)


@pytest.fixture
def told() -> Evidence:
    """Margins of +1 (co-tipping), -0.25 (audio), 0 of what both have (popularity); nothing of looks."""
    sources = (
        part(Source.VISUAL, 0.0, 0.0),
        part(Source.AUDIO, 0.25, 0.5),
        part(Source.COTIPS, 1.0, 0.0),
        part(Source.POPULARITY, 0.5, 0.5),
    )
    return sealed(
        Evidence(
            schema=SCHEMA,
            run_hash="ab" * 32,
            run_created_at="2026-01-09T12:13:14+00:00",
            audit_hash="cd" * 32,
            dataset="Tiny world",
            case=CASE,
            question="Why does Lumi stand above Kato for viewer 7f3a?",
            answer="Lumi stands 1st, above Kato (2nd).",
            seal="amber",
            seal_sentence="Faithful, with this limit: few tips.",
            seal_truth="Nobody knows more.",
            evidence_sentence="This ranking knows 3 tips by this viewer.",
            streamer_rank=1,
            rival_rank=2,
            margin=0.75,
            sources=sources,
            largest=(Part("tip", "cotips", "Mira", 0.5, 0.1, 0.4),),
            checks=(CheckLine("Sources to the margin", 1e-8, 1e-5, "pass", "They add up."),),
            reasons=("First.", "Second.", "Third."),
            what_if=WhatIf("drop tip", "without the tip “Mira”", 1, 3, -0.4, "Without it, Lumi would move."),
            cannot_tell=("What it leans on is no cause.",),
            link="/why?user=~7f3a&streamer=s0",
            note="",
        )
    )


def test_the_page_is_the_approved_one(told: Evidence, file_regression) -> None:
    file_regression.check(to_markdown(told), basename="page", extension=".md")


def test_bars_are_drawn_to_scale_the_largest_first_and_the_sum_last(told: Evidence) -> None:
    page = page_of(told)
    assert [(bar.label, bar.text, bar.start, bar.width) for bar in page.bars] == [
        ("co-tipping", "+1.00", 20.0, 80.0),
        ("audio", "−0.25", 0.0, 20.0),
        ("popularity", "0", 20.0, 0.0),
        ("all together", "+0.75", 20.0, 60.0),
    ]
    assert [bar.colour for bar in page.bars] == ["#CC79A7", "#D55E00", "#7F7F7F", "#555555"]
    assert page.zero == 20.0
    third = page_of(replace(told, margin=1 / 3, sources=(part(Source.TEXT, 1 / 3, 0.0), part(Source.AUDIO, 0.0, 1.0))))
    assert [(bar.start, bar.width) for bar in third.bars] == [(0.0, 75.0), (75.0, 25.0), (75.0, 25.0)]
    seventh = page_of(replace(told, margin=1.0, sources=(part(Source.TEXT, 1.0, 0.0), part(Source.AUDIO, 0.0, 6.0))))
    assert (seventh.zero, seventh.bars[1].width) == (85.714, 14.286)
    nothing = page_of(replace(told, margin=0.0, sources=()))
    assert [(bar.label, bar.start, bar.width) for bar in nothing.bars] == [("all together", 0.0, 0.0)]
    assert nothing.zero == 0.0


def test_names_beside_each_other_keep_34_letters(told: Evidence) -> None:
    page = page_of(replace(told, case=replace(CASE, streamer_name="L" * 60, rival_name="K" * 34)))
    assert page.left == "← for " + "K" * 34
    assert page.right == "for " + "L" * 33 + "… →"
    kept = page_of(replace(told, case=replace(CASE, new_share=0.25)))
    assert dict(kept.foot)["Case"].endswith("history “all”, 25\u00a0% of places kept for the new")


def letters(page: Page, n: int) -> Page:
    """The page whose sentences have n letters in all."""
    empty = replace(page, answer="", seal_sentence="", evidence="", reasons=("", ""), what_if="", note="")
    return replace(empty, cannot_tell=("", "c" * 7), question="q" * (n - 7))


@pytest.mark.parametrize(
    ("n", "size"),
    [(1500, 10.5), (1501, 9.5), (2100, 9.5), (2101, 8.5), (2800, 8.5), (2801, 7.8), (3500, 7.8), (3501, 6.6)],
)
def test_letters_shrink_so_that_all_fits_one_page(told: Evidence, n: int, size: float) -> None:
    assert len(_SIZES) == 4
    assert _size(letters(page_of(told), n)) == size


@pytest.mark.parametrize("name", ["question", "answer", "seal_sentence", "evidence", "what_if", "note"])
def test_every_sentence_counts(told: Evidence, name: str) -> None:
    page = letters(page_of(told), 1400)
    assert _size(replace(page, **{name: "x" * 1500})) < 10.5
    assert _size(replace(page, **{name: getattr(page, name)})) == 10.5


def test_the_hash_is_of_sorted_json_without_spaces(told: Evidence) -> None:
    small = replace(told, answer="é", sources=(), largest=(), checks=(), reasons=(), cannot_tell=())
    fields = {key: value for key, value in asdict(small).items() if key not in ("sha256", "group_names")}
    case = {key: value for key, value in fields["case"].items() if key not in ("live_at", "new_share")}
    lines = []
    for key in sorted(fields):
        value = case if key == "case" else fields[key]
        lines.append(f'"{key}":{_json(value)}')
    assert hash_of(small) == hashlib.sha256(("{" + ",".join(lines) + "}").encode()).hexdigest()


def _json(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f'"{key}":{_json(value[key])}' for key in sorted(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_json, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


# --- gathering -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "query"),
    [
        ({}, ""),
        ({"history": "train"}, "&history=train"),
        ({"candidates": "all"}, "&candidates=all"),
        ({"live_at": "2026-01-09T12:00:00+00:00"}, "&at=2026-01-09T12%3A00%3A00Z"),
        ({"new_share": 0.2}, "&new_share=0.2"),
    ],
)
def test_the_address_leaves_out_what_is_usual(changes: dict, query: str) -> None:
    assert _link(replace(CASE, **changes)) == f"/why?user=~7f3a{'0' * 12}&streamer=s0&rival=s1&step=1{query}"


def test_what_a_single_edit_does_in_words() -> None:
    best = Suggestion(Edit("mute modality", "text"), "without text", 3, 12, -0.123456)
    assert _what_if_sentence(best, "Lumi") == (
        "Without text and with the correction kept, Lumi would move from 3rd to 12th."
    )
    still = replace(best, rank_after=3)
    assert _what_if_sentence(still, "Lumi") == (
        "With the correction kept, no single edit tried moves Lumi from 3rd; the strongest, without text, changes its "
        "score by −0.123."
    )
    for gone in (replace(best, rank_before=None), replace(best, rank_after=None)):
        assert _what_if_sentence(gone, "Lumi") == (
            "Without text, the score of Lumi would change by −0.123; it is not in this ranking."
        )
    assert _points(1234.5) == "+1.23e+03"
    assert _points(-0.5) == "−0.5"


def test_the_five_largest_parts_either_way(explanation: Explanation) -> None:
    tips = [replace(explanation.tips[0], label=f"t{n}", streamer=m, rival=0.0) for n, m in enumerate((0.1, 0.5, -0.9))]
    more = [replace(explanation.statements[0], label=f"s{n}", streamer=m, rival=0.0) for n, m in enumerate((0.3, -0.2))]
    rest = replace(explanation.residuals[0], label="r", streamer=0.25, rival=0.0)
    found = _largest(replace(explanation, tips=tuple(tips), statements=tuple(more), residuals=(rest,)))
    assert [(part.label, part.margin) for part in found] == [
        ("t2", -0.9),
        ("t1", 0.5),
        ("s0", 0.3),
        ("r", 0.25),
        ("s1", -0.2),
    ]


def test_a_note_of_600_letters_is_taken_whole() -> None:
    assert _checked("x" * 600) == "x" * 600
    with pytest.raises(MspaError, match="a note of 1,234 characters"):
        _checked("x" * 1234)
    assert _checked("a\ud800b\nc") == "a?b c"


# --- verifying -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "expected", "where"),
    [
        (1.0, 1.0001, None),
        (1.0, 1.00011, ""),
        (0.0, 0.0001, None),
        (0.0, 0.00011, ""),
        (1000.0, 1000.1, None),
        (1000.0, 1000.11, ""),
        (-1000.0, -1000.1, None),
        ({"a": {"b": [1, 2.0]}}, {"a": {"b": [1, 2.5]}}, "a.b 2"),
        ({"a": [1, 2]}, {"a": [2, 2]}, "a 1"),
        ({"sha256": "x", "b": 1}, {"sha256": "y", "b": 1}, None),
        ([1, 2], [1], ""),
        (1, 1.0, None),
        (1, 2.0, ""),
        ("of 1.5 points", "of 1.6 points", None),
        ("of 1.5 points", "of 1.7 points", ""),
        ("of 1.55 points", "of 1.56 points", None),
        ("of 1.5 points", "of 1.55 points", ""),
        ("of 1.5 points", "of 1.51 points", None),
        ("of −0.01 points", "of 0.01 points", ""),
        ("of −0.01 points", "of -0.01 points", None),
        ("of 10 points", "of 11 points", ""),
        ("of 10 points", "of 10.0 points", None),
        ("off by 2e-04", "off by 1e-04", None),
        ("off by 3e-04", "off by 1e-04", ""),
        ("1.5 of 2", "1.5 of 3", ""),
        ("1 and 2", "1 and 2 and 3", ""),
        ("here 1", "there 1", ""),
    ],
)
def test_what_differs_and_where(got: object, expected: object, where: str | None) -> None:
    assert [place for place, _, _ in differences(got, expected)] == ([] if where is None else [where])


def test_a_file_of_five_million_bytes_is_read_and_no_larger(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_bytes(b" " * 5_000_000)
    assert len(_read(file)) == 5_000_000
    file.write_bytes(b" " * 5_000_001)
    with pytest.raises(MspaError, match="at most 5 MB"):
        _read(file)
    with pytest.raises(MspaError, match="at most 5 MB"):
        _read(tmp_path)


@pytest.fixture(scope="module")
def run(make_world, small_config) -> Run:
    return closed_form_run(make_world("matrix"), small_config)


@pytest.mark.parametrize("name", ["report.html", "report.HTM"])
def test_a_page_is_held_to_its_own_evidence_before_the_run(told: Evidence, run: Run, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text(to_html(told), encoding="utf-8")
    holds, sentence = verify(file, run)
    assert (holds, sentence) == (False, "The report speaks of run abababababab…, this is run 000000000000….")
    file.write_text(to_html(told).replace("</body>", "<p>more</p></body>"), encoding="utf-8")
    assert "page was changed" in verify(file, run)[1]
