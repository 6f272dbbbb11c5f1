"""The peer: a plain Hugging Face Trainer script with the settings of the usual LoRA tutorial, on the same encoder."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from groundswell.model.base_models import find_base_model

IDS = {"neg": 0, "pos": 1}


@dataclass(frozen=True)
class Schedule:
    """The learning rate falls over `epochs`; training stops after `stop_after` of them or at a dev accuracy."""

    epochs: int
    stop_after: int
    stop_at: float | None = None


class EpochTimes(TrainerCallback):
    """Seconds of pure training and dev accuracy of each epoch; stops as the schedule says."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.epochs: list[dict[str, float]] = []
        self._began = 0.0

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._began = time.perf_counter()

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.epochs.append({"seconds": time.perf_counter() - self._began})

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float], **kwargs: Any) -> None:
        self.epochs[-1]["accuracy"] = metrics["eval_accuracy"]
        print(f"plain Trainer, epoch {len(self.epochs)}: {self.epochs[-1]}", file=sys.stderr)
        reached = self.schedule.stop_at is not None and metrics["eval_accuracy"] >= self.schedule.stop_at
        if reached or len(self.epochs) >= self.schedule.stop_after:
            control.should_training_stop = True


def train_peer(
    train: Sequence[dict[str, Any]],
    dev: Sequence[dict[str, Any]],
    schedule: Schedule,
    *,
    method: str,
    seed: int = 0,
) -> list[dict[str, float]]:
    """Seconds and dev accuracy of every epoch; fp32, 4 rows a batch padded to the longest, at most 512 tokens.

    method   `lora`: rank 4, alpha 32, dropout 0.01 on the query projection, rate 1e-3 (the tutorial's);
             `head`: frozen encoder, rate 1e-3
    """
    set_seed(seed)
    folder = find_base_model("minilm").folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2)
    if method == "lora":
        config = LoraConfig(task_type="SEQ_CLS", r=4, lora_alpha=32, lora_dropout=0.01, target_modules=["query"])
        model = get_peft_model(model, config)
    else:
        for parameter in model.base_model.parameters():
            parameter.requires_grad_(False)

    def prepare(rows: Sequence[dict[str, Any]]) -> Dataset:
        encoded = tokenizer([row["text"] for row in rows], truncation=True, max_length=512)
        return Dataset.from_dict({**encoded, "labels": [IDS[row["label"]] for row in rows]})

    def accuracy(found: Any) -> dict[str, float]:
        return {"accuracy": float((np.argmax(found.predictions, axis=1) == found.label_ids).mean())}

    times = EpochTimes(schedule)
    with tempfile.TemporaryDirectory() as output:
        arguments = TrainingArguments(
            output_dir=output, learning_rate=1e-3, per_device_train_batch_size=4,
            per_device_eval_batch_size=16, num_train_epochs=schedule.epochs, weight_decay=0.01, eval_strategy="epoch",
            save_strategy="no", logging_strategy="no", use_cpu=True, seed=seed, disable_tqdm=True, report_to=[],
        )  # fmt: skip
        Trainer(
            model=model, args=arguments, train_dataset=prepare(train), eval_dataset=prepare(dev),
            processing_class=tokenizer, data_collator=DataCollatorWithPadding(tokenizer), compute_metrics=accuracy,
            callbacks=[times],
        ).train()  # fmt: skip
    return times.epochs
