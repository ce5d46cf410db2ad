"""Where tensors live: a GPU where there is one, else the processor."""

from typing import Literal

import torch

from mspa_model.errors import ResourceError

DeviceName = Literal["auto", "cpu", "cuda"]


def resolve_device(name: DeviceName = "auto") -> torch.device:
    """The device to compute on; raises ResourceError where CUDA is asked for and absent."""
    has_cuda = torch.cuda.is_available()
    if name == "cuda" and not has_cuda:
        raise ResourceError("--device cuda", "a machine with a CUDA GPU", "Use --device auto or cpu.")
    return torch.device("cuda" if has_cuda and name != "cpu" else "cpu")


def device_words(device: torch.device) -> str:
    """ "on the processor", or "on NVIDIA H100 80GB HBM3"."""
    return f"on {torch.cuda.get_device_name(device)}" if device.type == "cuda" else "on the processor"
