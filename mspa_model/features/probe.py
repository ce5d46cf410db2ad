"""A linear probe: can a planted attribute be read off the features? For evaluation and tests, never for a model."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Float
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from mspa_model.types import Features

FOLDS = 5
PCA_DIM = 64  # fewer unknowns than streamers, so that the probe measures the features and not its own overfitting


def probe(features: Features, attributes: pd.DataFrame, seed: int = 7) -> pd.DataFrame:
    """How well logistic regression reads each attribute off each modality, in 5-fold cross-validation.

    attributes: row i describes streamer_idx i, a column an attribute; null where unknown.
    One row for each modality and attribute: modality, attribute, n_streamers, n_values, accuracy, chance (the share of
    the most frequent value). Values that fewer than five streamers have are left out; attributes with one value too.
    """
    columns = ["modality", "attribute", "n_streamers", "n_values", "accuracy", "chance"]
    return pd.DataFrame(list(_rows(features, attributes, seed)), columns=columns)


def _rows(features: Features, attributes: pd.DataFrame, seed: int) -> Iterator[tuple]:
    for modality in features.modalities:
        for attribute in attributes.columns:
            labels = attributes[attribute]
            counts = labels[features.present[modality]].value_counts()
            usable = features.present[modality] & labels.isin(counts.index[counts >= FOLDS]).to_numpy()
            known = labels[usable].astype(str).to_numpy()
            shares = pd.Series(known).value_counts(normalize=True)
            if len(shares) < 2:
                continue
            accuracy = _accuracy(features.arrays[modality][usable], known, seed)
            yield modality.value, str(attribute), len(known), len(shares), accuracy, float(shares.iloc[0])


def _accuracy(rows: Float[np.ndarray, "n feature_dim"], labels: np.ndarray, seed: int) -> float:
    smallest_fold = len(rows) - -(-len(rows) // FOLDS)
    model = make_pipeline(
        PCA(min(PCA_DIM, rows.shape[1], smallest_fold), whiten=True, random_state=seed),
        LogisticRegression(C=0.1, max_iter=1_000),
    )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return float(cross_val_score(model, rows, labels, cv=folds).mean())
