"""How far an edited user stands from itself and from real users, in the space of the map."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from explain.counterfactual import edit_preference
from explain.types import Edit
from mspa_model.data.split import interaction_matrix
from mspa_model.preference.statements import tip_weights
from mspa_model.ranking.fused import FusedSpace
from mspa_model.runs import Run
from mspa_model.types import Modality, Preference

MAX_USERS = 4_000  # of a pool, drawn by the run's seed
MAX_CELLS = 1 << 27  # of a pool's tips, users x streamers: half a GB


@dataclass(frozen=True)
class UserPool:
    """Real users with tips in the fused space, read by the teacher, and how far each stands from its nearest other.

    ids: user_id of each row of vectors; nearest: sorted distances.
    """

    ids: tuple[str, ...]
    vectors: Float[np.ndarray, "n_users fused_dim"]
    nearest: Float[np.ndarray, " n_users"]


def user_pool(run: Run) -> UserPool:
    """The users of a run with two tipped streamers or more; empty where there are fewer than three of them."""
    tips = interaction_matrix(run.dataset, ("train", "val", "test"))
    known = np.flatnonzero(np.diff(tips.indptr) >= 2)
    room = min(MAX_USERS, MAX_CELLS // max(run.dataset.n_streamers, 1))
    known = np.sort(np.random.default_rng(run.config.seed).permutation(known)[:room])
    if len(known) < 3:
        return UserPool((), np.zeros((0, run.recommender.streamer_fused.shape[1]), np.float32), np.zeros(0))
    placed = taught_rows(run, torch.from_numpy(tips[known].toarray()))
    near = NearestNeighbors(n_neighbors=2).fit(placed).kneighbors(placed)[0][:, 1]
    ids = run.dataset.users["user_id"].to_numpy()[known]
    return UserPool(tuple(map(str, ids)), placed, np.sort(near))


def taught_rows(run: Run, tips: Float[Tensor, "n n_streamers"]) -> Float[np.ndarray, "n fused_dim"]:
    """Places of histories (1 at each tipped streamer) in the fused space as the teacher reads them, without words."""
    scorer, fused, device = run.recommender.scorer, run.recommender.fused, run.device
    strengths, residual = run.composer.taught(tips)
    with torch.no_grad():
        vectors = {
            m: scorer.user_vectors(m, strengths.to(device), residual[m].to(device)).cpu().numpy()
            for m in run.features.modalities
        }
    return _placed(fused, vectors, tips.numpy() @ fused.cotips / np.maximum(tips.numpy().sum(1, keepdims=True), 1))


def fused_row(run: Run, preference: Preference, muted: tuple[Modality, ...] = ()) -> Float[np.ndarray, " fused_dim"]:
    """The user's place in the fused space; a muted modality says nothing there."""
    vectors = {m: run.recommender.user_vector(preference, m).cpu().numpy()[None] for m in run.features.modalities}
    vectors |= {m: np.zeros_like(vectors[m]) for m in muted}
    tipped = run.recommender.fused.cotips[np.unique(preference.history.streamer_idx)]
    own = tipped.mean(0) if len(tipped) else np.zeros(tipped.shape[1], np.float32)
    return _placed(run.recommender.fused, vectors, own[None])[0]


def unlike(pool: UserPool, user_id: str, vector: Float[np.ndarray, " fused_dim"]) -> float | None:
    """Share of real users that stand nearer to their nearest other than this vector to any real user but its own."""
    others = np.array([known != user_id for known in pool.ids], dtype=bool)
    if not others.any():
        return None
    distance = float(np.linalg.norm(pool.vectors[others] - vector, axis=1).min())
    return float(np.searchsorted(pool.nearest, distance, side="left") / len(pool.nearest))


class Proximity:
    """How far edits take one user from itself, and how unlike real users they make it."""

    def __init__(self, run: Run, preference: Preference, pool: UserPool | None) -> None:
        self._run, self._preference, self._pool = run, preference, pool
        self._own = fused_row(run, preference)
        # Real users are read by the teacher: so is this one, and what the edits move is added to that.
        self._read = taught_rows(run, tip_weights(preference.history, run.dataset.n_streamers))[0]

    def of(self, edits: Sequence[Edit]) -> tuple[float, float | None]:
        """The distance in the fused space, and what unlike() says; None without a pool."""
        muted = tuple(Modality(edit.key) for edit in edits if edit.kind == "mute modality")
        moved = fused_row(self._run, edit_preference(self._run, self._preference, edits), muted) - self._own
        user_id = self._preference.history.user_id
        far = None if self._pool is None else unlike(self._pool, user_id, self._read + moved)
        return float(np.linalg.norm(moved)), far


def _placed(fused: FusedSpace, vectors: dict, cotips: np.ndarray) -> Float[np.ndarray, "n fused_dim"]:
    parts = [_unit(vectors[m]) * share for m, share in fused.blocks.items()]
    return np.concatenate([*parts, _unit(cotips) * fused.cotips_share], 1).astype(np.float32)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
