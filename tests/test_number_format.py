"""Numbers as text: one way for shares, signs, intervals near zero, and two numbers that a sentence compares."""

import pytest

from mspa_model.number_format import compared, decimals_of, interval_words, percent, side_of_zero, signed, true_minus


@pytest.mark.parametrize(
    ("share", "said"), [(0.12, "12\u00a0%"), (-0.1, "−10\u00a0%"), (1.17, "117\u00a0%"), (-0.001, "0\u00a0%")]
)
def test_a_share_has_a_space_that_does_not_break_and_a_true_minus(share: float, said: str):
    assert percent(share) == said
    assert percent(0.1234, 1) == "12.3\u00a0%"


def test_a_formatted_number_has_a_true_minus_and_its_exponent_stays():
    said = [true_minus(f"{n:.2g}") for n in (-0.026, 0.5, -1e-7, 0.0)]
    assert said == ["−0.026", "0.5", "−1e-07", "0"]
    assert true_minus(f"{-0.001:.2f}") == "0.00"


def test_zero_carries_no_sign():
    assert [signed(n, 3) for n in (0.5, -0.5, 0.0, -0.0001, 0.0001)] == ["+0.500", "−0.500", "0", "0", "0"]


@pytest.mark.parametrize(
    ("value", "low", "high", "said", "side"),
    [
        (0.0033, 0.000025, 0.00718, "+0.0033 (0 to +0.0072)", 0),  # the shipped run's correction: nearer than its noise
        (0.0033, 0.0006, 0.0072, "+0.0033 (+0.0006 to +0.0072)", 1),
        (0.067, 0.0507, 0.0822, "+0.067 (+0.051 to +0.082)", 1),
        (-0.02, -0.03, -0.0004, "−0.020 (−0.030 to 0)", 0),
        (-0.02, -0.03, -0.0006, "−0.020 (−0.030 to −0.001)", -1),
        (0.00002, 0.00001, 0.00003, "+0.000020 (+0.000010 to +0.000030)", 1),
        (0.0, 0.0, 0.0, "0 (0 to 0)", 0),
    ],
)
def test_a_bound_that_is_written_as_zero_touches_zero(value: float, low: float, high: float, said: str, side: int):
    assert interval_words(value, low, high, sign=True) == said
    assert side_of_zero(low, high) == side


def test_no_interval_is_clear_of_zero_where_it_reads_zero():
    for power in range(8):
        for step in range(-12, 13):
            low, high = step * 0.13 * 10**-power, step * 0.13 * 10**-power + 0.7 * 10**-power
            _, _, rest = interval_words(low, low, high, sign=True).partition("(")
            bounds = rest.rstrip(")").split(" to ")
            assert (side_of_zero(low, high) == 0) == ("0" in bounds or bounds[0][0] != bounds[1][0]), (low, high)


def test_accuracies_keep_three_decimals_or_as_many_as_their_interval_needs():
    assert interval_words(0.18994, 0.17299, 0.20612) == "0.190 (0.173 to 0.206)"
    assert interval_words(0.0004, 0.0001, 0.0007) == "0.00040 (0.00010 to 0.00070)"
    assert interval_words(0.3, None, None) == "0.300"
    assert side_of_zero(None, None) == 0
    assert decimals_of(0.0, 100.0) == 3


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (0.112, 0.108, ("0.112", "0.108")),
        (0.05, 0.021, ("0.05", "0.021")),
        (0.1001, 0.0999, ("0.1001", "0.0999")),
        (0.00005, 0.00004, ("0.00005", "0.00004")),
        (0.5, -0.25, ("0.50", "0.25")),
        (0.11234, 0.11231, ("0.11234", "0.11231")),
        (0.004, 0.001, ("0.004", "0.001")),
        (0.2, 0.2, ("0.20", "0.20")),
        (0.0, 0.0, ("0.00", "0.00")),
    ],
)
def test_two_numbers_that_are_compared_are_told_apart(first: float, second: float, said: tuple[str, str]):
    assert compared(first, second) == said
