#!/usr/bin/env bash
# jaxtyping 0.3.11: under jaxtyped (and the import hook) a dataclass's fields are checked as arguments of __init__ only:
# a field that a default fills, or that __post_init__ sets, may be of any shape.
#
# The same wrong array is refused where it is handed over, and passes as a default and from __post_init__.
# Why it matters: values that a class computes for itself are the ones nobody else checks. Look at all fields once the
# object is whole.
# Exits non-zero where that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet beartype==0.23.1 jaxtyping==0.3.11 numpy==2.4.0
"$folder/venv/bin/python" - <<'PY'
from dataclasses import dataclass, field
from importlib.metadata import version

import beartype
import numpy as np
from jaxtyping import Float, TypeCheckError, jaxtyped

wrong = np.zeros((3, 3))


@jaxtyped(typechecker=beartype.beartype)
@dataclass(frozen=True)
class Rows:
    handed: Float[np.ndarray, " n"]
    defaulted: Float[np.ndarray, " n"] = field(default_factory=lambda: wrong)
    computed: Float[np.ndarray, " n"] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "computed", wrong)


print("jaxtyping", version("jaxtyping"), "beartype", beartype.__version__)
rows = Rows(np.zeros(3))
print("defaulted", rows.defaulted.shape, "and computed", rows.computed.shape, "passed as one-dimensional")
try:
    Rows(wrong)
except TypeCheckError:
    print("as described: the same array handed over is refused")
else:
    raise SystemExit("a field handed over is not checked")
PY
