"""Clips whose sound is known: pitch, tempo, file formats, damage."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from mspa_model.errors import DataError
from mspa_model.features.sound_encoder import (
    N_MELS,
    RATE,
    TEMPO_BINS,
    LogMelStatistics,
    clip_row,
    mel_filters,
    read_clip,
    rhythm,
)


def _tone(hertz: float, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def test_every_mel_band_hears_something():
    filters = mel_filters()
    assert filters.shape[0] == N_MELS
    assert (filters.sum(1) > 0).all()


def test_a_higher_tone_peaks_in_a_higher_band():
    low, high = (int(clip_row(torch.from_numpy(_tone(f)))[:N_MELS].argmax()) for f in (220, 1_760))
    assert low < high


def test_rhythm_peaks_at_the_tempo_of_the_clicks():
    onsets = torch.zeros(600)
    onsets[::50] = 1.0  # every half second: 120 beats a minute
    tempos = np.logspace(np.log10(40), np.log10(240), TEMPO_BINS)
    heard = rhythm(onsets).numpy()
    near = int(np.abs(tempos - 120).argmin())
    off = int(np.abs(tempos - 90).argmin())
    assert heard[near] > 0.4
    assert heard[off] < 0.2


def test_harmony_forgets_the_key():
    chord = [1.0, 5 / 4, 3 / 2]
    rows = [clip_row(torch.from_numpy(sum(_tone(root * r, 2.0) for r in chord))) for root in (261.6, 329.6)]
    noise = clip_row(torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)))
    harmony = slice(-16, -9)
    transposed = float((rows[0][harmony] - rows[1][harmony]).abs().mean())
    assert transposed < float((rows[0][harmony] - noise[harmony]).abs().mean())


@pytest.mark.parametrize("samples", [np.zeros(RATE), _tone(440, 0.1)], ids=["silence", "a tenth of a second"])
def test_silence_and_short_clips_give_finite_rows(samples: np.ndarray):
    assert torch.isfinite(clip_row(torch.from_numpy(samples.astype(np.float32)))).all()


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg"])
def test_clips_of_any_rate_and_width_are_read_as_mono_16_khz(tmp_path: Path, name: str):
    stereo = np.stack([_tone(440, 1.0, 44_100)] * 2, axis=1)
    soundfile.write(tmp_path / name, stereo, 44_100)
    samples = read_clip(tmp_path / name)
    assert abs(len(samples) - RATE) < 20
    assert LogMelStatistics(torch.device("cpu")).encode([tmp_path / name]).shape[0] == 1


def test_a_clip_that_is_no_sound_is_named(tmp_path: Path):
    (tmp_path / "bad.ogg").write_bytes(b"not a sound")
    with pytest.raises(DataError, match=r"bad\.ogg"):
        read_clip(tmp_path / "bad.ogg")


@pytest.mark.parametrize("rate", [3, 1_000_003])
def test_a_clip_at_no_rate_of_sound_is_named(tmp_path: Path, rate: int):
    soundfile.write(tmp_path / "odd.wav", _tone(440, 0.1), rate)
    with pytest.raises(DataError, match=rf"odd\.wav, a clip at {rate:,}"):
        read_clip(tmp_path / "odd.wav")


def test_a_rate_that_shares_nothing_with_16_khz_is_read_as_fast(tmp_path: Path):
    """As exact as it is cheap: 44,101 samples a second to 16,000 would take a filter of a million taps."""
    soundfile.write(tmp_path / "odd.wav", _tone(440, 1.0, 44_101), 44_101)
    samples = read_clip(tmp_path / "odd.wav")
    assert abs(len(samples) - RATE) <= 1
    inside = slice(1_000, -1_000)
    np.testing.assert_allclose(samples[:RATE][inside], _tone(440)[: len(samples)][inside], atol=5e-3)


@pytest.mark.parametrize("loud", [np.nan, np.inf])
def test_a_clip_that_nobody_can_hear_is_named(tmp_path: Path, loud: float):
    soundfile.write(tmp_path / "odd.wav", np.array([[0.1, 0.1], [loud, -loud]], np.float32), RATE, subtype="FLOAT")
    with pytest.raises(DataError, match=r"odd\.wav, a clip with samples that are no finite numbers"):
        read_clip(tmp_path / "odd.wav")


@pytest.mark.parametrize(("subtype", "loud"), [("FLOAT", 1e9), ("FLOAT", 3e38), ("DOUBLE", 1e300)])
def test_a_finite_clip_is_read_however_loud(tmp_path: Path, subtype: str, loud: float):
    """Turned down, it has the timbre of the same clip as it should have been exported."""
    tone = _tone(440).astype(np.float64)
    soundfile.write(tmp_path / "loud.wav", loud * tone, RATE, subtype=subtype)
    samples = read_clip(tmp_path / "loud.wav")
    assert np.corrcoef(samples, tone)[0, 1] > 0.999
    assert torch.isfinite(clip_row(torch.from_numpy(samples))).all()


def test_a_loud_clip_that_can_be_squared_stays_as_loud_as_it_is(tmp_path: Path):
    soundfile.write(tmp_path / "loud.wav", 32_768 * _tone(440), RATE, subtype="FLOAT")
    np.testing.assert_allclose(read_clip(tmp_path / "loud.wav"), 32_768 * _tone(440), rtol=1e-6)
