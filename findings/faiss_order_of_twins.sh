#!/usr/bin/env bash
# faiss-cpu 1.15.1: IndexFlatIP names vectors with equal inner products in falling order of id, so that a list's beginning
# depends on its length.
#
# Of ten equal vectors those with the lowest ids are taken, and then named from the last of them on: asked for three it
# says 2, 1, 0, asked for ten 9, 8, 7, ... A list "nearest first" of streamers that share one feature row therefore
# begins with another one whenever a page asks for a longer list.
# Why it matters: neighbour lists on a page and in a report have different lengths and must agree. Ask for one more, and
# where the last is level with the one behind it sort all that are level by id.
# Exits non-zero where that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet faiss-cpu==1.15.1 numpy==2.4.0
"$folder/venv/bin/python" - <<'PY'
import faiss
import numpy as np

print("faiss", faiss.__version__)
vectors = np.tile(np.array([[0.6, 0.8]], dtype=np.float32), (10, 1))
index = faiss.IndexFlatIP(2)
index.add(vectors)
lists = {k: index.search(vectors[:1], k)[1][0].tolist() for k in (1, 3, 5, 10)}
for k, ids in lists.items():
    print(f"asked for {k:2}: {ids}")
by_row = all(ids == list(range(len(ids))) for ids in lists.values())
assert not by_row, "equal inner products come in rising order of id now"
assert lists[10] == sorted(lists[10], reverse=True), "equal inner products come in another order than falling ids"
print("as described: twins are named in falling order of id; the first of 3 asked for is", lists[3][0], "of 10", lists[10][0])
PY
