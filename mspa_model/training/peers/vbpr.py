"""cornac's VBPR: BPR with a part of each streamer's vector read off its features (He and McAuley 2016)."""

import contextlib
import io
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import numpy as np
import scipy.sparse as sp

from mspa_model.data.split import EvalPairs
from mspa_model.training.baselines import BaselineAbsent, UserTry
from mspa_model.training.peers.content import content_rows
from mspa_model.training.peers.stopping import Patience, taught_until_no_better
from mspa_model.training.peers.vectors import Vectors
from mspa_model.types import Features

SETTINGS = ((32, 32, 1e-2), (32, 32, 1.0))  # factors by tips, factors by features, regularization
MINUTES = 5.0  # of all settings together
LEARNING_RATE = 5e-3
BATCH = 512
LOOKS, EPOCHS_A_LOOK, PATIENCE = 20, 3, 3


def vbpr(
    train: sp.csr_matrix,
    features: Features,
    val: EvalPairs,
    metric: str,
    seed: int,
    settings: Sequence[tuple[int, int, float]] = SETTINGS,
    minutes: float = MINUTES,
) -> Iterable[UserTry]:
    """All modalities side by side stand where the paper has the picture; stops early on val or at its time share."""
    rows = content_rows(features)
    try:
        from cornac.data import Dataset, ImageModality
        from cornac.models import VBPR
    except ImportError as error:
        raise BaselineAbsent("cornac is not installed; `pip install -r requirements-dev.txt` brings it") from error
    if not train.nnz:
        raise BaselineAbsent("there is no train tip to learn from")
    users, streamers = train.nonzero()
    patience = Patience(EPOCHS_A_LOOK, LOOKS, PATIENCE, 60 * minutes / len(SETTINGS))
    for by_tips, by_features, regularization in settings:
        model = VBPR(
            k=by_tips,
            k2=by_features,
            batch_size=BATCH,
            learning_rate=LEARNING_RATE,
            lambda_w=regularization,
            verbose=False,
            seed=seed,
        )
        names = [OrderedDict((i, i) for i in range(n)) for n in train.shape]
        tips = (users.astype(int), streamers.astype(int), np.ones(train.nnz))
        data = Dataset(*train.shape, *names, tips, seed=seed)
        data.add_modalities(item_image=ImageModality(features=rows))

        def epochs(n: int, model=model, data=data) -> Vectors:
            # fit() goes on from where it stopped; Adam begins anew each time, which the model's authors do not do.
            model.n_epochs, model.is_fitted = n, False
            with contextlib.redirect_stdout(io.StringIO()):
                model.fit(data)
            bias = np.asarray(model.beta_item + model.visual_bias)
            return Vectors(
                np.concatenate([model.gamma_user, model.theta_user, np.ones((len(model.gamma_user), 1))], 1),
                np.concatenate([model.gamma_item, model.theta_item, bias[:, None]], 1),
            )

        taught = taught_until_no_better(epochs, Vectors.scorer, val, metric, patience)
        setting = {
            "factors": by_tips,
            "feature_factors": by_features,
            "regularization": regularization,
            "learning_rate": LEARNING_RATE,
        }
        yield UserTry(setting, taught.state.scorer(), taught.note)
