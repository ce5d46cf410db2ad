"""Clips to rows: log-mel statistics of timbre, rhythm, modulation and harmony (ours), or a model by path."""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from mspa_model.data.media import read_sound
from mspa_model.features.weights import unloadable

RATE = 16_000  # samples a second
FINEST = 1_000  # of the ratio of two rates: 44,101 to 16,000 would take a filter of a million taps
WINDOW, HOP = 512, 160  # 32 ms, 10 ms
N_MELS = 64
FRAMES_PER_SECOND = RATE / HOP
TEMPO_BINS = 32  # from 40 to 240 beats a minute, spaced evenly in the logarithm
MODULATION_EDGES = (0.5, 1, 2, 4, 8, 16, 32)  # Hz; speech moves its bands at 4 to 8
CHROMA_WINDOW = 4096


def read_clip(path: Path) -> Float[np.ndarray, " n_samples"]:
    """Mono at 16 kHz, at most a minute. Raises MediaError, a DataError, where it cannot be read."""
    sound = read_sound(path)
    if sound.rate == RATE:
        return sound.samples
    from scipy.signal import resample_poly  # half a second that no page waits for

    ratio = Fraction(RATE, sound.rate).limit_denominator(FINEST)
    return resample_poly(sound.samples, ratio.numerator, ratio.denominator).astype(np.float32)


class LogMelStatistics:
    """About 340 numbers a clip; see `clip_row`. Loudness is kept, as one of them."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def encode(self, paths: Sequence[Path]) -> Float[np.ndarray, "n feature_dim"]:
        """One row a clip."""
        clips = tqdm(paths, desc="clips", unit="clip", leave=False)
        return np.stack([clip_row(torch.from_numpy(read_clip(p)).to(self._device)).cpu().numpy() for p in clips])


class TransformerSoundEncoder:
    """The mean of the last hidden states of any audio model of transformers."""

    def __init__(self, folder: str, device: torch.device) -> None:
        from transformers import AutoFeatureExtractor, AutoModel  # seconds to import

        try:
            self._extractor = AutoFeatureExtractor.from_pretrained(folder, local_files_only=True)
            self._model = AutoModel.from_pretrained(folder, local_files_only=True).to(device).eval()
        except (OSError, ValueError) as error:
            raise unloadable("audio", folder, error) from error
        self._device = device

    @torch.inference_mode()
    def encode(self, paths: Sequence[Path]) -> Float[np.ndarray, "n feature_dim"]:
        """One row a clip."""
        rows = []
        for path in tqdm(paths, desc="clips", unit="clip", leave=False):
            read = self._extractor(read_clip(path), sampling_rate=RATE, return_tensors="pt").to(self._device)
            hidden = self._model(**read).last_hidden_state
            rows.append(hidden.flatten(1, -2).mean(dim=1)[0].float().cpu().numpy())
        return np.stack(rows)


@torch.inference_mode()
def clip_row(samples: Float[Tensor, " n_samples"]) -> Float[Tensor, " feature_dim"]:
    """One clip's row.

    Per mel band: mean, deviation and mean absolute change of log energy (timbre, 3 x 64). Autocorrelation of the onset
    envelope at the lags of 40 to 240 beats a minute (rhythm, 32). Share of each of 8 band groups' movement at 0.5 to 32
    Hz (modulation, 8 x 6). Pitch classes' autocorrelation, which forgets the key (harmony, 6), and their evenness.
    Moments of loudness, brightness and flatness (9).
    """
    padded = torch.nn.functional.pad(samples, (0, max(0, RATE - len(samples))))
    power = _power(padded, WINDOW, HOP)
    energy = mel_filters().to(power.device) @ power
    log_mel = torch.log(energy + 1e-6)
    shape = log_mel - log_mel.mean()  # loudness apart from timbre
    change = shape.diff(dim=1)
    timbre = torch.cat([shape.mean(1), shape.std(1), change.abs().mean(1)])
    onsets = change.clamp_min(0).mean(0)
    return torch.cat([timbre, rhythm(onsets), _modulation(log_mel), _harmony(padded), _moments(log_mel, power)])


def rhythm(onsets: Float[Tensor, " n_frames"]) -> Float[Tensor, " tempo_bins"]:
    """Normalised autocorrelation of the onset envelope, read at TEMPO_BINS tempos; near 1 where beats recur so."""
    centred = onsets - onsets.mean()
    n = len(centred)
    spectrum = torch.fft.rfft(centred, n=2 * n)
    correlation = torch.fft.irfft(spectrum.abs() ** 2)[:n]
    correlation = correlation / correlation[0].clamp_min(1e-9)
    tempos = torch.logspace(np.log10(40), np.log10(240), TEMPO_BINS, device=onsets.device)
    lags = (60 / tempos * FRAMES_PER_SECOND).clamp(max=n - 2)
    low = lags.long()
    return torch.lerp(correlation[low], correlation[low + 1], lags - low)


@cache
def mel_filters() -> Float[Tensor, "n_mels n_frequencies"]:
    """Triangles that are evenly spaced on the mel scale (O'Shaughnessy 1987) from 40 Hz to 8 kHz."""
    edges = 700 * (10 ** (np.linspace(_mel(40.0), _mel(RATE / 2), N_MELS + 2) / 2595) - 1)
    frequencies = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (frequencies - low) / (centre - low), (high - frequencies) / (high - centre)
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    # A low band narrower than one frequency bin would be empty: it takes the nearest bin.
    nearest = np.abs(frequencies - centre).argmin(axis=1)
    empty = triangles.sum(axis=1) == 0
    triangles[np.flatnonzero(empty), nearest[empty]] = 1
    return torch.from_numpy(triangles.astype(np.float32))


def _mel(hertz: float) -> float:
    return 2595 * float(np.log10(1 + hertz / 700))


def _power(samples: Tensor, window: int, hop: int) -> Float[Tensor, "n_frequencies n_frames"]:
    shape = torch.hann_window(window, device=samples.device)
    return torch.stft(samples, window, hop, window=shape, return_complex=True).abs() ** 2


def _modulation(log_mel: Float[Tensor, "n_mels n_frames"]) -> Float[Tensor, " n"]:
    groups = log_mel.reshape(8, N_MELS // 8, -1).mean(1)
    spectrum = torch.fft.rfft(groups - groups.mean(1, keepdim=True)).abs() ** 2
    hertz = torch.linspace(0, FRAMES_PER_SECOND / 2, spectrum.shape[1], device=log_mel.device)
    bands = [spectrum[:, (hertz >= low) & (hertz < high)].sum(1) for low, high in pairwise(MODULATION_EDGES)]
    return (torch.stack(bands, dim=1) / (spectrum.sum(1, keepdim=True) + 1e-9)).flatten()


def _harmony(samples: Tensor) -> Float[Tensor, " n"]:
    """Autocorrelation of the 12 pitch classes at 1 to 6 semitones, and the share of the strongest one."""
    power = _power(samples, CHROMA_WINDOW, CHROMA_WINDOW // 4).sqrt().mean(1)
    hertz = torch.linspace(0, RATE / 2, len(power), device=samples.device)
    heard = (hertz >= 80) & (hertz <= 2_000)
    classes = (12 * torch.log2(hertz[heard] / 440)).round().long() % 12
    chroma = torch.zeros(12, device=samples.device).index_add(0, classes, power[heard])
    counts = torch.zeros(12, device=samples.device).index_add(0, classes, torch.ones_like(power[heard]))
    chroma = chroma / counts.clamp_min(1)
    chroma = chroma / chroma.sum().clamp_min(1e-9)
    centred = chroma - chroma.mean()
    scale = (centred**2).sum().clamp_min(1e-9)
    lags = torch.stack([(centred * centred.roll(k)).sum() / scale for k in range(1, 7)])
    return torch.cat([lags, chroma.max()[None]])


def _moments(log_mel: Tensor, power: Tensor) -> Float[Tensor, " 9"]:
    """Mean, deviation and mean absolute change of loudness, of the spectral centroid and of flatness."""
    share = power / (power.sum(0) + 1e-9)
    centroid = (share * torch.linspace(0, 1, len(power), device=power.device)[:, None]).sum(0)
    flatness = torch.log(power + 1e-9).mean(0) - torch.log(power.mean(0) + 1e-9)
    tracks = torch.stack([log_mel.mean(0), centroid, flatness])
    return torch.cat([tracks.mean(1), tracks.std(1), tracks.diff(dim=1).abs().mean(1)])
