"""What a launcher asks for: read, held against the recipe, refused by name where nothing here does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import groundswell as gs
from groundswell.errors import LaunchError
from groundswell.training.deepspeed_config import translate
from groundswell.training.launch import settle

RECIPE = {
    "training.accumulation": 4,
    "training.clip_norm": 1.0,
    "training.learning_rate": 1e-3,
    "training.weight_decay": 0.01,
    "training.batch_tokens": 4096,
    "training.schedule": "linear",
    "training.precision=bfloat16": False,
}
FITTING: dict[str, Any] = {
    "train_batch_size": "auto",
    "train_micro_batch_size_per_gpu": "auto",
    "gradient_accumulation_steps": 4,
    "gradient_clipping": 1.0,
    "optimizer": {"type": "AdamW", "params": {"lr": "auto", "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01}},
    "bf16": {"enabled": False},
    "fp16": {"enabled": False, "loss_scale": 0},
    "zero_optimization": {
        "stage": 2,
        "overlap_comm": True,
        "allgather_bucket_size": 2e8,
        "offload_optimizer": {"device": "none"},
    },
    "steps_per_print": 100,
}


def environment(tmp_path: Path, config: object) -> dict[str, str]:
    path = tmp_path / "ds.json"
    path.write_text(json.dumps(config))
    return {"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_CONFIG_FILE": str(path)}


def test_nothing_is_said_where_nothing_was_asked() -> None:
    assert translate({}, RECIPE) is None


@pytest.mark.parametrize(
    ("stage", "shared", "freed"), [(0, "false", "false"), (2, "true", "false"), (3, "true", "true")]
)
def test_a_fitting_configuration_asks_torch_for_the_same(tmp_path: Path, stage: int, shared: str, freed: str) -> None:
    config = {**FITTING, "zero_optimization": {**FITTING["zero_optimization"], "stage": stage}}
    asked = environment(tmp_path, config)
    how = "shares the weights out itself" if stage else "keeps all weights in every process"
    assert translate(asked, RECIPE) == (
        f"{tmp_path / 'ds.json'} asks for ZeRO stage {stage}: torch {how}, DeepSpeed's engine is not used"
    )
    assert asked["ACCELERATE_USE_DEEPSPEED"] == "false"
    assert (asked["ACCELERATE_USE_FSDP"], asked["FSDP_RESHARD_AFTER_FORWARD"]) == (shared, freed)


def test_every_clash_is_named_with_both_values(tmp_path: Path) -> None:
    config = {
        "train_micro_batch_size_per_gpu": 8,
        "gradient_accumulation_steps": 1,
        "gradient_clipping": 0,
        "optimizer": {"type": "Lamb", "params": {"lr": 2e-5, "betas": [0.8, 0.999]}},
        "scheduler": {"type": "WarmupLR", "params": {"warmup_num_steps": 10}},
        "bf16": {"enabled": True},
        "fp16": {"enabled": True},
        "zero_optimization": {"stage": 4, "offload_param": {"device": "cpu"}},
        "activation_checkpointing": {"partition_activations": True},
    }
    with pytest.raises(LaunchError) as error:
        translate(environment(tmp_path, config), RECIPE)
    cure = 'Write "auto", remove it, or change the recipe'
    assert [line.removeprefix(f"{tmp_path / 'ds.json'}: ") for line in str(error.value).splitlines()] == [
        f"found train_micro_batch_size_per_gpu=8, but the recipe says training.batch_tokens: 4096. {cure}",
        f"found gradient_accumulation_steps=1, but the recipe says training.accumulation: 4. {cure}",
        f"found gradient_clipping=0, but the recipe says training.clip_norm: 1.0. {cure}",
        f"found optimizer.type=Lamb, expected AdamW. {cure}",
        f"found optimizer.params.lr=2e-05, but the recipe says training.learning_rate: 0.001. {cure}",
        f"found optimizer.params.betas=[0.8, 0.999], expected [0.9, 0.999]. {cure}",
        f"found scheduler.type=WarmupLR, but the recipe says training.schedule: linear. {cure}",
        f"found bf16.enabled=True, but the recipe says training.precision=bfloat16: False. {cure}",
        "found fp16.enabled=True, which nothing here does; remove it",
        "found zero_optimization.stage=4, expected 0, 1, 2 or 3",
        "found zero_optimization.offload_param.device=cpu, which nothing here does; remove it",
        "found activation_checkpointing.partition_activations=True, which nothing here does; remove it",
    ]


def test_no_clipping_is_written_as_0(tmp_path: Path) -> None:
    config = {"zero_optimization": {"stage": 1}, "gradient_clipping": 0.0}
    assert translate(environment(tmp_path, config), {**RECIPE, "training.clip_norm": None}) is not None


def test_the_launchers_own_switches_are_read_without_a_file() -> None:
    asked = {
        "ACCELERATE_USE_DEEPSPEED": "true",
        "ACCELERATE_DEEPSPEED_ZERO_STAGE": "3",
        "ACCELERATE_GRADIENT_ACCUMULATION_STEPS": "2",
        "ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_DEVICE": "cpu",
    }
    with pytest.raises(LaunchError) as error:
        translate(asked, RECIPE)
    assert "--use_deepspeed: found zero_optimization.offload_param.device=cpu" in str(error.value)
    assert "found gradient_accumulation_steps=2.0, but the recipe says training.accumulation: 4" in str(error.value)


@pytest.mark.parametrize(("content", "cause"), [("[]", "holds a list, expected an object"), ("{", "cannot be read")])
def test_a_file_that_is_no_configuration(tmp_path: Path, content: str, cause: str) -> None:
    path = tmp_path / "ds.json"
    path.write_text(content)
    asked = {"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_CONFIG_FILE": str(path)}
    with pytest.raises(LaunchError, match=cause):
        translate(asked, RECIPE)


def test_the_older_fsdp_and_what_is_not_done_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    monkeypatch.setenv("FSDP_VERSION", "1")
    monkeypatch.setenv("FSDP_OFFLOAD_PARAMS", "true")
    monkeypatch.setenv("FSDP_ACTIVATION_CHECKPOINTING", "true")
    with pytest.raises(LaunchError) as error:
        settle(RECIPE)
    assert str(error.value) == (
        "--use_fsdp: found --fsdp_version 1, expected 2; write `--fsdp_version 2`; found FSDP_OFFLOAD_PARAMS=true; "
        "leave out --fsdp_offload_params; found FSDP_ACTIVATION_CHECKPOINTING=true; leave it out and set "
        "training.activation_checkpointing=true in the recipe"
    )


def test_a_clash_leaves_no_run_folder(values: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(tmp_path, {"gradient_accumulation_steps": 3}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(LaunchError, match=r"found gradient_accumulation_steps=3, .* training\.accumulation: 1"):
        gs.train(values)
    assert not Path(values["output"]["folder"]).exists()
