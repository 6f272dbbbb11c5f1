"""A DeepSpeed configuration, read and held against the recipe; what it asks for is then done by torch itself.

{"zero_optimization": {"stage": 2}, "gradient_accumulation_steps": "auto", "gradient_clipping": 1.0}

| ZeRO stage | here                                                                             |
|------------|----------------------------------------------------------------------------------|
| 0          | every process holds all weights (DDP)                                            |
| 1, 2       | weights, gradients and the optimizer's state are shared out; a layer that was    |
|            | gathered forwards stays until it was needed backwards                            |
| 3          | the same, and gathered layers are given back at once                             |

DeepSpeed's own engine takes the optimizer step inside its backward pass, before the number of items in a group of
ragged micro-batches is known; the exact gradient of this loop cannot be had from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from groundswell.errors import LaunchError

# What of a configuration says the same as a key of the recipe.
SAME = {
    "gradient_accumulation_steps": "training.accumulation",
    "gradient_clipping": "training.clip_norm",
    "optimizer.params.lr": "training.learning_rate",
    "optimizer.params.weight_decay": "training.weight_decay",
    "bf16.enabled": "training.precision=bfloat16",
}
# What it says in a way of its own, beside what takes its place here.
OTHERWISE = {
    "train_batch_size": "training.batch_tokens",
    "train_micro_batch_size_per_gpu": "training.batch_tokens",
    "scheduler.type": "training.schedule",
}
ALWAYS = {"optimizer.type": "AdamW", "optimizer.params.betas": [0.9, 0.999], "optimizer.params.eps": 1e-8}
# What must be off, because nothing here does it.
OFF = ("fp16.enabled", "zero_optimization.offload_optimizer.device", "zero_optimization.offload_param.device")
# What changes speed or what is printed, but not what is learned.
HARMLESS = (
    "zero_optimization.", "zero_allow_untested_optimizer", "scheduler.params.", "fp16.", "bf16.", "comms_logger.",
    "steps_per_print", "wall_clock_breakdown",
)  # fmt: skip

CURE = 'Write "auto", remove it, or change the recipe'


def translate(environment: MutableMapping[str, str], recipe: Mapping[str, Any]) -> str | None:
    """What a person should know where DeepSpeed was asked for, else None; `environment` then asks torch for the same.

    recipe   the values that a configuration may repeat, by the names in `SAME` and `OTHERWISE`

    Raises LaunchError with everything that contradicts the recipe or is not done here, each with both values.
    """
    if environment.get("ACCELERATE_USE_DEEPSPEED", "false").lower() != "true":
        return None
    name, config = _read(environment)
    problems = [problem for field, found in _flat(config) for problem in _problems(field, found, recipe)]
    if problems:
        raise LaunchError("\n".join(f"{name}: {problem}" for problem in problems))
    stage = int(config.get("zero_optimization", {}).get("stage", 0))
    environment["ACCELERATE_USE_DEEPSPEED"] = "false"
    environment["ACCELERATE_USE_FSDP"] = "true" if stage else "false"
    environment["FSDP_VERSION"] = "2"
    environment["FSDP_RESHARD_AFTER_FORWARD"] = "true" if stage == 3 else "false"
    how = "shares the weights out itself" if stage else "keeps all weights in every process"
    return f"{name} asks for ZeRO stage {stage}: torch {how}, DeepSpeed's engine is not used"


def _read(environment: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The configuration and what to call it."""
    path = environment.get("ACCELERATE_DEEPSPEED_CONFIG_FILE", "none")
    if path == "none":
        prefix = "ACCELERATE_DEEPSPEED_"
        zero: dict[str, Any] = {"stage": int(environment.get(f"{prefix}ZERO_STAGE", "2"))}
        for part in ("optimizer", "param"):
            device = environment.get(f"{prefix}OFFLOAD_{part.upper()}_DEVICE", "none")
            zero[f"offload_{part}"] = {"device": device}
        given = {"gradient_accumulation_steps": "ACCELERATE_GRADIENT_ACCUMULATION_STEPS"}
        given["gradient_clipping"] = "ACCELERATE_GRADIENT_CLIPPING"
        numbers = {name: float(environment[key]) for name, key in given.items() if _is_number(environment.get(key))}
        return "--use_deepspeed", {"zero_optimization": zero, **numbers}
    try:
        config = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LaunchError(f"--deepspeed_config_file: {path} cannot be read ({error}). Name a file of JSON") from error
    if not isinstance(config, dict):
        raise LaunchError(f"--deepspeed_config_file: {path} holds a {type(config).__name__}, expected an object")
    return path, config


def _problems(field: str, found: Any, recipe: Mapping[str, Any]) -> list[str]:
    """What is wrong with one field, whole sentences."""
    if found in ("auto", None) or (field in OFF and found in (False, "none")):
        return []
    if field in SAME:
        expected = recipe[SAME[field]]
        said = 0 if expected is None else expected  # DeepSpeed writes "no clipping" as 0
        same = found == said if isinstance(said, bool) else _is_number(found) and float(found) == float(said)
        return [] if same else [f"found {field}={found}, but the recipe says {SAME[field]}: {expected}. {CURE}"]
    if field in OTHERWISE:
        return [f"found {field}={found}, but the recipe says {OTHERWISE[field]}: {recipe[OTHERWISE[field]]}. {CURE}"]
    if field in ALWAYS:
        return [] if found == ALWAYS[field] else [f"found {field}={found}, expected {ALWAYS[field]}. {CURE}"]
    if field == "zero_optimization.stage":
        return [] if found in (0, 1, 2, 3) else [f"found {field}={found}, expected 0, 1, 2 or 3"]
    if field in OFF or not field.startswith(HARMLESS):
        return [f"found {field}={found}, which nothing here does; remove it"]
    return []


def _flat(config: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Every value of a configuration with its dotted name."""
    flat: list[tuple[str, Any]] = []
    for name, value in config.items():
        flat += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return flat


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True
