"""Trains a tiny model and writes what came of it; run alone, or in two processes by torchrun.

two_processes.py MODEL_FOLDER OUT_FOLDER METHOD
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import Accelerator
from safetensors.torch import save_file

from groundswell.cli.main import leave
from groundswell.data.batching import Batch, Documents
from groundswell.model.classifier import TextClassifier
from groundswell.model.pretrained import load_encoder
from groundswell.model.scoring import score_documents
from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer
from groundswell.text.tokenization import TextTokenizer
from groundswell.training import shards
from groundswell.training.checkpoints import CheckpointFolder, moving_weights
from groundswell.training.loop import FitSettings, History, fit
from groundswell.training.losses import classification_loss, cross_entropy
from groundswell.training.schedules import make_schedule
from groundswell.tuning.trainable import Method, Tuning, choose_trainable

TEXTS = [
    "good food", "bad room a dark screen", "very very good battery and great service", "slow", "not good",
    "a great room " * 4, "dark", "the food the room the screen", "bad", "great battery great screen",
]  # fmt: skip
# batches of three, of one (the second process has no text then) and of two; a tail group of one batch
PLANS = [[[0, 1, 2], [3], [4, 5], [6, 7, 8], [9]], [[9, 5], [7, 1, 0], [2, 8, 3], [4], [6]]]


@dataclass(frozen=True)
class Batches:
    """Two epochs of ten texts."""

    documents: Documents

    def plan(self, epoch: int) -> list[list[int]]:
        return PLANS[epoch % 2]

    def collate(self, indices: list[int], *, counted: bool = True) -> Batch:
        return self.documents.collate(indices, counted=counted)

    def describe(self, indices: list[int]) -> str:
        return str(indices)


def steady_adamw(model: TextClassifier) -> torch.optim.Optimizer:
    """eps 1e-3, because rounding would otherwise decide the direction of weights whose gradient is zero."""
    return torch.optim.AdamW([part for part in model.parameters() if part.requires_grad], lr=1e-2, eps=1e-3)


def make_parts(folder: Path, method: Method, dropout: float = 0.0) -> tuple[TextClassifier, Documents]:
    """The same model and texts in every process."""
    torch.manual_seed(0)
    model = TextClassifier(load_encoder(folder, dropout=dropout), "attention", 2, head_dropout=dropout)
    choose_trainable(model, Tuning(method))
    tokenizer = TextTokenizer(
        PretrainedTokens(load_tokenizer(folder)), max_tokens=10, truncation="windows", window_overlap=2
    )
    windows = [text.windows for text in tokenizer(TEXTS)]
    return model, Documents(windows, torch.arange(len(TEXTS)) % 2, tokenizer.pad_id)


def train(folder: Path, method: Method, checkpoints: CheckpointFolder | None = None) -> tuple[TextClassifier, History]:
    """Two epochs of three optimizer steps each."""
    accelerator = Accelerator(cpu=True)
    model, documents = make_parts(folder, method)

    def evaluate(scored: torch.nn.Module) -> dict[str, float]:
        logits = score_documents(scored, documents, device=accelerator.device)
        assert documents.targets is not None
        return {"loss": float(torch.nn.functional.cross_entropy(logits, documents.targets))}

    history = fit(
        model, Batches(documents), classification_loss(cross_entropy()), optimizer=steady_adamw(model),
        schedule=make_schedule("linear", total_steps=6, warmup_share=0.2), accelerator=accelerator,
        settings=FitSettings(epochs=2, accumulation=2, clip_norm=0.5, metric="loss"), evaluate=evaluate,
        checkpoint_folder=checkpoints,
    )  # fmt: skip
    return model, history


def main(model_folder: str, out_folder: str, method: Method) -> None:
    """Write weights.safetensors and history.json, once."""
    out = Path(out_folder)
    model, history = train(Path(model_folder), method, CheckpointFolder(out / "checkpoints", {}))
    accelerator = Accelerator(cpu=True)
    found = CheckpointFolder(out / "checkpoints", {}).load()
    assert found is not None
    weights = moving_weights(model)
    if accelerator.is_main_process:
        save_file(weights, out / "weights.safetensors")
        numbers = {
            "processes": accelerator.num_processes, "random_states": len(found.random), "steps": history.steps,
            "items": history.items, "losses": [row["loss"] for row in history.epochs],
            "dev": [row["dev"]["loss"] for row in history.epochs], "shared_out": shards.is_shared(model),
            "checkpoint": {name: list(tensor.shape) for name, tensor in (found.weights | found.optimizer).items()},
        }  # fmt: skip
        (out / "history.json").write_text(json.dumps(numbers))
    accelerator.end_training()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])  # type: ignore[arg-type]
    leave(0)
