"""Models whose answer is known: every method gives the analytic one."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from captum.metrics import infidelity, infidelity_perturb_func_decorator
from torch import Tensor

from explain.attribution.gradients import STEPS, integrate, integrate_until_exact
from explain.attribution.line import Line, block_sums, blocks_of, line_between
from explain.attribution.measures import NUDGE, infidelities, sensitivity
from explain.attribution.opinions import ablate_blocks, paired_orders, shapley_blocks, shapley_of_players

WIDTHS = (6, 4)
SLOPES = (np.array([1.0, -2.0, 0.5, 0.0, 3.0, -1.0]), np.array([2.0, 1.0, -1.0, 0.25]))


def rows(seed: int, n: int = 2) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(1, width, generator=generator) for width in WIDTHS[:n])


def slope(which: int) -> Tensor:
    return torch.tensor(SLOPES[which], dtype=torch.float32)


def linear(visual: Tensor, audio: Tensor) -> Tensor:
    return visual @ slope(0) + audio @ slope(1)


def product(visual: Tensor, audio: Tensor) -> Tensor:
    return (visual @ slope(0)) * (audio @ slope(1))


def one_only(visual: Tensor, audio: Tensor) -> Tensor:
    return torch.tanh(visual @ slope(0)) + 0.0 * audio.sum(1)


def constant(visual: Tensor, audio: Tensor) -> Tensor:
    return 3.0 + 0.0 * visual.sum(1) + 0.0 * audio.sum(1)


def duplicated(visual: Tensor, again: Tensor) -> Tensor:
    return torch.tanh(visual @ slope(0) + again @ slope(0))


def from_zero(forward: Callable[..., Tensor], at: tuple[Tensor, ...]) -> Line:
    return line_between(forward, at, tuple(torch.zeros_like(row) for row in at))


def difference(line: Line) -> tuple[np.ndarray, ...]:
    return tuple((at - start)[0].numpy().astype(float) for at, start in zip(line.at, line.start, strict=True))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_linear(seed: int) -> None:
    line = line_between(linear, rows(seed), rows(seed + 10))
    found = integrate_until_exact(line)
    for values, slopes, moved in zip(found.values, SLOPES, difference(line), strict=True):
        np.testing.assert_allclose(values, slopes * moved, atol=1e-4)
    assert found.n_steps == STEPS[0]
    blocks = blocks_of(WIDTHS, 16)
    for method in (shapley_blocks(line), ablate_blocks(line)):
        for values, exact, own in zip(method, found.values, blocks, strict=True):
            np.testing.assert_allclose(values, block_sums(exact, own), atol=1e-4)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_product_of_two_modalities_is_shared_equally(seed: int) -> None:
    at = rows(seed)
    line = from_zero(product, at)
    sides = [float(row @ slope(i)) for i, row in enumerate(at)]
    found = integrate_until_exact(line)
    # F = s1 s2 along a straight line from zero: each side's features get half of F by their part of their side.
    for i, (values, moved) in enumerate(zip(found.values, difference(line), strict=True)):
        np.testing.assert_allclose(values, SLOPES[i] * moved * sides[1 - i] / 2, atol=1e-4)
        assert values.sum() == pytest.approx(sides[0] * sides[1] / 2, abs=1e-4)
    shared = [values.sum() for values in shapley_blocks(line)]
    assert shared == pytest.approx([sides[0] * sides[1] / 2] * 2, abs=1e-4)
    # Ablation counts what both do together twice: it misleads here, and Shapley values do not.
    assert sum(values.sum() for values in ablate_blocks(line)) == pytest.approx(2 * sides[0] * sides[1], abs=1e-3)


def test_one_modality_only_leaves_the_other_nothing() -> None:
    line = line_between(one_only, rows(0), rows(10))
    found = integrate_until_exact(line)
    total = float(torch.tanh(line.at[0] @ slope(0)) - torch.tanh(line.start[0] @ slope(0)))
    assert found.values[0].sum() == pytest.approx(total, abs=found.limit)
    for unused in (found.values[1], shapley_blocks(line)[1], ablate_blocks(line)[1]):
        assert np.abs(unused).max() <= 1e-6


def test_duplicated_modality_shares_to_the_last_digit() -> None:
    (row,) = rows(0, 1)
    line = from_zero(duplicated, (row, row.clone()))
    # Orders of blocks are sampled, so a modality is one block here: two of them have two orders, and both are drawn.
    whole = shapley_blocks(line, n_blocks=1)
    for method in (integrate_until_exact(line).values, whole, ablate_blocks(line), ablate_blocks(line, n_blocks=1)):
        np.testing.assert_allclose(method[0], method[1], atol=1e-5)
        assert np.abs(method[0]).max() > 0.01
    assert whole[0] == pytest.approx([line.total / 2], abs=1e-5)
    assert sum(v.sum() for v in shapley_blocks(line)) == pytest.approx(line.total, abs=1e-4)


def test_constant_gives_nothing() -> None:
    line = line_between(constant, rows(0), rows(10))
    for method in (integrate_until_exact(line).values, shapley_blocks(line), ablate_blocks(line)):
        assert all(np.abs(values).max() <= 1e-6 for values in method)
    found = infidelities(line, integrate(line, 5))
    assert found.own == found.random == found.shuffled == 0.0
    assert not found.scale


def test_steps_are_raised_until_it_adds_up_and_the_closest_is_kept() -> None:
    def sharp(visual: Tensor) -> Tensor:
        return torch.relu(visual.sum(1) - 0.5001) * 40

    at = torch.full((1, 4), 0.25)
    line = from_zero(sharp, (at,))
    found = integrate_until_exact(line)
    assert found.limit == pytest.approx(max(0.01 * abs(line.total), 1e-4))
    assert found.n_steps in STEPS
    assert found.delta <= found.limit
    wrong = Line(sharp, line.at, line.start, line.total + 5.0)
    lost = integrate_until_exact(wrong)
    assert lost.delta > lost.limit
    assert lost.delta == pytest.approx(5.0, abs=0.3)


@pytest.mark.parametrize(("total", "limit"), [(0.005, 1e-4), (0.02, 2e-4), (-3.0, 0.03)])
def test_limit_is_one_percent_or_a_ten_thousandth(total: float, limit: float) -> None:
    line = Line(linear, rows(0), rows(0), total)
    assert integrate_until_exact(line).limit == pytest.approx(limit)


def test_infidelity_of_the_analytic_answer_is_nothing_and_of_noise_is_not() -> None:
    line = line_between(linear, rows(0), rows(10))
    values = tuple(s * d for s, d in zip(SLOPES, difference(line), strict=True))
    found = infidelities(line, values)
    assert found.own == pytest.approx(0.0, abs=1e-6)
    assert found.scale == pytest.approx(1.0, abs=1e-5)
    assert found.random > 0.1
    assert found.shuffled > 0.1
    assert infidelities(line, tuple(v[::-1].copy() for v in values)).own > 0.1


def test_infidelity_sees_a_turned_sign_and_its_scale_an_absurd_size() -> None:
    line = line_between(linear, rows(0), rows(10))
    values = tuple(s * d for s, d in zip(SLOPES, difference(line), strict=True))
    turned, huge = (infidelities(line, tuple(by * v for v in values)) for by in (-1.0, 1000.0))
    assert turned.scale == pytest.approx(-1.0, abs=1e-5)
    assert turned.own > max(turned.random, turned.shuffled)  # no better than values that say nothing
    assert huge.scale == pytest.approx(0.001, abs=1e-8)
    assert huge.own == pytest.approx(0.0, abs=1e-5)  # the shares are right, the size is what the scale tells


@pytest.mark.parametrize("forward", [linear, product])
def test_infidelity_is_captums_where_the_scale_is_above_zero(forward: Callable[..., Tensor]) -> None:
    @infidelity_perturb_func_decorator(True)
    def halved(inputs: tuple[Tensor, ...], starts: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        generator = torch.Generator().manual_seed(0)
        masks = [torch.rand(row.shape, generator=generator) < 0.5 for row in inputs]
        return tuple(torch.where(*three) for three in zip(masks, starts, inputs, strict=True))

    line = line_between(forward, rows(0), rows(10))
    values = integrate(line, 50)
    given = tuple(torch.from_numpy(v).float()[None] for v in values)
    theirs = infidelity(
        forward, halved, line.at, given, line.start, n_perturb_samples=64, max_examples_per_batch=64, normalize=True
    )
    assert infidelities(line, values).own == pytest.approx(float(theirs[0]), abs=2e-5, rel=1e-4)


def test_sensitivity_of_a_linear_model_is_no_more_than_the_nudge_and_of_noise_is_large() -> None:
    wide = torch.ones(1, 50)

    def even(visual: Tensor) -> Tensor:
        return visual.sum(1)

    line = from_zero(even, (wide,))
    # Values are the features themselves; each moves by at most 5 %, so their norm does too.
    assert 0.02 < sensitivity(line) <= NUDGE + 1e-6
    rng = np.random.default_rng(0)
    assert sensitivity(line, lambda nudged: (rng.standard_normal(50),)) > 1.0
    assert sensitivity(line, lambda nudged: (np.ones(50),)) == 0.0
    assert sensitivity(line_between(even, (wide,), (wide,))) == 0.0


def test_blocks_cover_every_feature_once() -> None:
    blocks = blocks_of((40, 3), 16)
    assert [len(own) for own in blocks] == [16, 3]
    assert np.concatenate(blocks[0]).tolist() == list(range(40))
    assert {len(block) for block in blocks[0]} == {2, 3}
    assert block_sums(np.arange(3.0), blocks[1]).tolist() == [0.0, 1.0, 2.0]


def test_orders_come_in_pairs_and_depend_on_the_seed_alone() -> None:
    orders = list(paired_orders(3)(5, 6))
    assert len(orders) == 6
    for one, other in zip(orders[::2], orders[1::2], strict=True):
        assert list(one) == list(other)[::-1]
        assert sorted(one) == list(range(5))
    assert orders == list(paired_orders(3)(5, 6))
    assert orders != list(paired_orders(4)(5, 6))


def test_players_that_stand_in_for_each_other_share() -> None:
    def either(present: Tensor) -> Tensor:  # the first two are worth 1, together or alone; the third always adds 0.5
        return present[:, :2].max(1).values + 0.5 * present[:, 2]

    np.testing.assert_allclose(shapley_of_players(either, 3, 12), [0.5, 0.5, 0.5], atol=1e-6)
