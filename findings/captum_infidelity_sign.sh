#!/usr/bin/env bash
# captum 0.9.0 (torch 2.13.0): infidelity(normalize=True) cannot see a sign or a size.
#
# An exact attribution of a linear function, the same with every sign turned, and a thousand times it, all come out at an
# infidelity of zero. The measure multiplies the attribution with its best scale, which may be of any sign and size, and
# does not give that scale away. Without normalising all three differ, but then so does a merely rescaled answer.
# Why it matters: a check "better than noise" by normalised infidelity passes an explainer that names what speaks
# against as what speaks for. Compute the scale beside it, and refuse one that is not above zero.
# Exits non-zero where that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 captum==0.9.0 numpy==2.4.0
"$folder/venv/bin/python" - <<'PY'
import captum
import torch
from captum.metrics import infidelity, infidelity_perturb_func_decorator

weight = torch.tensor([1.0, -2.0, 0.5, 3.0, -1.0, 0.25])
at, start = torch.arange(1.0, 7.0)[None], torch.zeros(1, 6)
exact = weight * (at - start)


def forward(rows: torch.Tensor) -> torch.Tensor:
    return rows @ weight


@infidelity_perturb_func_decorator(True)
def half_put_back(rows: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.where(torch.rand(rows.shape, generator=generator) < 0.5, starts, rows)


def measured(values: torch.Tensor, normalize: bool) -> float:
    return float(
        infidelity(forward, half_put_back, at, values, start, n_perturb_samples=64, max_examples_per_batch=64,
                   normalize=normalize)[0]
    )


print("torch", torch.__version__, "captum", captum.__version__)
rows = {"exact": exact, "every sign turned": -exact, "a thousand times": 1000 * exact, "reversed": exact.flip(1)}
for name, values in rows.items():
    print(f"{name:18} normalised {measured(values, True):10.4f}   as it is {measured(values, False):14.4f}")
blind = all(abs(measured(values, True)) < 1e-2 for values in (exact, -exact, 1000 * exact))
sees_order, sees_unnormalised = measured(exact.flip(1), True) > 1, measured(-exact, False) > 1
assert blind and sees_order and sees_unnormalised, "normalised infidelity tells signs or sizes apart now"
print("as described: sign and size are invisible to the normalised measure")
PY
