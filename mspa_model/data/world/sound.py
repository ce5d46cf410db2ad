"""Sound of a segment: a music style at a tempo, and a voice-like hum over it, synthesised with numpy."""

import io

import numpy as np
import soundfile
from numpy.typing import NDArray

BEATS_PER_MINUTE = {"slow": 66, "medium": 108, "fast": 168}
SCALE = np.array([0, 3, 5, 7, 10, 12, 15])  # a minor pentatonic: whatever is drawn sounds agreeable
ROOT_HZ = 196.0

Sound = NDArray[np.float64]


def segment_sound(style: str, tempo: str, voice: str, seconds: float, rate: int, rng: np.random.Generator) -> Sound:
    """Mono samples in [-0.9, 0.9], shape (seconds * rate,)."""
    n = int(seconds * rate)
    beat = 60.0 / (BEATS_PER_MINUTE[tempo] * rng.uniform(0.95, 1.05))
    root = ROOT_HZ * 2 ** (rng.integers(-3, 4) / 12)
    mix = _music(style, beat, root, n, rate, rng) + 0.9 * _voice(voice, n, rate, rng)
    mix += rng.normal(0, 0.002, size=n)  # room noise, so that silence is never exact
    return 0.9 * mix / np.abs(mix).max()


def encode_ogg(samples: Sound, rate: int, serial: int) -> bytes:
    """OGG Opus bytes that depend on the samples alone: the stream's random serial number is replaced by `serial`."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="OGG", subtype="OPUS", compression_level=0.96)
    return _with_serial(file.getvalue(), serial)


def _music(style: str, beat: float, root: float, n: int, rate: int, rng: np.random.Generator) -> Sound:
    out = np.zeros(n)
    step = beat * STEP_BEATS[style]
    for i in range(int(n / rate / step) + 1):
        # swing and strength vary a little, so that no two bars are alike
        at = int((i * step + rng.normal(0, 0.006)) * rate)
        if rng.random() < REST_CHANCE[style] and i:
            continue
        note = root * 2 ** (SCALE[rng.integers(len(SCALE))] / 12)
        tone = PLAYERS[style](note, i, step, rate, rng) * rng.uniform(0.7, 1.0)
        begin = max(at, 0)
        out[begin : begin + len(tone)] += tone[: max(n - begin, 0)]
    return out


def _time(seconds: float, rate: int) -> Sound:
    return np.arange(int(seconds * rate)) / rate


def _pad(note, i, step, rate, rng) -> Sound:
    t = _time(step * 1.6, rate)
    swell = np.sin(np.pi * np.clip(t / t[-1], 0, 1)) ** 1.5
    chord = sum(np.sin(2 * np.pi * note / 2 * r * d * t) for r in (1, 1.5, 2) for d in (0.997, 1.003))
    return 0.13 * swell * chord


def _chip(note, i, step, rate, rng) -> Sound:
    t = _time(step * 0.9, rate)
    duty = 0.25 if i % 4 else 0.5
    square = np.where((note * 4 * t) % 1 < duty, 1.0, -1.0)
    return 0.22 * square * np.exp(-3 * t / step)


def _drum(note, i, step, rate, rng) -> Sound:
    t = _time(0.28, rate)
    hat = rng.normal(size=len(t)) * np.exp(-90 * t) * 0.35
    if i % 4 == 0:
        return np.sin(2 * np.pi * (45 * t + 9 * (1 - np.exp(-28 * t)))) * np.exp(-9 * t) * 1.1 + hat * 0.4
    if i % 4 == 2:
        return rng.normal(size=len(t)) * np.exp(-22 * t) * 0.55 + np.sin(2 * np.pi * 190 * t) * np.exp(-30 * t) * 0.4
    return np.diff(hat, prepend=0.0)


def _pluck(note, i, step, rate, rng) -> Sound:
    t = _time(0.9, rate)
    partials = sum(np.sin(2 * np.pi * note * k * t) * np.exp(-(2.2 + 1.6 * k) * t) / k for k in range(1, 9))
    return 0.4 * partials + 0.2 * rng.normal(size=len(t)) * np.exp(-220 * t)


def _piano(note, i, step, rate, rng) -> Sound:
    t = _time(1.3, rate)
    pitch = note / 2 if i % 3 == 0 else note * 2
    stretch = 1.0004
    partials = sum(np.sin(2 * np.pi * pitch * k * stretch ** (k * k) * t) * 0.6 ** (k - 1) for k in range(1, 6))
    return 0.36 * partials * np.exp(-2.6 * t) * np.minimum(t * 220, 1)


def _organ(note, i, step, rate, rng) -> Sound:
    t = _time(step * 1.02, rate)
    tremolo = 1 + 0.3 * np.sin(2 * np.pi * 6.3 * t)
    pipes = sum(np.sin(2 * np.pi * note * k * t) / np.sqrt(k) for k in (1, 2, 3, 4, 6, 8))
    return 0.14 * pipes * tremolo * np.minimum(t * 60, 1) * np.minimum((t[-1] - t) * 60, 1)


PLAYERS = {"pads": _pad, "chiptune": _chip, "drums": _drum, "plucked strings": _pluck, "piano": _piano, "organ": _organ}
STEP_BEATS = {"pads": 2.0, "chiptune": 0.25, "drums": 0.5, "plucked strings": 0.5, "piano": 1.0, "organ": 1.0}
REST_CHANCE = {"pads": 0.0, "chiptune": 0.12, "drums": 0.03, "plucked strings": 0.1, "piano": 0.08, "organ": 0.0}
VOICE_HZ = {"deep": 95.0, "bright": 260.0, "whisper": 0.0}
FORMANTS = np.array(
    [[730, 1090, 2440], [270, 2290, 3010], [300, 870, 2240], [530, 1840, 2480], [570, 840, 2410]]
)  # Hz, a i u e o


def _voice(voice: str, n: int, rate: int, rng: np.random.Generator) -> Sound:
    """Syllables of a hum through vowel formants; whisper is noise through the same formants; none is silence."""
    out = np.zeros(n)
    if voice == "none":
        return out
    at = rng.uniform(0, 0.3)
    while at < n / rate - 0.1:
        length = rng.uniform(0.12, 0.32)
        syllable = _syllable(VOICE_HZ[voice] * rng.uniform(0.88, 1.15), length, rate, rng)
        begin = int(at * rate)
        out[begin : begin + len(syllable)] += syllable[: n - begin]
        at += length + (rng.uniform(0.02, 0.08) if rng.random() < 0.8 else rng.uniform(0.2, 0.45))
    return out


def _syllable(pitch: float, length: float, rate: int, rng: np.random.Generator) -> Sound:
    """One vowel: harmonics (or noise, where pitch is 0) weighted by resonances."""
    t = _time(length, rate)
    envelope = np.sin(np.pi * np.clip(t / length, 0, 1)) ** 0.6
    formants = FORMANTS[rng.integers(len(FORMANTS))] * (1.15 if pitch > 180 else 1.0)
    spectrum = np.fft.rfftfreq(len(t), 1 / rate)
    gain = sum(1 / (1 + ((spectrum - f) / (60 + 0.06 * f)) ** 2) for f in formants)
    if pitch:
        glide = pitch * (1 + 0.06 * np.sin(2 * np.pi * t / length * rng.uniform(0.3, 1)))
        source = 2 * ((np.cumsum(glide) / rate) % 1) - 1  # a sawtooth: all harmonics, as vocal folds give
    else:
        source, gain = rng.normal(size=len(t)), gain * (1 + spectrum / 2500)
    shaped = np.fft.irfft(np.fft.rfft(source) * gain, len(t))
    return 0.55 * envelope * shaped / (np.abs(shaped).max() + 1e-9)


def _with_serial(ogg: bytes, serial: int) -> bytes:
    """The same OGG pages under another serial number, checksums made anew (RFC 3533, section 6)."""
    out, at = bytearray(ogg), 0
    while at < len(out):
        n_lacing = out[at + 26]
        end = at + 27 + n_lacing + sum(out[at + 27 : at + 27 + n_lacing])
        out[at + 14 : at + 18] = serial.to_bytes(4, "little")
        out[at + 22 : at + 26] = bytes(4)
        out[at + 22 : at + 26] = _crc(bytes(out[at:end])).to_bytes(4, "little")
        at = end
    return bytes(out)


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = ((value << 1) ^ 0x04C11DB7) & 0xFFFFFFFF if value & 0x80000000 else (value << 1) & 0xFFFFFFFF
        table.append(value)
    return tuple(table)


_CRC = _crc_table()


def _crc(page: bytes) -> int:
    """OGG's checksum: polynomial 0x04c11db7, no reflection, start 0."""
    value = 0
    for byte in page:
        value = ((value << 8) & 0xFFFFFFFF) ^ _CRC[(value >> 24) ^ byte]
    return value
