"""Every media file that the tables name is opened by `check`, and all that cannot be read are named together."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from struct import pack
from zlib import crc32

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from mspa_model.data import FaultyFolderError, check_folder, load_dataset
from mspa_model.data.media import MAX_PIXELS, MediaError, read_frame, read_sound
from mspa_model.data.media_check import MAX_NAMED
from tests.data.small_world import NOW, START, rooms

RATE = 8_000
TONE = 0.3 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE) / RATE)
PICTURE = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)


def picture(path: Path, kind: str) -> None:
    Image.fromarray(PICTURE).save(path, format=kind)


def sound(path: Path, kind: str, samples: np.ndarray = TONE, subtype: str | None = None) -> None:
    soundfile.write(path, samples, RATE, format=kind, subtype=subtype)


def cut(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])


def png_of(side: int) -> Callable[[Path], object]:
    """A PNG of so many pixels a side, as its header says."""
    head = b"IHDR" + pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + pack(">I", 13) + head + pack(">I", crc32(head)) + pack(">I", 0) + b"IDAT"
    return lambda path: path.write_bytes(start)


def cut_off(write: Callable[[Path, str], None], kind: str, share: float) -> Callable[[Path], None]:
    def written(path: Path) -> None:
        write(path, kind)
        cut(path, share)

    return written


def with_nan(path: Path) -> None:
    sound(path, "WAV", np.array([0.1, np.nan]), "FLOAT")


FAULTY: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "empty picture": ("a.jpg", lambda p: p.write_bytes(b""), "an empty file"),
    "page as picture": ("a.jpg", lambda p: p.write_bytes(b"<!doctype html><p>404"), "a page of HTML"),
    "cut JPEG": ("a.jpg", cut_off(picture, "JPEG", 0.5), "cut off or damaged"),
    "JPEG cut at its end": ("a.jpeg", cut_off(picture, "JPEG", 0.99), "cut off or damaged"),
    "cut PNG": ("a.png", cut_off(picture, "PNG", 0.5), "cut off or damaged"),
    "cut WebP": ("a.webp", cut_off(picture, "WEBP", 0.5), "cut off or damaged"),
    "GIF": ("a.png", lambda p: picture(p, "GIF"), "a GIF"),
    "bomb": ("a.png", png_of(30_000), f"more than {MAX_PIXELS:,} pixels"),
    "large": ("a.png", png_of(8_000), "8,000 x 8,000 pixels"),
    "empty sound": ("a.wav", lambda p: p.write_bytes(b""), "an empty file"),
    "page as sound": ("a.wav", lambda p: p.write_bytes(b" \n<html>"), "a page of HTML"),
    "WAV without samples": ("a.wav", lambda p: sound(p, "WAV", np.zeros(0)), "without samples"),
    "MP3 as WAV": ("a.wav", lambda p: sound(p, "MP3"), "format MP3"),
    "cut WAV": ("a.wav", cut_off(sound, "WAV", 0.5), "cut off"),
    "cut FLAC": ("a.flac", cut_off(sound, "FLAC", 0.5), "cut off or damaged"),
    "cut OGG": ("a.ogg", cut_off(sound, "OGG", 0.9), "cut off"),
    "not finite": ("a.wav", with_nan, "no finite numbers"),
}


def add_media(world: Path, **columns: list[str]) -> Path:
    """One segment for each name; returns the media folder, which is made."""
    (world / "media").mkdir()
    rooms().to_parquet(world / "rooms.parquet")
    started = pd.Timestamp(START).tz_convert("UTC")
    n = len(next(iter(columns.values())))
    ids = {"segment_id": [f"g{i}" for i in range(n)], "room_id": "r0", "started_at": [started] * n}
    frame = pd.DataFrame(ids | columns).astype({"started_at": "datetime64[us, UTC]"})
    frame.to_parquet(world / "segments.parquet")
    return world / "media"


@pytest.mark.parametrize("kind", FAULTY)
def test_a_file_that_cannot_be_read_is_a_fault_with_row_and_name(world: Path, kind: str) -> None:
    name, write, reason = FAULTY[kind]
    column = "frame" if name.endswith((".jpg", ".jpeg", ".png", ".webp")) else "audio"
    write(add_media(world, **{column: ["", name]}) / name)
    (fault,) = check_folder(world, NOW).faults
    assert (fault.file, fault.column, fault.row) == ("segments.parquet", column, 1)
    assert fault.value.startswith(f"'{name}', ")
    assert reason in fault.value


def test_sound_media_of_every_kind_are_no_fault(world: Path) -> None:
    pictures = {"a.jpg": "JPEG", "b.png": "PNG", "c.webp": "WEBP"}
    sounds = {"a.wav": "WAV", "b.flac": "FLAC", "c.ogg": "OGG"}
    media = add_media(world, frame=list(pictures), audio=list(sounds))
    for name, kind in pictures.items():
        picture(media / name, kind)
    for name, kind in sounds.items():
        sound(media / name, kind)
    assert not check_folder(world, NOW).faults


def test_a_wav_of_a_recorder_that_streams_is_sound(tmp_path: Path) -> None:
    """It cannot know its size when it writes its header."""
    sound(tmp_path / "a.wav", "WAV")
    data = bytearray((tmp_path / "a.wav").read_bytes())
    data[4:8] = b"\xff\xff\xff\xff"
    (tmp_path / "a.wav").write_bytes(data)
    assert len(read_sound(tmp_path / "a.wav").samples) == len(TONE)


def test_all_faulty_files_are_named_at_once_up_to_a_limit(world: Path) -> None:
    names = [f"{i:03d}.png" for i in range(MAX_NAMED + 30)]
    media = add_media(world, frame=[*names, names[0]], audio=["", "x.wav", *[""] * (MAX_NAMED + 29)])
    for name in names:
        (media / name).write_bytes(b"<html>")
    picture(media / names[1], "PNG")
    (media / "x.wav").write_bytes(b"")
    faults = check_folder(world, NOW).faults
    frames = [fault for fault in faults if fault.column == "frame"]
    assert [fault.row for fault in frames[:-1]] == [0, *range(2, MAX_NAMED + 1)]
    assert frames[0].count == 2, "a file that two rows name is one fault"
    assert frames[-1].value == "29 more files that cannot be read"
    assert [(fault.column, fault.row) for fault in faults[len(frames) :]] == [("audio", 1)]


def test_a_training_names_them_all_before_it_starts(world: Path) -> None:
    media = add_media(world, frame=["a.png", "b.png"])
    for name in ("a.png", "b.png"):
        (media / name).write_bytes(b"<html>")
    with pytest.raises(FaultyFolderError, match=r"'a\.png'(.|\n)*'b\.png'"):
        load_dataset(world, NOW, open_media=True)
    assert load_dataset(world, NOW).n_streamers, "a run's data are not opened again each time"


def test_what_check_finds_sound_is_what_the_encoders_read(tmp_path: Path) -> None:
    png_of(8_000)(tmp_path / "a.png")
    with pytest.raises(MediaError, match=r"a\.png, an image of 8,000 x 8,000 pixels"):
        read_frame(tmp_path / "a.png")


def test_a_clip_of_many_channels_is_never_unpacked_whole(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((4 * RATE, 200), dtype=np.int16), RATE)  # 51 MB as 64-bit numbers
    tracemalloc.start()
    try:
        read_sound(tmp_path / "a.wav")
        assert tracemalloc.get_traced_memory()[1] < 10e6
    finally:
        tracemalloc.stop()
