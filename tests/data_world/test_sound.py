"""Sound: the right length and loudness, the same bytes, and styles, tempos and voices that differ."""

import io

import numpy as np
import pytest
import soundfile

from mspa_model.data.world.aspects import STYLES, VOICES
from mspa_model.data.world.sound import encode_ogg, segment_sound

RATE = 16_000


def sound(style: str, tempo: str, voice: str, seed: int = 1, seconds: float = 3.0) -> np.ndarray:
    return segment_sound(style, tempo, voice, seconds, RATE, np.random.default_rng(seed))


def octave_shares(samples: np.ndarray) -> np.ndarray:
    """Share of the energy in seven octaves from 62 Hz."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    octave = np.floor(np.log2(np.maximum(np.fft.rfftfreq(len(samples), 1 / RATE), 1) / 62)).astype(int)
    bands = np.array([power[octave == i].sum() for i in range(7)])
    return bands / bands.sum()


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("style", STYLES)
def test_every_sound_has_its_length_and_does_not_clip(style: str, voice: str) -> None:
    samples = sound(style, "fast", voice, seconds=1.0)
    assert samples.shape == (RATE,)
    assert np.abs(samples).max() == pytest.approx(0.9)
    assert samples.std() > 0.02


def test_a_clip_is_read_back_and_its_bytes_depend_on_nothing_else() -> None:
    samples = sound("piano", "slow", "deep")
    first, again = encode_ogg(samples, RATE, 5), encode_ogg(samples, RATE, 5)
    assert first == again
    assert first != encode_ogg(samples, RATE, 6)
    heard, rate = soundfile.read(io.BytesIO(first))
    assert (len(heard), rate) == (3 * RATE, RATE)
    assert np.corrcoef(heard, samples)[0, 1] > 0.8


def test_fast_has_more_onsets_than_slow() -> None:
    def onsets(tempo: str) -> int:
        loud = np.abs(sound("plucked strings", tempo, "none", seconds=6.0)).reshape(-1, 320).max(1)
        return int((np.diff(loud) > 0.15).sum())

    assert onsets("fast") > 1.5 * onsets("slow")


def test_styles_have_different_spectra() -> None:
    spectra = {
        style: np.mean([octave_shares(sound(style, "medium", "none", s)) for s in range(4)], 0) for style in STYLES
    }
    for style, spectrum in spectra.items():
        again = np.mean([octave_shares(sound(style, "medium", "none", s)) for s in range(10, 14)], 0)
        nearest = min(spectra, key=lambda other: float(np.abs(spectra[other] - again).sum()))
        assert nearest == style, f"{style} sounds like {nearest}: {spectrum}"


def test_a_whisper_is_higher_than_a_deep_voice() -> None:
    whisper, deep = (octave_shares(sound("pads", "slow", voice)) for voice in ("whisper", "deep"))
    assert whisper[5:].sum() > deep[5:].sum()
