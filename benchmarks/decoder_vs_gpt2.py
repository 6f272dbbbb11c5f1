"""Training steps of our Transformer language model beside a same-sized GPT2LMHeadModel in a plain Trainer, by turns.

python benchmarks/decoder_vs_gpt2.py --steps 20     tokens a second, median of three turns, on random tokens
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from rows import print_row

from groundswell import runtime
from groundswell.data.language_batch import NOT_PREDICTED, LanguageBatch
from groundswell.model.neural_lm.decoder import Decoder, DecoderSettings
from groundswell.training.language_loss import language_loss
from groundswell.training.loop import FitSettings, fit
from groundswell.training.optimizer import make_adamw, parameter_groups
from groundswell.training.schedules import make_schedule

NUM_TOKENS, WIDTH, LAYERS, HEADS, LENGTH, ROWS = 10_000, 256, 6, 8, 256, 16


@dataclass(frozen=True)
class RandomBlocks:
    """Blocks of random tokens, the same for both sides."""

    token_ids: torch.Tensor

    def plan(self, epoch: int) -> list[list[int]]:
        return [list(range(begin, begin + ROWS)) for begin in range(0, len(self.token_ids), ROWS)]

    def collate(self, indices: list[int], *, counted: bool = True) -> LanguageBatch:
        ids = self.token_ids[indices]
        targets = ids.roll(-1, dims=1)
        targets[:, -1] = NOT_PREDICTED
        return LanguageBatch(ids, targets, torch.zeros_like(ids))

    def describe(self, indices: list[int]) -> str:
        return f"blocks {indices[0]} to {indices[-1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    blocks = torch.randint(2, NUM_TOKENS, (ROWS * options.steps, LENGTH), generator=torch.Generator().manual_seed(0))
    speeds: dict[str, list[float]] = {"ours": [], "theirs": []}
    sizes: dict[str, int] = {}
    for _ in range(options.turns):
        for name, train in (("ours", train_ours), ("theirs", train_theirs)):
            seconds, sizes[name] = train(blocks)
            speeds[name].append(blocks.numel() / seconds)
    ratios = [ours / theirs for ours, theirs in zip(speeds["ours"], speeds["theirs"], strict=True)]
    print_row(
        "decoder_vs_gpt2", tokens_per_second={name: [round(one) for one in found] for name, found in speeds.items()},
        ratio=round(statistics.median(ratios), 2), each=[round(ratio, 2) for ratio in ratios], parameters=sizes,
        shape={"vocabulary": NUM_TOKENS, "width": WIDTH, "layers": LAYERS, "tokens": LENGTH, "rows": ROWS},
    )  # fmt: skip


def train_ours(blocks: torch.Tensor) -> tuple[float, int]:
    """Seconds of the loop, and the number of weights."""
    AcceleratorState._reset_state(True)  # the Trainer of the turn before leaves its own precision behind
    torch.manual_seed(0)
    model = Decoder(DecoderSettings(NUM_TOKENS, WIDTH, LAYERS, HEADS, 8 * WIDTH // 3, LENGTH))
    batches = RandomBlocks(blocks)
    precision = runtime.pick_precision("auto", torch.device("cpu"))
    accelerator = Accelerator(cpu=True, mixed_precision="bf16" if precision == "bfloat16" else "no")
    groups = parameter_groups(model, learning_rate=1e-3, head_learning_rate=1e-3, weight_decay=0.01)
    history = fit(
        model, batches, language_loss, optimizer=make_adamw(groups), accelerator=accelerator,
        schedule=make_schedule("linear", total_steps=len(batches.plan(0)), warmup_share=0.1),
        settings=FitSettings(epochs=1),
    )  # fmt: skip
    return history.seconds, sum(part.numel() for part in model.parameters())


def train_theirs(blocks: torch.Tensor) -> tuple[float, int]:
    """Seconds of the Trainer's own clock, and the number of weights."""
    from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=NUM_TOKENS, n_positions=LENGTH, n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS, bos_token_id=0,
        eos_token_id=1,
    )  # fmt: skip
    model = GPT2LMHeadModel(config)
    rows: Any = [{"input_ids": row, "labels": row} for row in blocks]
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, per_device_train_batch_size=ROWS, num_train_epochs=1, learning_rate=1e-3, report_to=[],
            save_strategy="no", logging_strategy="no", use_cpu=True, disable_tqdm=True,
        )  # fmt: skip
        trainer = Trainer(model=model, args=arguments, train_dataset=rows)
        began = time.perf_counter()
        trainer.train()
        return time.perf_counter() - began, sum(part.numel() for part in model.parameters())


if __name__ == "__main__":
    main()
