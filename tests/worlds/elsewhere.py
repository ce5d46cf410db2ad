"""A device that only pretends to be one: tensors that say they live elsewhere, computed on the processor all the same.

What a GPU would refuse it refuses: NumPy arrays of its tensors, and processor's tensors among its own. So a path that
would break on a GPU breaks on any machine. No number is different: its values are the processor's to the bit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_flatten, tree_map, tree_map_only

from mspa_model import runs
from mspa_model.training import train

# A device type that torch knows, that needs no driver and that nothing here uses.
DEVICE = torch.device("lazy:0")
_CPU = torch.device("cpu")
# CUDA takes indices from the processor, and values from it where they are single numbers.
_INDEXED = ("index", "_unsafe_index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index_put")
_JOINED = ("cat", "stack", "_foreach_add_")
_COPIES = ("_to_copy", "copy_", "copy", "_local_scalar_dense")


class Elsewhere(torch.Tensor):
    """A tensor whose values are `inside`, on the processor, and whose device is DEVICE."""

    @staticmethod
    def __new__(cls, inside: Tensor) -> "Elsewhere":
        return torch.Tensor._make_wrapper_subclass(
            cls,
            inside.size(),
            strides=inside.stride(),
            storage_offset=inside.storage_offset(),
            dtype=inside.dtype,
            layout=inside.layout,
            requires_grad=inside.requires_grad,
            device=DEVICE,
        )

    def __init__(self, inside: Tensor) -> None:
        self.inside = inside

    def __repr__(self) -> str:
        return f"Elsewhere({self.inside!r})"

    def tolist(self) -> Any:
        return self.inside.tolist()

    def numpy(self, *, force: bool = False) -> Any:
        if not force:
            raise TypeError("NumPy array of a tensor that lives elsewhere, as a GPU would refuse")
        return self.inside.numpy(force=True)

    def __tensor_flatten__(self) -> tuple[list[str], None]:
        return ["inside"], None

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _computed(func, args, kwargs or {})  # a backward pass comes by here alone


class _Pretending(TorchDispatchMode):
    """Sends what is asked for by device there."""

    def __enter__(self) -> "_Pretending":
        torch._C._set_only_lift_cpu_tensors(True)  # so that torch.tensor(..., device=...) comes by here as well
        return super().__enter__()

    def __exit__(self, *raised: Any) -> None:
        torch._C._set_only_lift_cpu_tensors(False)
        super().__exit__(*raised)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _computed(func, args, kwargs or {})


def _computed(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    flat = tree_flatten((args, kwargs))[0]
    tensors = [x for x in flat if isinstance(x, Tensor)]
    there = any(isinstance(x, Elsewhere) for x in tensors)
    asked = kwargs.get("device")
    name = func.overloadpacket.__name__
    if asked is not None:
        kwargs = {**kwargs, "device": _CPU}
    _refuse_mixed(name, args, tensors, there)
    out = func(*tree_map_only(Elsewhere, _inside, args), **tree_map_only(Elsewhere, _inside, kwargs))
    to_there = there if asked is None else torch.device(asked).type == DEVICE.type
    if name == "copy_":
        return args[0]
    if not to_there:
        return out
    wrapped = tree_map(lambda x: Elsewhere(x) if type(x) is Tensor or type(x) is torch.nn.Parameter else x, out)
    return return_and_correct_aliasing(func, args, kwargs, wrapped) if there else wrapped


def _refuse_mixed(name: str, args: Any, tensors: list[Tensor], there: bool) -> None:
    if not there or name in _COPIES:
        return
    if name in _INDEXED and isinstance(args[0], Elsewhere):
        tensors = [x for x in (args[0], *args[2:3]) if isinstance(x, Tensor)]  # itself and what is put into it
    for each in tensors:
        if not isinstance(each, Elsewhere) and (each.dim() > 0 or name in _JOINED):
            raise RuntimeError(f"{name} of tensors here and elsewhere, as a GPU would refuse")


def _inside(each: Elsewhere) -> Tensor:
    return each.inside


@contextmanager
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within it runs are loaded, and trained, on DEVICE."""
    with monkeypatch.context() as patch, _Pretending():
        for module in (runs, train):
            patch.setattr(module, "resolve_device", lambda name="auto": DEVICE)
        yield
