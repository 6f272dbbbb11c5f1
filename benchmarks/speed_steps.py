"""What each step towards fast tuning on a processor gives: training examples per second, cumulatively, in one run.

    python benchmarks/speed_steps.py [--rows 160] [--repeats 3]

MiniLM + LoRA on every linear layer, IMDB reviews at 512 tokens. Each variant keeps what the one before it changed.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace

import torch
from rows import imdb_sample, print_row
from torch import nn
from torch.nn.functional import cross_entropy

from groundswell.data.batching import Documents, shuffled_batches
from groundswell.model.base_models import find_base_model
from groundswell.model.classifier import TextClassifier
from groundswell.model.pretrained import load_encoder
from groundswell.runtime import seed_everything
from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer
from groundswell.text.tokenization import TextTokenizer
from groundswell.tuning.trainable import Tuning, choose_trainable


@dataclass(frozen=True)
class Variant:
    """A way to train; the defaults are those of a plain script."""

    name: str
    buckets: bool = False
    batch_rows: int = 4
    batch_tokens: int = 10**9
    dropout: float = 0.1
    autocast: bool = False
    frozen_dtype: torch.dtype = torch.float32
    peft_casts: bool = True
    attention: str = "sdpa"


def variants() -> list[Variant]:
    """Each adds one change to the one before it."""
    steps: list[tuple[str, dict[str, object]]] = [
        ("length buckets", {"buckets": True}),
        ("4,096 tokens a batch", {"batch_rows": 32, "batch_tokens": 4096}),
        ("no dropout in the encoder", {"dropout": 0.0}),
        ("bfloat16 autocast", {"autocast": True}),
        ("frozen weights in bfloat16", {"frozen_dtype": torch.bfloat16}),
        ("no copies of inputs to float32 in adapters", {"peft_casts": False}),
        ("text-by-text attention", {"attention": "groundswell_cpu"}),
    ]
    found = [Variant("plain: float32, 4 rows, own padding")]
    for name, change in steps:
        found.append(replace(found[-1], name=name, **change))  # type: ignore[arg-type]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=160)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    rows, _ = imdb_sample(options.rows, 2)
    base = find_base_model("minilm").folder
    tokenizer = TextTokenizer(PretrainedTokens(load_tokenizer(base)), max_tokens=512)
    windows = [text.windows for text in tokenizer([row["text"].replace("<br />", " ") for row in rows])]
    targets = torch.tensor([int(row["label"] == "pos") for row in rows])
    documents = Documents(windows, targets, tokenizer.pad_id)
    speeds: dict[str, float] = {}
    for variant in variants():
        step = make_step(variant, documents)
        batches = plan(variant, documents)
        step(batches[0])
        times = [seconds(lambda s=step, b=batches: [s(batch) for batch in b]) for _ in range(options.repeats)]
        speeds[variant.name] = round(len(documents) / statistics.median(times), 2)
    plain = next(iter(speeds.values()))
    print_row(
        "speed_steps", examples_per_second=speeds, ratio={name: round(v / plain, 2) for name, v in speeds.items()}
    )


def plan(variant: Variant, documents: Documents) -> list[list[int]]:
    """The batches of an epoch."""
    if variant.buckets:
        return shuffled_batches(
            documents.lengths, batch_tokens=variant.batch_tokens, batch_rows=variant.batch_rows, seed=0, epoch=0
        )
    order = torch.randperm(len(documents), generator=torch.Generator().manual_seed(0)).tolist()
    return [order[start : start + variant.batch_rows] for start in range(0, len(order), variant.batch_rows)]


def make_step(variant: Variant, documents: Documents) -> Callable[[list[int]], None]:
    """One optimizer step on a batch."""
    seed_everything(0)
    encoder = load_encoder(find_base_model("minilm").folder, dropout=variant.dropout)
    encoder.network.set_attn_implementation(variant.attention)  # type: ignore[operator]
    model = TextClassifier(encoder, "mean", 2)
    choose_trainable(model, Tuning("lora"), frozen_dtype=variant.frozen_dtype)
    for module in model.modules():
        if hasattr(module, "cast_input_dtype_enabled"):
            module.cast_input_dtype_enabled = variant.peft_casts  # type: ignore[assignment]
    optimizer = torch.optim.AdamW(
        [weight for weight in model.parameters() if weight.requires_grad], lr=1e-3, fused=True
    )
    model.train()

    def step(indices: list[int]) -> None:
        batch = documents.collate(indices)
        with torch.autocast("cpu", torch.bfloat16) if variant.autocast else nullcontext():
            logits = model(batch)
        cross_entropy(logits.float(), batch.targets).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def seconds(work: Callable[[], object]) -> float:
    """Seconds the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
