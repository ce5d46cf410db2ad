"""Shapes of fields are looked at in full while tests run: every element, every default, whatever a class computes."""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from jaxtyping import Float

from explain.attribution.gradients import Integrated
from explain.attribution.line import Line
from mspa_model.types import Features, Modality, Vocabulary
from tests.shapes import check_in_full

RIGHT, WRONG = np.zeros(3, np.float32), np.zeros((3, 3), np.float32)
TIMES = 200  # beartype alone let three in four of these pass


@check_in_full
@dataclass(frozen=True)
class Rows:
    of_tuple: tuple[Float[np.ndarray, " _"], ...] = ()
    of_dict: dict[str, Float[np.ndarray, " _"]] = field(default_factory=dict)
    optional: Float[np.ndarray, " n"] | None = None
    pair: tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]] | None = None
    computed: Float[np.ndarray, " n"] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "computed", RIGHT if self.optional is None else WRONG)


def test_a_wrong_last_one_of_ten_is_refused_always():
    Rows((RIGHT,) * 10, {str(i): RIGHT for i in range(10)})
    for _ in range(TIMES):
        with pytest.raises(TypeError, match="of_tuple"):
            Rows((*[RIGHT] * 9, WRONG))
        with pytest.raises(TypeError, match="of_dict"):
            Rows((), {**{str(i): RIGHT for i in range(9)}, "last": WRONG})


def test_what_a_class_computes_and_what_is_optional_is_looked_at():
    with pytest.raises(TypeError, match="optional"):
        Rows(optional=WRONG)
    with pytest.raises(TypeError, match="computed"):
        Rows(optional=RIGHT)
    with pytest.raises(TypeError, match="pair"):
        Rows(pair=(RIGHT, RIGHT[:2]))


def test_the_products_own_classes_refuse_a_wrong_last_one_always():
    rows, row = torch.zeros(1, 3), torch.zeros(3)
    total = torch.sum
    for _ in range(TIMES):
        with pytest.raises(TypeError):
            Integrated((*[RIGHT] * 9, WRONG), 0.0, 0.0, 50)
        with pytest.raises(TypeError):
            Line(total, (*[rows] * 9, row), (rows,) * 10, 0.0)


def test_axes_of_one_name_are_one_over_modalities_but_a_feature_row_is_each_modalitys_own():
    there = {m: np.ones(4, bool) for m in Modality}
    arrays = {m: np.zeros((4, 2 + i), np.float32) for i, m in enumerate(Modality)}
    encoders = dict.fromkeys(Modality, "shipped")
    Features(arrays, there, encoders)
    for _ in range(TIMES):
        with pytest.raises(TypeError, match=r"Features\.arrays"):
            Features({**arrays, Modality.TEXT: np.zeros((5, 4), np.float32)}, there, encoders)
        with pytest.raises(TypeError, match=r"Vocabulary\.prototypes"):
            Vocabulary((), np.zeros((9, 4), np.float32), {**arrays, Modality.TEXT: np.zeros(4, np.float32)})
