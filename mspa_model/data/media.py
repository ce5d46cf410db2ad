"""Frames and clips, opened within bounded memory: what `check` finds sound is what the encoders read."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from jaxtyping import Float
from PIL import Image, UnidentifiedImageError

from mspa_model.data.fault import show
from mspa_model.errors import DataError

MAX_PIXELS = 50_000_000  # 200 MB once unpacked; an 8K picture has 33 million
PICTURE_FORMATS = ("JPEG", "PNG", "WEBP")
SOUND_FORMATS = ("WAV", "WAVEX", "RF64", "FLAC", "OGG")
MAX_SECONDS = 60  # of a clip that are read
RATES = (1_000, 400_000)  # samples a second that a clip may have
LOUDEST = 1e6  # times full scale; beyond it the square of a spectrum leaves 32 bits
FRAME_EXPECTED = f"a JPEG, PNG or WebP image of at most {MAX_PIXELS:,} pixels"
CLIP_EXPECTED = "a WAV, FLAC or OGG clip with sound"
_PADDING = 8  # bytes by which writers of sound headers err without any loss
_OGG_PAGE = 65_307  # bytes of a page at most
_BLOCK = 1 << 18  # samples of all channels together that are unpacked at once
_OTHER_KINDS = {b"<": "a page of HTML or XML", b"ID3": "an MP3", b"\xff\xfb": "an MP3", b"\xff\xf3": "an MP3"}
_OTHER_KINDS |= dict.fromkeys((b"RIFF", b"fLaC", b"OggS"), "a clip that is cut off or damaged")
_OTHER_KINDS |= {b"GIF8": "a GIF", b"%PDF": "a PDF", b"\x00\x00\x00": "a video or a picture of another kind"}


class MediaError(DataError):
    """A frame or clip that cannot be read. reason: what it is instead, without its name."""

    def __init__(self, path: Path, reason: str, expected: str) -> None:
        self.reason = reason
        super().__init__(f"{path.name}, {reason}", expected, "Export it again.")


@dataclass(frozen=True)
class Sound:
    """A clip's first minute at most, its channels' mean, finite; rate: samples a second."""

    samples: Float[np.ndarray, " n_samples"]
    rate: int


def read_frame(path: Path, smallest_side: int | None = None) -> Image.Image:
    """The frame as RGB; raises MediaError where it is no image, damaged or so large that it looks like an attack.

    smallest_side: a JPEG may come out smaller, which takes less memory, its shorter side at least so many pixels.
    """
    _refuse_empty(path, FRAME_EXPECTED)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=PICTURE_FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise MediaError(path, f"an image of {image.width:,} x {image.height:,} pixels", FRAME_EXPECTED)
                if smallest_side is not None:
                    image.draft("RGB", (smallest_side, smallest_side))
                return image.convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MediaError(path, f"an image of more than {MAX_PIXELS:,} pixels", FRAME_EXPECTED) from error
    except UnidentifiedImageError as error:
        raise MediaError(path, _kind_of(path), FRAME_EXPECTED) from error
    # Pillow's readers tell damage of a file's inside by the last two.
    except (OSError, ValueError, SyntaxError) as error:
        raise MediaError(path, f"an image that is cut off or damaged ({show(str(error))})", FRAME_EXPECTED) from error


def read_sound(path: Path) -> Sound:
    """The clip at its own rate; raises MediaError where it is no sound, cut off, without samples or not finite.

    Samples beyond LOUDEST are finite too: such a clip is turned down to it.
    """
    _refuse_empty(path, CLIP_EXPECTED)
    try:
        with soundfile.SoundFile(path) as file:
            _refuse_header(path, file)
            samples = _mean_of_channels(file)
    except (OSError, soundfile.LibsndfileError) as error:
        raise MediaError(path, _kind_of(path, str(error).rpartition(": ")[2]), CLIP_EXPECTED) from error
    if not len(samples):
        raise MediaError(path, "a clip without samples", CLIP_EXPECTED)
    peak = float(np.abs(samples).max())
    if not np.isfinite(peak):
        raise MediaError(path, "a clip with samples that are no finite numbers", CLIP_EXPECTED)
    turned_down = samples if peak <= LOUDEST else samples * (LOUDEST / peak)
    return Sound(turned_down.astype(np.float32), file.samplerate)


def _mean_of_channels(file: soundfile.SoundFile) -> Float[np.ndarray, " n_samples"]:
    """In 64 bits, block by block: a file of a thousand channels must not be unpacked whole."""
    wanted = MAX_SECONDS * file.samplerate
    blocks, size = [], max(_BLOCK // file.channels, 1)
    while wanted > 0 and len(block := file.read(min(size, wanted), dtype="float64", always_2d=True)):
        with np.errstate(invalid="ignore"):  # infinities of two signs: what comes out is no number, and is refused
            blocks.append((block / file.channels).sum(axis=1))
        wanted -= len(block)
    return np.concatenate(blocks) if blocks else np.zeros(0)


def _refuse_header(path: Path, file: soundfile.SoundFile) -> None:
    if file.format not in SOUND_FORMATS:
        raise MediaError(path, f"a file of format {file.format}", CLIP_EXPECTED)
    if not RATES[0] <= file.samplerate <= RATES[1]:
        wanted = f"{CLIP_EXPECTED}, at {RATES[0]:,} to {RATES[1]:,} samples a second"
        raise MediaError(path, f"a clip at {file.samplerate:,} samples a second", wanted)
    promised, size = _promised_size(path), path.stat().st_size
    if promised is not None and promised > size + _PADDING:
        raise MediaError(path, f"a clip that is cut off: {size:,} of {promised:,} bytes", CLIP_EXPECTED)


def _promised_size(path: Path) -> int | None:
    """Bytes that a WAV's header or an OGG's last page speaks of; None where that is left open, as by a live recorder.

    libsndfile reads such files up to where they end, and says nothing.
    """
    with path.open("rb") as file:
        head = file.read(8)
        if head[:4] == b"RIFF":
            size = int.from_bytes(head[4:], "little")
            return size + 8 if 0 < size < 0xFFFFFFFF - 8 else None
        start = max(0, path.stat().st_size - _OGG_PAGE)
        file.seek(start)
        tail = file.read()
    place = tail.rfind(b"OggS\0")
    if head[:4] != b"OggS" or place < 0:
        return None
    n_parts = int.from_bytes(tail[place + 26 : place + 27], "little")
    parts = tail[place + 27 : place + 27 + n_parts]
    return start + place + 27 + n_parts + (sum(parts) if len(parts) == n_parts else 1)


def _refuse_empty(path: Path, expected: str) -> None:
    if path.is_file() and not path.stat().st_size:
        raise MediaError(path, "an empty file", expected)


def _kind_of(path: Path, words: str = "") -> str:
    """What a file is that no reader knows: by its first bytes, else in the reader's words."""
    try:
        with path.open("rb") as file:
            head = file.read(64).lstrip()
    except OSError as error:
        return f"a file that cannot be opened ({show(error.strerror or str(error))})"
    known = next((kind for start, kind in _OTHER_KINDS.items() if head.startswith(start)), "a file of another kind")
    return f"{known} ({show(words)})" if words and "cut off" in known else known
