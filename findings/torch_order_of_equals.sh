#!/usr/bin/env bash
# torch 2.13.0: among equal values topk keeps no order of rows, and argsort (without stable=True) none from 17 values on.
#
# Of sixteen equal values argsort names positions 0, 1, 2, ...; with 17 and more another order comes out, so that whoever
# tries it on a short list takes it for stable. topk names others at every length tried, and has no stable form at all.
# Why it matters: a recommender whose scores tie (popularity counts, twins, a user of whom nothing is known) ranks by
# chance of the algorithm, and two places of a program that rank the same scores disagree. Sort stably, or break the ties
# at the cut by row.
# Exits non-zero where that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.0
"$folder/venv/bin/python" - <<'PY'
import torch

torch.set_num_threads(1)
print("torch", torch.__version__)


def in_order(positions: torch.Tensor) -> bool:
    return positions.tolist() == list(range(len(positions)))


kept = {}
for n in (16, 17, 20, 100, 20_000):
    equal = torch.ones(n)
    kept[n] = {
        "topk": in_order(equal.topk(5).indices),
        "topk of all": in_order(equal.topk(n).indices),
        "argsort": in_order(equal.argsort(descending=True)),
        "stable argsort": in_order(equal.argsort(descending=True, stable=True)),
    }
    print(n, kept[n], equal.topk(5).indices.tolist(), equal.argsort(descending=True)[:5].tolist())
assert all(row["stable argsort"] for row in kept.values())
assert any(not row["topk"] or not row["topk of all"] for row in kept.values()), "topk keeps the order of equals now"
assert kept[16]["argsort"] and not kept[17]["argsort"], "argsort treats 16 and 17 equals alike now"
print("as described: equals come in no order of rows")
PY
