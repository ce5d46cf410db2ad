"""Which frame, second and word carries a modality, with encoders of which the answer is known by hand."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from PIL import Image

from explain import pieces as pieces_module
from explain.contribution import source_margins, total_margin
from explain.cutting import sentences, text_without, windows, words, write_without
from explain.figures import inputs_drawn, pieces_drawn
from explain.pieces import carrying, exact_shares, unopened
from mspa_model.config import RunConfig
from mspa_model.errors import MspaError
from mspa_model.features import encoders
from mspa_model.features.sound_encoder import RATE, read_clip
from mspa_model.ranking.scorer import Scorer
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Modality, RankingTrace, Source
from tests.explain.closed_form import closed_form_run, pair_of, trace_of
from tests.worlds import checkerboard, write_world

N_STREAMERS, N_CLIPS, SECONDS, LOUD = 24, 3, 4, 2  # the third second of a streamer's first clip is loud
WEIGHTS = {Source.VISUAL: 1.0, Source.AUDIO: 0.8, Source.TEXT: 0.5, Source.COTIPS: 0.2, Source.POPULARITY: 0.1}
SAID = "Welcome all. We play the zither tonight. Good night."


class Loudness:
    """Mean loudness of a clip, and a column that never changes."""

    def __init__(self, device: object) -> None: ...

    def encode(self, paths):
        return np.array([[np.abs(read_clip(path)).mean(), 1.0] for path in paths], dtype=np.float32)


class Brightness:
    """Mean brightness of a frame's left and right half."""

    def __init__(self, device: object) -> None: ...

    def encode(self, paths):
        frames = [np.asarray(Image.open(path).convert("L"), dtype=np.float32) / 255 for path in paths]
        return np.array([[frame[:, :4].mean(), frame[:, 4:].mean()] for frame in frames], dtype=np.float32)


class Zithers:
    """How often a text says zither, and how often it says night."""

    def __init__(self, device: object) -> None: ...

    def encode(self, texts):
        return np.array([[text.count("zither"), text.count("night")] for text in texts], dtype=np.float32)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, small_config: RunConfig) -> Iterator[Run]:
    """Every streamer has three segments with a frame, a clip and words; encoders count what was planted."""
    folder = tmp_path_factory.mktemp("planted")
    config = replace_encoders(small_config)
    with pytest.MonkeyPatch.context() as patch:
        known = {Modality.VISUAL: {"brightness": Brightness}, Modality.AUDIO: {"loudness": Loudness}}
        patch.setattr(encoders, "MEDIA_ENCODERS", MappingProxyType(known))
        patch.setattr(encoders, "TEXT_ENCODERS", MappingProxyType({"zithers": Zithers}))
        yield closed_form_run(write_planted(folder), config, WEIGHTS)


def replace_encoders(config: RunConfig) -> RunConfig:
    names = {"visual_encoder": "brightness", "audio_encoder": "loudness", "text_encoder": "zithers"}
    return replace(config, features=replace(config.features, **names))


def write_planted(folder: Path) -> Path:
    world = checkerboard(n_users=30, n_streamers=N_STREAMERS, tips_each=6)
    (folder / "media").mkdir(parents=True)
    rng = np.random.default_rng(1)
    rows = [_segment(folder / "media", row, n, rng) for row in range(N_STREAMERS) for n in range(N_CLIPS)]
    started = world.tips["tipped_at"].min()
    ids = world.streamers["streamer_id"]
    rooms = pd.DataFrame({"room_id": "r" + ids, "streamer_id": ids, "started_at": started, "ended_at": started})
    rooms = rooms.assign(ended_at=started + pd.Timedelta(days=14), title="evening", category="music")
    segments = pd.DataFrame(rows).assign(started_at=started, seconds=30.0, comments="")
    texts = [f"Room number {row}." for row in range(N_STREAMERS)]
    return write_world(
        replace(
            world,
            name="planted",
            features={},
            streamers=world.streamers.assign(text=texts),
            tables={"rooms": rooms, "segments": segments},
        ),
        folder,
    )


def _segment(media: Path, row: int, n: int, rng: np.random.Generator) -> dict[str, object]:
    """Soft noise throughout; the first clip's third second louder by streamer; streamer 0's frames are all the same."""
    samples = 0.01 * rng.standard_normal(SECONDS * RATE)
    if n == 0:
        samples[LOUD * RATE : (LOUD + 1) * RATE] *= 4 + row / 2
    name = f"{row}-{n}"
    soundfile.write(media / f"{name}.wav", samples, RATE, subtype="FLOAT")
    shade = [10, 10] if row == 0 else rng.integers(0, 255, 2).tolist()
    pixels = np.repeat(np.repeat([shade], 6, axis=0), 4, axis=1).astype(np.uint8)
    Image.fromarray(pixels).save(media / f"{name}.png")
    speech = SAID if n == 0 else " ".join(["Good night."] * (1 + (row + n) % 3))
    if n and row % 2:
        speech += " A zither."
    return {
        "segment_id": f"g{name}",
        "room_id": f"rs{row:03}",
        "speech": speech,
        "frame": f"{name}.png",
        "audio": f"{name}.wav",
    }


@pytest.fixture(scope="module")
def asked(planted: Run) -> RankingTrace:
    return trace_of(planted, "u001")


def slope_of(run: Run, trace: RankingTrace, modality: Modality, raw: np.ndarray, streamer_idx: int) -> np.ndarray:
    """Points by unit of the raw feature, by hand: the towers are linear, and scaling is a straight line where it
    clips nothing. raw: the column's value of every streamer.
    """
    features = run.features.arrays[modality].astype(float)
    by_unit = np.array(
        [
            np.polyfit(column, scaled, 1)[0] if np.ptp(column) else 0.0
            for column, scaled in zip(raw.T, features.T, strict=True)
        ]
    )
    np.testing.assert_allclose(features, (raw - raw.mean(0)) * by_unit, atol=5e-3)  # nothing is clipped
    skip = run.recommender.tower(modality).skip.weight.detach().numpy()
    vector = run.recommender.user_vector(trace.final.preference, modality).numpy()
    weight = float(trace.final.ranking.weights[SOURCES.index(Source(modality.value))])
    return weight * (vector @ skip) * by_unit


def test_the_planted_second_carries_what_it_is_worth(planted: Run, asked: RankingTrace):
    streamer = pair_of(asked)[0]
    found = carrying(planted, asked.final, Modality.AUDIO, streamer)
    folder = planted.dataset.folder / "media"
    clips = [[np.abs(read_clip(folder / f"{row}-{n}.wav")) for n in range(N_CLIPS)] for row in range(N_STREAMERS)]
    raw = np.array([[np.mean([clip.mean() for clip in own]), 1.0] for own in clips])
    slope = slope_of(planted, asked, Modality.AUDIO, raw, streamer)[0]
    own = clips[streamer]
    seconds = found.of_kind("second")
    assert [(p.of, p.start, p.stop) for p in seconds] == [(n, t, t + 1) for n in range(N_CLIPS) for t in range(SECONDS)]
    for piece in seconds:
        at = int(piece.start) * RATE
        rest = np.concatenate([own[piece.of][:at], own[piece.of][at + RATE :]])
        fall = (own[piece.of].mean() - rest.mean()) / N_CLIPS  # of the mean over clips
        assert piece.lost == pytest.approx(slope * fall, rel=0.02, abs=2e-3)
    strongest = max(seconds, key=lambda piece: abs(piece.lost))
    assert (strongest.of, strongest.start) == (0, LOUD)
    assert abs(strongest.lost) > 2.9 * max(abs(p.lost) for p in seconds if p is not strongest)  # of four, three share


def test_the_planted_word_alone_moves_the_score(planted: Run, asked: RankingTrace):
    streamer = next(int(i) for i in asked.final.ranking.order if i % 2 == 0)  # says it once
    found = carrying(planted, asked.final, Modality.TEXT, streamer)
    assert [given.label for given in found.inputs[:2]] == ["profile text", "speech and comments 1 of 3"]
    documents = [[given.text for given in found.inputs]]
    said = [[t.count("zither"), t.count("night")] for t in documents[0]]
    moved = {p.text: p.lost for p in found.of_kind("word") if p.of == 1 and p.lost}
    assert set(moved) <= {"zither", "tonight", "night"}
    assert "zither" in moved
    everyone = np.array([_counts(planted, row) for row in range(N_STREAMERS)])
    np.testing.assert_allclose(np.mean(said, axis=0), everyone[streamer], atol=1e-3)
    slope = slope_of(planted, asked, Modality.TEXT, everyone, streamer)
    assert moved["zither"] == pytest.approx(slope[0] / len(found.inputs), rel=0.02, abs=2e-3)
    assert all(p.lost == 0 for p in found.of_kind("word") if p.text in ("We", "play", "the"))
    sentence = next(p for p in found.of_kind("sentence") if "zither" in p.text)
    assert sentence.text == "We play the zither tonight."
    both = (slope[0] + slope[1]) / len(found.inputs)  # the sentence also says tonight
    assert sentence.lost == pytest.approx(both, rel=0.02, abs=2e-3)


def _counts(run: Run, row: int) -> list[float]:
    own = run.dataset.segments[run.dataset.segments["room_id"] == f"rs{row:03}"]["speech"]
    texts = [f"Room number {row}.", *own]
    return [float(np.mean([text.count(word) for text in texts])) for word in ("zither", "night")]


@pytest.mark.parametrize("modality", list(Modality))
def test_shares_add_up_to_the_modality_and_two_sides_to_its_margin(planted: Run, asked: RankingTrace, modality):
    step, pair = asked.final, pair_of(asked)
    found = [carrying(planted, step, modality, i) for i in pair]
    for side in found:
        assert side.exact
        assert sum(given.share for given in side.inputs) == pytest.approx(side.whole, abs=1e-5)
        assert side.drift <= 1e-5
        assert "made again" not in side.sentence
    margin = total_margin(source_margins(step.ranking, pair), Source(modality.value))
    sides = [sum(given.share for given in side.inputs) for side in found]
    assert sides[0] - sides[1] == pytest.approx(margin, abs=1e-5)
    assert abs(margin) > 1e-3


def test_equal_frames_share_equally_and_none_is_missed_alone(planted: Run, asked: RankingTrace):
    found = carrying(planted, asked.final, Modality.VISUAL, 0)
    assert abs(found.whole) > 1e-3
    assert found.pieces == ()
    for given in found.inputs:
        assert given.share == pytest.approx(found.whole / N_CLIPS, abs=1e-6)
        assert given.lost == pytest.approx(0, abs=1e-6)


def test_places_are_those_of_the_model_ranked_again(planted: Run, asked: RankingTrace):
    ranking, moved = asked.final.ranking, 0
    for streamer in ranking.order[:6].tolist():
        found = carrying(planted, asked.final, Modality.VISUAL, streamer)
        assert found.place == ranking.score_rank_of(streamer)
        folder = planted.dataset.folder / "media"
        rows = Brightness(None).encode([folder / f"{streamer}-{n}.png" for n in range(N_CLIPS)])
        for n, given in enumerate(found.inputs):
            array = planted.features.arrays[Modality.VISUAL].copy()
            array[streamer] = _scaled(planted, np.delete(rows, n, axis=0).mean(0))
            place = _ranked_again(
                planted,
                asked,
                replace(planted.features, arrays={**planted.features.arrays, Modality.VISUAL: array}),
                streamer,
            )
            assert given.place_after == place
            moved += place != found.place
        present = planted.features.present[Modality.VISUAL].copy()
        present[streamer] = False
        gone = replace(planted.features, present={**planted.features.present, Modality.VISUAL: present})
        assert found.place_without == _ranked_again(planted, asked, gone, streamer)
    assert moved  # the ranking is not so steep that this cannot fail


def _scaled(run: Run, raw: np.ndarray) -> np.ndarray:
    """By hand: a straight line through what the run has (nothing is clipped: uniform shades)."""
    folder = run.dataset.folder / "media"
    own = [
        Brightness(None).encode([folder / f"{row}-{n}.png" for n in range(N_CLIPS)]).mean(0)
        for row in range(N_STREAMERS)
    ]
    features = run.features.arrays[Modality.VISUAL].astype(float)
    lines = [np.polyfit(column, scaled, 1) for column, scaled in zip(np.array(own).T, features.T, strict=True)]
    return np.array([np.polyval(line, value) for line, value in zip(lines, raw, strict=True)], dtype=np.float32)


def _ranked_again(run: Run, trace: RankingTrace, features, streamer: int) -> int:
    s = run.recommender.scorer
    scorer = Scorer(
        s.cotips, s.aligners, s.popularity, s.base_weights, s.fold_weights, features, run.vocabulary, s.device,
        s.half_life, run.composer.statement_embeddings(), s.spreads,
    )  # fmt: skip
    fits = scorer.fits(run.recommender._tensors(trace.final.preference))[0]
    scores = (trace.final.ranking.weights[:, None] * fits).double().sum(0)
    others = trace.final.ranking.by_score
    return 1 + int((scores[others[others != streamer]] > scores[streamer]).sum())


def test_a_streamer_that_is_not_ranked_has_no_places(planted: Run, asked: RankingTrace):
    tipped = int(asked.final.preference.history.streamer_idx[0])
    found = carrying(planted, asked.final, Modality.VISUAL, tipped)
    assert found.place is None
    assert {given.place_after for given in found.inputs} == {None}


def test_more_inputs_than_every_set_can_be_tried_are_drawn(planted: Run, asked: RankingTrace, monkeypatch):
    streamer = pair_of(asked)[0]
    exact = carrying(planted, asked.final, Modality.VISUAL, streamer)
    monkeypatch.setattr(pieces_module, "MOST_SETS", 2)
    drawn = carrying(planted, asked.final, Modality.VISUAL, streamer)
    assert not drawn.exact
    assert "drawn orders" in inputs_drawn(drawn).how_to_read
    assert "every set" in inputs_drawn(exact).how_to_read
    shares = [[given.share for given in found.inputs] for found in (exact, drawn)]
    assert sum(shares[1]) == pytest.approx(drawn.whole, abs=1e-5)
    np.testing.assert_allclose(*shares, atol=0.03)


def test_long_clips_are_left_out_several_seconds_at_a_time(planted: Run, asked: RankingTrace, monkeypatch):
    monkeypatch.setattr(pieces_module, "MAX_PIECES", 6)
    found = carrying(planted, asked.final, Modality.AUDIO, pair_of(asked)[0])
    assert [(p.of, p.start, p.stop) for p in found.pieces] == [(n, t, t + 2) for n in range(N_CLIPS) for t in (0, 2)]
    assert "2 seconds were left out at a time" in found.note


def test_a_clip_of_one_piece_is_left_out_whole_and_a_cap_is_said(planted: Run, asked: RankingTrace, monkeypatch):
    monkeypatch.setattr(pieces_module, "MAX_PIECES", 3)
    found = carrying(planted, asked.final, Modality.AUDIO, pair_of(asked)[0])
    assert [p.lost for p in found.pieces] == [given.lost for given in found.inputs]
    text = carrying(planted, asked.final, Modality.TEXT, pair_of(asked)[0])
    assert len(text.of_kind("sentence")) == len(text.of_kind("word")) == 3
    assert "the first 3 were left out" in text.note


def test_a_feature_that_cannot_be_made_again_is_said(planted: Run, asked: RankingTrace):
    streamer = pair_of(asked)[0]
    arrays = {m: array + 1.0 for m, array in planted.features.arrays.items()}
    other = replace(planted, features=replace(planted.features, arrays=arrays))
    found = carrying(other, asked.final, Modality.VISUAL, streamer)
    assert found.drift > found.limit
    assert "misses the run's own" in found.sentence


def test_progress_goes_up_to_the_whole(planted: Run, asked: RankingTrace):
    told: list[float] = []
    carrying(planted, asked.final, Modality.TEXT, pair_of(asked)[0], told.append)
    assert told == sorted(told)
    assert told[0] >= 0
    assert told[-1] == 1.0
    assert len(told) > 3


def test_what_cannot_be_opened_says_why(planted: Run, closed: Run, make_closed: Callable[[str], Run]):
    assert unopened(planted, Modality.AUDIO, 0) == ""
    assert "came ready-made" in unopened(closed, Modality.AUDIO, 0)
    assert "has no audio features" in unopened(make_closed("some-lack-audio"), Modality.AUDIO, 5)
    assert "has no visual features" in unopened(make_closed("no-features"), Modality.VISUAL, 0)
    dataset = replace(planted.dataset, segments=planted.dataset.segments.assign(frame=None))
    assert "No frame of" in unopened(replace(planted, dataset=dataset), Modality.VISUAL, 0)
    with pytest.raises(MspaError, match="ready-made"):
        carrying(closed, trace_of(closed, "u000").final, Modality.AUDIO, 0)


def test_the_sentence_of_one_input_and_of_nothing(planted: Run, asked: RankingTrace):
    streamer = pair_of(asked)[0]
    segments = planted.dataset.segments
    first = segments["frame"].where(segments["segment_id"].str.endswith("-0"))
    alone = replace(planted, dataset=replace(planted.dataset, segments=segments.assign(frame=first)))
    found = carrying(alone, asked.final, Modality.VISUAL, streamer)
    assert "All of it is in its one frame." in found.sentence
    assert found.inputs[0].share == pytest.approx(found.whole, abs=1e-6)
    assert found.inputs[0].place_after == found.place_without
    ranking = asked.final.ranking
    mute = replace(asked.final, ranking=replace(ranking, weights=torch.zeros(len(SOURCES))))
    nothing = carrying(planted, mute, Modality.AUDIO, streamer)
    assert nothing.whole == 0
    assert {piece.lost for piece in nothing.pieces} == {0.0}
    assert nothing.sentence.endswith("So there is next to nothing to take apart.")


def test_pictures_name_what_was_left_out(planted: Run, asked: RankingTrace):
    found = carrying(planted, asked.final, Modality.TEXT, pair_of(asked)[0])
    drawn = pieces_drawn(found, "word")
    assert drawn.table["what"].iloc[0] in ("zither", "tonight", "night")
    assert drawn.table["points lost without"].abs().is_monotonic_decreasing
    assert inputs_drawn(found).figure.data[0].x[-1] == pytest.approx(found.whole)
    assert pieces_drawn(found, "second").table.empty


def test_shares_of_games_solved_by_hand():
    sets = (np.arange(8)[:, None] >> np.arange(3)) % 2 == 1
    product = (sets[:, 0] & sets[:, 1]) * 6.0  # the third is a dummy
    np.testing.assert_allclose(exact_shares(product, sets), [3, 3, 0])
    np.testing.assert_allclose(exact_shares(sets @ np.array([1.0, -2.0, 5.0]), sets), [1, -2, 5])
    majority = (sets.sum(1) >= 2) * 1.0
    np.testing.assert_allclose(exact_shares(majority, sets), [1 / 3] * 3)
    glove = ((sets[:, 0] | sets[:, 1]) & sets[:, 2]) * 1.0  # two left gloves and a right one
    np.testing.assert_allclose(exact_shares(glove, sets), [1 / 6, 1 / 6, 4 / 6])


def test_sound_is_cut_sample_for_sample(tmp_path: Path):
    assert windows(3 * RATE + 5, 1) == ((0, RATE), (RATE, 2 * RATE), (2 * RATE, 3 * RATE + 5))
    assert windows(RATE // 2, 1) == ((0, RATE // 2),)
    assert windows(5 * RATE, 2) == ((0, 2 * RATE), (2 * RATE, 5 * RATE))
    samples = np.random.default_rng(0).standard_normal(3 * RATE).astype(np.float32)
    rest = read_clip(write_without(samples, (RATE, 2 * RATE), tmp_path / "x.wav"))
    np.testing.assert_array_equal(rest, np.concatenate([samples[:RATE], samples[2 * RATE :]]))


def test_text_is_cut_at_sentences_and_words():
    text = "Hi there!  It's late... so long"
    spans = sentences(text)
    assert [text[slice(*span)] for span in spans] == ["Hi there!", "It's late...", "so long"]
    assert [text[slice(*span)] for span in words(text, spans[1])] == ["It's", "late"]
    assert text_without(text, spans[1]) == "Hi there! so long"
    assert text_without("gone.", (0, 5)) == ""
    assert sentences("... !") == ()
