"""The machine as training sees it: device, precision, threads, seed, versions."""

from __future__ import annotations

import contextlib
import os
import platform
import random
import subprocess
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

PACKAGES = (
    "torch",
    "transformers",
    "tokenizers",
    "peft",
    "accelerate",
    "datasets",
    "scikit-learn",
    "safetensors",
    "numpy",
)


def seed_everything(seed: int) -> None:
    """Seed the generators of Python, numpy and torch (every device); call it before a model is built."""
    import numpy
    import torch

    random.seed(seed)
    numpy.random.seed(seed)
    torch.manual_seed(seed)


def pick_device(wanted: str = "auto") -> torch.device:
    """The device to compute on: CUDA when there is one, else the processor; `wanted` overrides."""
    import torch

    if wanted != "auto":
        return torch.device(wanted)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def pick_precision(
    wanted: Literal["auto", "float32", "bfloat16"], device: torch.device
) -> Literal["float32", "bfloat16"]:
    """`bfloat16` where the device computes in it natively, else `float32`; `wanted` overrides `auto`."""
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        import torch

        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return "bfloat16" if {"AVX512-BF16", "AMX-BF16"} & set(instruction_sets()) else "float32"


def torch_dtype(precision: str) -> torch.dtype:
    """torch's name for a precision."""
    import torch

    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]


def instruction_sets() -> list[str]:
    """Names of the processor's vector and matrix instruction sets that matter here, as far as they can be read."""
    names = {
        "avx2": "AVX2",
        "avx512f": "AVX512",
        "avx512_bf16": "AVX512-BF16",
        "avx512_vnni": "AVX512-VNNI",
        "amx_tile": "AMX",
        "amx_bf16": "AMX-BF16",
        "bf16": "BF16",
    }
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
    flags = next((line.split() for line in lines if line.lower().startswith(("flags", "features"))), [])
    return [name for flag, name in names.items() if flag in flags]


def processor_name() -> str:
    """The processor's name, as far as it can be read."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Version of Python, of groundswell and of each package that results depend on."""
    found = {"python": platform.python_version(), "groundswell": package_version("groundswell") or "source"}
    for name in PACKAGES:
        version = package_version(name)
        if version is not None:
            found[name] = version
    return found


def package_version(name: str) -> str | None:
    """Installed version of a package, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def commit() -> str | None:
    """The commit of the checkout groundswell is imported from, with `+changes` when it was edited; None outside one."""
    folder = Path(__file__).resolve().parent
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--dirty=+changes", "--abbrev=12"],
            capture_output=True, text=True, timeout=10, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None if answer.returncode == 0 else None


def hardware() -> dict[str, object]:
    """Processor, its instruction sets, threads used by torch, and accelerators."""
    import torch

    accelerators = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return {
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "instruction_sets": instruction_sets(),
        "accelerators": accelerators,
    }


def resident_bytes() -> int:
    """Memory that this process holds now; 0 where nobody says."""
    return _status_bytes("VmRSS")


def forget_peak(device: torch.device) -> None:
    """`peak_bytes` counts from here on, where the system can do that."""
    import torch

    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_bytes(device: torch.device) -> int:
    """The most memory that was held at once: of the accelerator where there is one, else of this process.

    Linux hands `ru_maxrss` on to a process from the one that started it, so its own mark is read there.
    """
    import torch

    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if marked := _status_bytes("VmHWM"):
        return marked
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on a Mac


def _status_bytes(name: str) -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


def busy_warning() -> str | None:
    """What a person should know before several threads compute beside other busy processes; None on a quiet machine.

    A step then takes up to 25 times as long (docs/log.md): each thread waits for the one that is not running.
    """
    import torch

    threads, cores = torch.get_num_threads(), os.cpu_count() or 1
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if threads < 2 or load < 0.5 * cores or "OMP_WAIT_POLICY" in os.environ:
        return None
    return (
        f"the machine is busy (load {load:.1f} on {cores} cores) and {threads} threads wait for one another: training "
        "may take many times as long. Set OMP_NUM_THREADS=1, or OMP_WAIT_POLICY=PASSIVE GOMP_SPINCOUNT=0, or wait"
    )


def cache_folder() -> Path:
    """Where computed features are kept: $GROUNDSWELL_CACHE, else ~/.cache/groundswell."""
    given = os.environ.get("GROUNDSWELL_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "groundswell"
