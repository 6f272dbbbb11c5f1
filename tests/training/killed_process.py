"""Trains with dropout and accumulation and checkpoints after every step; kills itself where it is told to.

killed_process.py MODEL_FOLDER OUT_FOLDER KILL_AT   (number of the micro-batch, from 1; 0 for never)
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from safetensors.torch import save_file
from two_processes import Batches, make_parts

from groundswell.cli.main import leave
from groundswell.training.checkpoints import CheckpointFolder, moving_weights
from groundswell.training.loop import FitSettings, fit
from groundswell.training.losses import LossSum, classification_loss, cross_entropy
from groundswell.training.optimizer import make_adamw, parameter_groups
from groundswell.training.schedules import make_schedule


def main(model_folder: Path, out: Path, kill_at: int) -> None:
    """Go on from the newest checkpoint, if there is one, and write weights.safetensors at the end."""
    model, documents = make_parts(model_folder, "full", dropout=0.3)
    plain = classification_loss(cross_entropy())
    calls = 0

    def loss(trained: Any, batch: Any) -> LossSum:
        nonlocal calls
        calls += 1
        if calls == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return plain(trained, batch)

    resumed = (out / "checkpoints").exists()
    # a resumed run must not depend on the state its process begins with
    torch.manual_seed(99 if resumed else 5)
    groups = parameter_groups(model, learning_rate=1e-2, head_learning_rate=1e-2, weight_decay=0.01)
    accelerator = Accelerator(cpu=True)
    fit(
        model, Batches(documents), loss, optimizer=make_adamw(groups), accelerator=accelerator,
        schedule=make_schedule("cosine", total_steps=9, warmup_share=0.2),
        settings=FitSettings(epochs=3, accumulation=2, metric="loss", checkpoint_seconds=-1.0),
        evaluate=lambda scored: {"loss": 1.0 / (1 + calls)},
        checkpoint_folder=CheckpointFolder(out / "checkpoints", {}), resume=resumed,
    )  # fmt: skip
    weights = moving_weights(model)
    if accelerator.is_main_process:
        save_file(weights, out / "weights.safetensors")
    accelerator.end_training()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    leave(0)
