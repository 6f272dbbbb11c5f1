"""What a training will cost in memory and time, from a few numbers, before any of it is done.

Memory in bytes, with P weights, M of them moving, c bytes of a number in a computation (4, or 2 in bfloat16), n tokens
in a micro-batch, and L layers that gradients pass through, each of which leaves `a` numbers per token. For width D and
inner width F that is about 8 D + 2 F: four of the attention, two norms with their inputs, the inner states before and
after their function.

    weights     4 M + c (P - M)       what is frozen is kept in the numbers it is computed in
    gradients   4 M
    optimizer   8 M                   AdamW's two moments
    best        4 M                   the weights of the best epoch
    activations c n (L a + 3 D)       or, computed again: c n (L D + a + 3 D); 3 D are of the embeddings

The last is at least what scoring the dev texts takes, c (4 D + 2 F) for each of 8,192 tokens; a processor holds on to
twice as much, and to 0.3 GB of kernels in bfloat16. Processes that share weights out divide the first four.

Time in seconds: every token goes forwards through N_f weights (2 N_f products and sums), its gradient back through N_b
(2 N_b) and into the N_w that move (2 N_w), which makes the usual 6 N when all are moved and about 4 N for low-rank
updates; attention to T tokens adds 4 T D forwards and 8 T D backwards in a layer. Computing activations again adds one
pass forwards. What AdamW, clipping and the gradients move through memory, 56 bytes a weight and step, is added:

    seconds     tokens (2 N_f + 2 N_b + 2 N_w + 12 L T D) / (share * speed) + steps * 56 M / bandwidth

speed (a matrix product) and bandwidth (a copy) are measured on this machine; `share` is what a training reaches of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import nn

from groundswell.model.embedding import TokenEmbedding
from groundswell.model.encoded_model import EncodedModel
from groundswell.model.masked_lm import MaskedLanguageModel
from groundswell.model.neural_lm.language_model import LanguageModel

SCORED_TOKENS = 8192  # of a batch whose scores are measured, see `model.scoring`
MOVED_BYTES = 56  # AdamW reads 16 and writes 12, clipping and scaling read and write 20, the gradient itself is 8
MEASURED_SECONDS = 0.1
MASKED_SHARE = 0.15  # of the tokens, which a masked language model foresees
# What was found on one processor (docs/log.md, "Estimates"), by the bytes of a number: the share of a matrix product's
# speed that a training reaches; what kernels hold that are compiled for each length of a batch, in bytes.
SHARE_REACHED = {4: 0.6, 2: 0.3}
KERNEL_BYTES = {4: 0, 2: 300_000_000}
HELD_ON_TO = 2  # the allocator of a processor keeps what batches of other lengths have freed
MIXED_BYTES = 2.5  # of a kept number in bfloat16: norms keep float32


class Weights(NamedTuple):
    """Numbers of weights, and what follows from their shapes.

    total, moving      all of them, and those that move
    forward, backward  that a token, and that its gradient, is multiplied with
    updated            those of them that move
    layers             that a gradient passes through
    width              D, of a token's state
    kept               a, numbers that a token leaves in a layer for the backward pass
    logits             V of a language model, of which it keeps two numbers for each token
    attends            whether its tokens attend to one another
    """

    total: int
    moving: int
    forward: int
    backward: int
    updated: int
    layers: int
    width: int
    kept: int
    attends: bool
    logits: int = 0


@dataclass(frozen=True)
class Work:
    """What is to be done with the weights.

    batch_tokens   padded tokens of the largest micro-batch
    tokens         padded tokens of the whole training, or None when nobody can know
    steps          of the optimizer
    text_tokens    T, of a padded text
    number_bytes   c
    recomputed     activations are computed again
    on_processor   and not on an accelerator
    processes      that share the work
    shared_out     and the weights
    """

    batch_tokens: int
    tokens: int | None
    steps: int
    text_tokens: int
    number_bytes: int
    recomputed: bool = False
    on_processor: bool = True
    processes: int = 1
    shared_out: bool = False


class Machine(NamedTuple):
    """What a process has before training, in bytes, and what a device does in a second."""

    program_bytes: int
    operations: float
    copied_bytes: float


def weigh(model: EncodedModel | LanguageModel, first_layer: int, *, cached: bool) -> Weights:
    """The weights of a model; on the meta device they need not exist.

    first_layer   the lowest layer that moves; `cached`: what lies below it is not computed
    """
    encoder: Any = model if isinstance(model, LanguageModel) else model.encoder
    width: int = model.output.in_features if isinstance(model, LanguageModel) else encoder.width
    named, foreseen = dict(model.named_parameters()), _foreseen(model)
    looked_up = {
        id(weight)
        for module in model.modules()
        if isinstance(module, nn.Embedding | nn.EmbeddingBag | TokenEmbedding)
        for weight in module.parameters(recurse=False)
    }
    layers = list(getattr(encoder, "layers", ()))
    below = {id(weight) for layer in layers[:first_layer] for weight in layer.parameters()}
    # a matrix that both reads tokens and foresees them was looked up, but is multiplied with too
    tied = not isinstance(model, LanguageModel) or id(model.output.weight) in looked_up
    read_out = foreseen * width if tied else 0
    products = [weight for weight in named.values() if weight.dim() > 1 and id(weight) not in looked_up]
    above = [weight for weight in products if id(weight) not in below]
    moving = [weight for weight in named.values() if weight.requires_grad]
    kept = _kept_in_layer(layers[-1], width) if layers else _kept_without_layers(encoder, looked_up)
    frozen_whole = bool(layers) and first_layer == len(layers)
    return Weights(
        total=sum(weight.numel() for weight in named.values()),
        moving=sum(weight.numel() for weight in moving),
        forward=sum(weight.numel() for weight in (above if cached else products)) + read_out,
        backward=sum(weight.numel() for weight in above) + read_out,
        updated=sum(weight.numel() for weight in above if weight.requires_grad) + read_out,
        layers=max(len(layers) - first_layer, 0) if layers else int(not frozen_whole),
        width=width,
        kept=kept,
        attends=bool(layers),
        logits=foreseen,
    )


def bytes_needed(weights: Weights, work: Work, program_bytes: int) -> dict[str, int]:
    """Bytes of each part at the worst moment of the training, and their sum."""
    number, width = work.number_bytes, weights.width
    moving = 4 * weights.moving
    frozen = number * (weights.total - weights.moving)
    inner = max(weights.kept - 8 * width, 0)  # 2 F
    if work.recomputed:
        per_token = weights.layers * width + weights.kept + 3 * width
    else:
        per_token = weights.layers * weights.kept + 3 * width
    per_token += 2 * weights.logits
    scoring = SCORED_TOKENS * (4 * width + inner)
    parts = {"weights": moving + frozen, "gradients": moving, "optimizer": 2 * moving, "best_weights": moving}
    if work.shared_out:
        parts = {name: size // work.processes for name, size in parts.items()}
    batch = -(-work.batch_tokens // work.processes)
    kept = round((number if number == 4 else MIXED_BYTES) * max(batch * per_token, scoring))
    parts["activations"] = kept * (HELD_ON_TO if work.on_processor else 1)
    parts["kernels"] = KERNEL_BYTES[number] if work.on_processor else 0
    parts["program"] = program_bytes
    return {**parts, "total": sum(parts.values())}


def seconds_needed(weights: Weights, work: Work, machine: Machine) -> float | None:
    """Seconds of the training, without reading, scoring dev and saving; None when the tokens are not known."""
    if work.tokens is None:
        return None
    attention = 4 * weights.layers * work.text_tokens * weights.width if weights.attends else 0
    forward = 2 * weights.forward + attention
    per_token = forward + 2 * weights.backward + 2 * weights.updated + 2 * attention
    per_token += forward if work.recomputed else 0
    computing = work.tokens / work.processes * per_token / (SHARE_REACHED[work.number_bytes] * machine.operations)
    return computing + work.steps * MOVED_BYTES * weights.moving / machine.copied_bytes


def measure_machine(device: torch.device, dtype: torch.dtype, width: int, program_bytes: int) -> Machine:
    """The speed of a matrix product as wide as the model, and of a copy, each measured for a tenth of a second."""
    rows = torch.ones(2048, width, dtype=dtype, device=device)
    inner = torch.ones(width, 4 * width, dtype=dtype, device=device)
    product = _times_a_second(lambda: rows @ inner, device) * 2 * rows.shape[0] * inner.numel()
    block, copy = torch.ones(2, 16 * 2**20, dtype=torch.uint8, device=device).unbind()
    copied = _times_a_second(lambda: block.copy_(copy), device) * 2 * block.numel()
    return Machine(program_bytes, product, copied)


def _foreseen(model: nn.Module) -> int:
    """Logits for each token of a language model."""
    if isinstance(model, LanguageModel):
        return model.num_tokens
    return round(MASKED_SHARE * len(model.bias)) if isinstance(model, MaskedLanguageModel) else 0


def _kept_in_layer(layer: nn.Module, width: int) -> int:
    """8 D and twice the inner width for each matrix that leads there, from the shapes of a layer's own matrices."""
    named = ((name, weight) for name, weight in layer.named_parameters() if weight.dim() == 2)
    shapes = [tuple(weight.shape) for name, weight in named if "lora" not in name]
    inner = max((max(shape) for shape in shapes), default=width)
    num_inner = sum(max(shape) == inner for shape in shapes)
    return 8 * width + 2 * inner * max(num_inner - 1, 1)


def _kept_without_layers(encoder: nn.Module, looked_up: set[int]) -> int:
    """One number for each that a matrix gives, and the token's vector."""
    given = [weight.shape[0] for weight in encoder.parameters() if weight.dim() > 1 and id(weight) not in looked_up]
    vectors = [weight.shape[1] for weight in encoder.parameters() if id(weight) in looked_up]
    return sum(given) + 2 * sum(vectors)


def _times_a_second(act: Callable[[], object], device: torch.device) -> float:
    """How often something is done in a second, the best of a tenth of a second."""
    act()  # the first time takes longer
    best, end = 0.0, time.perf_counter() + MEASURED_SECONDS
    while not best or time.perf_counter() < end:
        began = time.perf_counter()
        act()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = max(best, 1 / max(time.perf_counter() - began, 1e-9))
    return best
