"""The search among donors on gains told in advance: what is kept, grown, counted and said, solved by hand."""

from dataclasses import dataclass
from itertools import product

import pytest
import torch

from explain import donor_search
from explain.donor_search import _Combined, _DonorSearch, _most_served
from explain.recipes import NOT_A_FORECAST
from explain.types import Donation
from mspa_model.runs import Run
from mspa_model.types import Modality

V, A, T = Modality
OFF = -torch.inf


@dataclass(frozen=True)
class Told:
    """What each of four streamers adds as a donor, a row a user; the streamer itself is the first."""

    modality: Modality
    gains: torch.Tensor


def offer(modality: Modality, *rows: tuple[float, ...]) -> Told:
    return Told(modality, torch.tensor(rows))


def search(run: Run, short: list[float], *offers: Told, goal: int = 1, before: int = 0) -> _DonorSearch:
    """A search of which everything but the gains is left away."""
    made = _DonorSearch.__new__(_DonorSearch)
    made.run, made.steps, made.streamer_idx, made.share, made.k = run, list(range(len(short))), 0, 0.5, 3
    made._cancel = made._progress = None
    made.goal, made.short, made.before, made.offers = goal, torch.tensor(short), before, list(offers)
    made.n_tried, made.best = 0, before
    return made


def rows(found: list[_Combined]) -> list[tuple]:
    return [(*((m.value[0], d) for m, d in each.donors), each.served) for each in found]


VISUAL = offer(V, (0.0, 1.0, 2.0, OFF), (0.0, 3.0, 0.5, OFF))
TEXT = offer(T, (0.0, 0.5, 0.25, 0.75), (0.0, 0.5, 2.5, 0.25))


def test_single_donors_by_users_served_then_by_nearness(closed: Run) -> None:
    made = search(closed, [1.5, 2.0], VISUAL, TEXT)
    # Served beyond, not at: 1.0 and 3.0 serve the second user, 2.0 the first; of equals the larger mean comes first.
    assert rows(made._singles()) == [
        (("v", 1), 1),
        (("v", 2), 1),
        (("t", 2), 1),
        (("t", 1), 0),
        (("t", 3), 0),
    ]
    assert made.n_tried == 5, "of looks two, of text three; the streamer's own are no try"
    at_place_k = search(closed, [2.0, 3.0], VISUAL)
    assert [each.served for each in at_place_k._singles()] == [0, 0], "a gain that only closes the gap is none"


def test_the_streamer_is_no_donor_of_itself_and_those_that_lack_it_are_none(
    closed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_best = offer(V, (9.0, 1.0, 2.0, OFF))
    assert [d for each in search(closed, [1.5], own_best)._singles() for _, d in each.donors] == [2, 1]
    monkeypatch.setattr(donor_search, "MAX_DONORS", 1)
    assert [d for each in search(closed, [1.5], own_best)._singles() for _, d in each.donors] == [2]


def combined(modality: Modality, donor: int, *gain: float, served: int = 0) -> _Combined:
    return _Combined(((modality, donor),), torch.tensor(gain), served)


def test_pairs_add_up_and_the_best_are_kept(closed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    one = [combined(V, 1, 1.0, 0.0), combined(V, 2, 0.0, 2.0)]
    other = [combined(T, 1, 0.6, 0.1), combined(T, 2, 0.0, 5.0), combined(T, 3, 0.5, 0.5)]
    made = search(closed, [1.5, 2.0])
    found = made._together(one, other)
    assert made.n_tried == 6
    assert rows(found) == [
        (("v", 2), ("t", 2), 1),  # 0 and 7
        (("v", 1), ("t", 2), 1),  # 1 and 5
        (("v", 2), ("t", 3), 1),  # 0.5 and 2.5
        (("v", 2), ("t", 1), 1),  # 0.6 and 2.1
        (("v", 1), ("t", 1), 1),  # 1.6 and 0.1
        (("v", 1), ("t", 3), 0),  # 1.5 and 0.5: at the limit, not beyond
    ]
    assert found[0].gain.tolist() == [0.0, 7.0]
    monkeypatch.setattr(donor_search, "KEPT", 2)
    assert rows(made._together(one, other)) == rows(found)[:2]
    assert made._together([], other) == []
    assert made._together(one, []) == []


def test_a_second_modality_is_joined_with_all_and_a_third_with_what_is_missing(closed: Run) -> None:
    sound = offer(A, (9.0, 0.1, 0.2, OFF))
    one_user = [offer(m, each.gains[0].tolist()) for m, each in ((V, VISUAL), (T, TEXT))]
    made = search(closed, [100.0], one_user[0], sound, one_user[1])
    singles = made._singles()
    pairs = made._grown(singles, 2)
    kinds = {tuple(m for m, _ in each.donors) for each in pairs}
    assert kinds == {(V, A), (V, T), (A, T)}
    assert len(pairs) == 2 * 2 + 2 * 3 + 2 * 3
    assert float(pairs[0].gain[0]) == pytest.approx(2.75), "looks of the third, text of the fourth"
    threes = made._grown(pairs[:1], 3)
    assert {frozenset(m for m, _ in each.donors) for each in threes} == {frozenset(Modality)}
    assert [each.donors[-1] for each in threes][:2] == [(A, 2), (A, 1)]
    assert (A, 0) not in [each.donors[-1] for each in threes]


def test_the_most_served_are_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(donor_search, "KEPT", 1)
    many = [combined(V, d, float(d), served=d % 2) for d in range(7)]
    assert [each.donors[0][1] for each in _most_served(many)] == [5, 3, 1, 6]


class Ranked:
    def __init__(self, rank: int | None) -> None:
        self.rank = rank

    def rank_of(self, _: int) -> int | None:
        return self.rank


def ranked_as(monkeypatch: pytest.MonkeyPatch, ranks: dict[tuple[int, ...], list[int | None]]) -> None:
    """The ranks that the model gives each set of donors, by user."""
    monkeypatch.setattr(donor_search, "donation", lambda run, m, d: Donation(m, d, f"D{d}"))
    monkeypatch.setattr(donor_search, "donation_label", lambda run, each: f"{each.donor}'s {each.modality.value}")
    monkeypatch.setattr(donor_search, "with_donors", lambda run, idx, given: tuple(d.donor_idx for d in given))
    monkeypatch.setattr(donor_search, "rank_with", lambda run, step, changed: Ranked(ranks[changed][step]))


def test_recipes_hold_when_ranked_again_and_share_no_donation(closed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ranks = {(1,): [4, 3], (2,): [3, 3], (3,): [None, 3], (4,): [1, 1], (5,): [2, 2], (2, 7): [1, 1]}
    ranked_as(monkeypatch, ranks)
    made = search(closed, [1.0, 1.0], goal=2)
    both = _Combined(((V, 2), (T, 7)), torch.zeros(2), 2)
    enough = [combined(V, d, 0.0, 0.0, served=2) for d in (1, 2, 3, 4)] + [both]
    found = made._sound(enough)
    assert [[each.donor_idx for each in recipe.donations] for recipe in found] == [[2], [4]]
    assert [recipe.after for recipe in found] == [2, 2]
    monkeypatch.setattr(donor_search, "MAX_RECIPES", 1)
    assert len(made._sound(enough)) == 1
    first = combined(V, 5, 0.0, 0.0, served=3)
    assert made._sound([*enough, first])[0].donations[0].donor_idx == 5, "whoever serves most is ranked first"
    name = closed.dataset.streamers["name"].iloc[0]
    assert found[0].sentence == f"With D2's visual, {name} would stand in the top 3 of 2 of 2 users, now 0."


@pytest.mark.parametrize(
    ("before", "goal", "stop"), [(2, 2, "not needed"), (1, 2, "none"), (2, 3, "none"), (3, 2, "not needed")]
)
def test_what_holds_already_needs_nothing(closed: Run, before: int, goal: int, stop: str) -> None:
    made = search(closed, [9.0], offer(V, (0.0, 1.0, 2.0, OFF)), goal=goal, before=before)
    assert made.recipes() == ((), stop)
    assert made.best == before


def test_the_search_ends_at_the_first_size_that_is_enough(closed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ranked_as(monkeypatch, {each: [1, 1] for n in (1, 2) for each in product(range(1, 4), repeat=n)})
    told: list[float] = []
    made = search(closed, [1.5, 2.0], VISUAL, TEXT, goal=2)
    made._progress = told.append
    recipes, stop = made.recipes()
    assert (stop, {recipe.before for recipe in recipes}) == ("found", {0})
    assert {len(recipe.donations) for recipe in recipes} == {2}
    assert told == [0.5, 1.0]
    assert made.best == 2
    one = search(closed, [1.5, 2.0], VISUAL, TEXT, goal=1)
    assert {len(recipe.donations) for recipe in one.recipes()[0]} == {1}
    cancelled = search(closed, [1.5, 2.0], VISUAL, TEXT, goal=2)
    cancelled._cancel = lambda: True
    assert cancelled.recipes() == ((), "cancelled")


def test_words_of_what_was_not_found(closed: Run) -> None:
    made = search(closed, [1.0] * 4, goal=2, before=1)
    made.n_tried, made.best = 1234, 1
    name = closed.dataset.streamers["name"].iloc[0]
    assert made.sentence((), "not needed", 4) == f"{name} stands in the top 3 of 1 of 4 users already."
    assert made.sentence((), "cancelled", 4) == "Cancelled: none found within 1,234 tries."
    most = "50\u00a0% of 4 users; the best reach 25\u00a0%."
    none = f"None found within 1,234 tries: no donors bring {name} into the top 3 of {most}"
    assert made.sentence((), "none", 4) == f"{none} {NOT_A_FORECAST}"
    assert made.sentence((), "none", 6) == f"{none} 2 more cannot have it in their ranking. {NOT_A_FORECAST}"
