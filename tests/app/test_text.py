"""Hostile text stays text: in Markdown, in CSV, and as a path."""

from pathlib import Path

import pandas as pd
import pytest

from app.ui.media import clip_of, media_file, segment_streamers
from app.ui.table import csv_bytes
from app.ui.text import escape_md, told_apart, when
from mspa_model.data import load_dataset

PICTURES = {".png": "image/png"}
HOSTILE = (
    "<script>alert(1)</script>",
    "[link](javascript:alert(1))",
    "![x](http://outside/x.png)",
    "**bold** _it_ `code` ~~gone~~",
    "# heading\n- list",
    "$x^2$ :red[red] :material/home: :smile:",
    "www.outside.example http://outside.example a@outside.example",
    "| a | b |\n|---|---|",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_every_sign_of_markdown_is_escaped_and_every_automatic_one_is_broken(text: str):
    escaped = escape_md(text)
    for sign in "\\`*_{}[]()<>#|~$!":
        assert escaped.count(f"\\{sign}") >= text.count(sign)
    assert "\n" not in escaped
    for automatic in ("www\\.", "http:", ":red", ":material", ":smile", "@outside"):
        assert automatic not in escaped
    assert escaped.replace("\\", "").replace("\u200b", "") == " ".join(text.split())


def test_a_time_of_day_and_a_metric_stay_as_they_are():
    assert escape_md("10:07") == "10:07"
    assert escape_md("ndcg@10") == "ndcg@10"


def test_a_per_cent_sign_is_never_left_alone_on_a_line():
    assert escape_md("a 95 %  interval,\n12\u00a0%") == "a 95\u00a0% interval, 12\u00a0%"


def test_a_drop_down_shows_plain_words_and_never_the_same_twice():
    """Streamlit finds the option by what it shows: of two that show the same it would take the last."""
    names = {"s1": "Lumi", "s2": "Lumi", "s3": "ml-a_[x](y)", "s4": "a\u202eb\n<b>", "s5": "\u200b", "s6": "Lumi"}
    words = told_apart(names, names.get)
    assert [words(one) for one in names] == ["Lumi", "Lumi (s2)", "ml-a_[x](y)", "ab <b>", "(blank)", "Lumi (s6)"]
    long = [f"{'x' * 100}{i}" for i in range(3)]
    assert len({told_apart(long)(one) for one in long}) == 3
    assert told_apart(long)("gone") == "gone"


def test_a_cell_that_a_spreadsheet_would_run_is_made_inert():
    frame = pd.DataFrame({"name": ["=1+1", "@sum", "-2", "safe"], "score": [-1.0, 2.0, 3.0, 4.0]})
    lines = csv_bytes(frame).decode("utf-8-sig").splitlines()
    assert lines == ["name,score", "'=1+1,-1.0", "'@sum,2.0", "'-2,3.0", "safe,4.0"]


def test_a_medium_is_only_ever_read_inside_media(tmp_path: Path):
    (tmp_path / "media").mkdir()
    for path in (tmp_path / "secret.png", tmp_path / "media" / "a.png", tmp_path / "media" / "a.html"):
        path.write_bytes(b"x")
    (tmp_path / "media" / "out.png").symlink_to(tmp_path / "secret.png")
    assert media_file(tmp_path, "a.png", PICTURES) == tmp_path / "media" / "a.png"
    for path in (
        "../secret.png",
        str(tmp_path / "secret.png"),
        "out.png",
        "a.html",
        "none.png",
        "",
        "a\x00.png",
        None,
        1,
    ):
        assert media_file(tmp_path, path, PICTURES) is None, path


def test_a_clip_is_the_tipped_segment_where_it_keeps_media(tiny_world: Path):
    dataset = load_dataset(tiny_world)
    segments = segment_streamers(dataset)
    clip = clip_of(segments, dataset.folder, "s003", "gs003")
    assert clip is not None
    assert (clip.exact, clip.frame.name, clip.sound.name, clip.speech) == (True, "3.png", "3.wav", "welcome to s003")
    bare = clip_of(segments, dataset.folder, "s020", "gs020")
    assert bare is not None
    assert (bare.exact, bare.frame, bare.sound) == (False, None, None)
    assert clip_of(segments, dataset.folder, "unknown") is None
    assert clip_of(None, dataset.folder, "s003") is None


def test_a_time_is_shown_in_the_data_set_s_zone(tiny_world: Path):
    info = load_dataset(tiny_world).info
    assert when(pd.Timestamp("2024-01-02 09:05", tz="UTC"), info) == "2 Jan 2024, 09:05"
    assert when(None, info) == "no time"


def test_options_of_one_name_show_both_ends_of_a_long_id():
    ids = [letter * 201 for letter in "ab"]
    words = told_apart(ids, lambda _: "Live")
    assert words(ids[0]) == "Live"
    assert words(ids[1]) == f"Live ({'b' * 29}…{'b' * 29})"
