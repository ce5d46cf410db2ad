"""Streamer-side counterfactuals: a modality of a streamer replaced by a named donor's, for one user or for many.

A streamer's features of a modality reach a score only through its embedding, so with users and all other streamers as
they are its score is its own less w x p.e(own) plus w x p.e(donor), exactly; centring moves all streamers alike and
no place. What is found is ranked again by a model whose features were changed.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from explain.counterfactual import candidates_of
from explain.narrate import listed, name_of, ordinal, source_words
from explain.recipes import NOT_A_FORECAST
from explain.types import ContentHeadroom, Donation, Reach
from mspa_model.data.ids import streamer_idx_of
from mspa_model.ranking.order import ahead
from mspa_model.ranking.places import keep_places
from mspa_model.ranking.recommender import Recommender
from mspa_model.ranking.scorer import Scorer
from mspa_model.runs import Run
from mspa_model.types import SOURCES, Modality, Ranking, RankingTrace, Source, Step

_WORDS = {Modality.VISUAL: "frames", Modality.AUDIO: "sound", Modality.TEXT: "text"}
COTIPS, POPULARITY = SOURCES.index(Source.COTIPS), SOURCES.index(Source.POPULARITY)


@dataclass(frozen=True)
class Offer:
    """What every donor of one modality would add to the streamer's score, for each user; -inf for who lacks it.

    gains[user, donor]: points over the streamer's own features; zero at the streamer itself.
    """

    modality: Modality
    gains: Float[Tensor, "n_users n_streamers"]


def offers(run: Run, steps: Sequence[Step], streamer_idx: int) -> tuple[Offer, ...]:
    """One offer a modality, for the users of these steps; a modality without weight for anybody is left out."""
    found = []
    for m in run.features.modalities:
        i = SOURCES.index(Source(m.value))
        weights = torch.stack([step.ranking.weights[i] for step in steps])
        if not weights.any():
            continue
        vectors = torch.stack([run.recommender.user_vector(step.preference, m).cpu() for step in steps])
        embeddings = run.recommender.streamer_embeddings(m).cpu()
        gains = weights[:, None] * (vectors @ (embeddings - embeddings[streamer_idx]).T)
        gains[:, ~torch.from_numpy(run.features.present[m])] = -torch.inf
        gains[:, streamer_idx] = 0.0
        found.append(Offer(m, gains))
    return tuple(found)


def needed(steps: Sequence[Step], streamer_idx: int, k: int) -> Float[Tensor, " n_users"]:
    """Points that the streamer is short of the k-th place among the others of each ranking; negative inside the top k,
    -inf with fewer others than places. Places are those of the scores.
    """
    short = []
    for step in steps:
        scores = step.ranking.scores
        others = step.ranking.by_score[step.ranking.by_score != streamer_idx]
        last = scores[others[k - 1]] if len(others) >= k else torch.tensor(-torch.inf)
        points = last - scores[streamer_idx]
        wins = len(others) >= k and streamer_idx < int(others[k - 1])  # level with it, by its row: the same is enough
        short.append(torch.nextafter(points, torch.tensor(-torch.inf)) if wins else points)
    return torch.stack(short)


def rank_with(run: Run, step: Step, donors: Recommender) -> Ranking:
    """The step's preference ranked by a recommender with changed features, all else as the step has it."""
    candidates = candidates_of(step.ranking, run.dataset.n_streamers)
    ranking = donors.score(step.preference, candidates, step.emphasis)
    return keep_places(ranking, run.recommender.is_cold, step.ranking.new_share)


def with_donors(run: Run, streamer_idx: int, donations: Sequence[Donation]) -> Recommender:
    """The same trained model over features in which the streamer has the donors'; every tower is run again."""
    arrays, present = dict(run.features.arrays), dict(run.features.present)
    for donation in donations:
        m, donor = donation.modality, donation.donor_idx
        arrays[m], present[m] = arrays[m].copy(), present[m].copy()
        arrays[m][streamer_idx], present[m][streamer_idx] = arrays[m][donor], present[m][donor]
    scorer = run.recommender.scorer
    changed = Scorer(
        scorer.cotips,
        scorer.aligners,
        scorer.popularity,
        scorer.base_weights,
        scorer.fold_weights,
        replace(run.features, arrays=arrays, present=present),
        run.vocabulary,
        scorer.device,
        scorer.half_life,
        run.composer.statement_embeddings(),
        scorer.spreads,
    )
    recommender = copy(run.recommender)
    recommender.scorer = changed
    return recommender


def donation(run: Run, modality: Modality, donor_idx: int) -> Donation:
    """The edit with the donor's name."""
    return Donation(modality, donor_idx, name_of(run.dataset, donor_idx))


def donation_label(run: Run, given: Donation) -> str:
    """ "Lumi's frames", "Lumi's sound", "Lumi's text"."""
    return f"{given.donor}'s {_WORDS[given.modality]}"


def content_headroom(run: Run, trace: RankingTrace, streamer_id: str, k: int = 10) -> ContentHeadroom:
    """The best that any real donor reaches, modality by modality and together, beside what content cannot move."""
    streamer_idx, step = streamer_idx_of(run.dataset, streamer_id), trace.final
    ranking = step.ranking
    others = ranking.by_score[ranking.by_score != streamer_idx]
    k = max(1, min(k, len(others)))
    reaches, best = [], []
    for offer in offers(run, [step], streamer_idx):
        donor = int(offer.gains[0].argmax())
        given = None if donor == streamer_idx else donation(run, offer.modality, donor)
        gain = float(offer.gains[0, donor])
        best += [given] if given is not None else []
        reaches.append(Reach(offer.modality, given, gain, _place(ranking, others, streamer_idx, gain)))
    gain = sum((reach.gain for reach in reaches), 0.0)
    holder = int(others[k - 1]) if len(others) else streamer_idx
    parts = ranking.contributions[:, [holder, streamer_idx]].double()
    fixed = float((parts[:, 0] - parts[:, 1])[[COTIPS, POPULARITY]].sum())
    gap = float((parts[:, 0] - parts[:, 1]).sum())
    place = _place(ranking, others, streamer_idx, gain)
    sentence = _sentence(run, streamer_idx, holder, gap, fixed, best, gain, place, k)
    return ContentHeadroom(streamer_idx, k, gap, fixed, tuple(reaches), gain, place, sentence)


def _place(ranking: Ranking, others: Int[Tensor, " n"], streamer_idx: int, gain: float) -> int:
    return 1 + int(ahead(ranking.scores[others], others, ranking.scores[streamer_idx, None] + gain, streamer_idx).sum())


def _sentence(
    run: Run,
    streamer_idx: int,
    holder: int,
    gap: float,
    fixed: float,
    best: Sequence[Donation],
    gain: float,
    place: int,
    k: int,
) -> str:
    name, held = name_of(run.dataset, streamer_idx), name_of(run.dataset, holder)
    if gap < 0 or (gap == 0 and streamer_idx <= holder):
        return f"{name} stands above place {k} as it is: there is no gap to close."
    if gap == 0:
        return f"{name} scores the same as {held} at place {k}, which comes first in the table: any gain would do."
    info = run.dataset.info
    lead = f"{name} is {gap:.2f} points short of {held} at place {k}. "
    because = source_words(Source.COTIPS, info)
    share = f"{fixed:.2f} of them come from {because} and from popularity, which content cannot move"
    if fixed <= 0:
        share = "None of them come from co-tipping or popularity: it is content that is missing"
    if not best:
        return f"{lead}{share}. No real donor would bring it nearer. {NOT_A_FORECAST}"
    given = listed([donation_label(run, each) for each in best])
    return f"{lead}{share}. At best, with {given}, it gains {gain:.2f} and stands {ordinal(place)}. {NOT_A_FORECAST}"
