#!/usr/bin/env bash
# beartype 0.23.1 (jaxtyping 0.3.11): of a tuple[X, ...] or dict[K, V] one element is looked at, so a wrong one mostly
# passes.
#
# A function annotated tuple[Float[ndarray, "n"], ...] is called with ten arrays, the last of them two-dimensional. By its
# default strategy (O1) beartype looks at one element drawn at random of a sequence, and at the first of a dict: some of
# 200 calls are refused, most pass, and a wrong last value of a dict always does.
# Its strategy On, named for looking at all, is taken and does the same.
# Why it matters: shapes "checked while tests run" are not, in containers; a test that was green by luck is red another
# day. Look at every element in a loop where a container's arrays matter.
# Exits non-zero where that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet beartype==0.23.1 jaxtyping==0.3.11 numpy==2.4.0
"$folder/venv/bin/python" - <<'PY'
import beartype
import numpy as np
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import Float, TypeCheckError, jaxtyped


@jaxtyped(typechecker=beartype.beartype)
def of_tuple(rows: tuple[Float[np.ndarray, " n"], ...]) -> int:
    return len(rows)


@jaxtyped(typechecker=beartype.beartype)
def of_dict(rows: dict[str, Float[np.ndarray, " n"]]) -> int:
    return len(rows)


def passes(function, value) -> bool:
    try:
        function(value)
    except (TypeCheckError, BeartypeCallHintViolation):
        return False
    return True


print("beartype", beartype.__version__)
right, wrong = np.zeros(3), np.zeros((3, 3))
tuples = sum(passes(of_tuple, (*[right] * 9, wrong)) for _ in range(200))
dicts = sum(passes(of_dict, {**{str(i): right for i in range(9)}, "last": wrong}) for _ in range(200))
print(f"ten arrays with a wrong last one passed {tuples} of 200 times in a tuple, {dicts} of 200 in a dict")
assert not passes(of_tuple, (wrong,)) and not passes(of_dict, {"only": wrong}), "the check sees nothing at all"
assert tuples > 100 and dicts > 100, "every element is looked at now"
print("as described: one element of a container is looked at")
PY
