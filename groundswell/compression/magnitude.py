"""Magnitude pruning: the smallest weights become 0 and stay 0 while the others are tuned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from groundswell.model.embedding import TokenEmbedding
from groundswell.model.encoder import Encoder


def zero_smallest(encoder: Encoder, share: float) -> dict[str, Tensor]:
    """Set the smallest weights of all matrices together to 0, in place; returns which stay, by the matrix's name.

    Token vectors, biases and norms are left alone. Han et al. 2015 (https://arxiv.org/abs/1506.02626), with one bound
    for all layers.

    share   of the numbers in these matrices, 0-1
    """
    matrices = dict(_matrices(encoder))
    sizes = torch.cat([weight.detach().abs().flatten() for weight in matrices.values()])
    count = round(share * len(sizes))
    if not count:
        return {name: torch.ones_like(weight, dtype=torch.bool) for name, weight in matrices.items()}
    bound = sizes.kthvalue(count).values
    kept = {name: weight.detach().abs() > bound for name, weight in matrices.items()}
    for name, weight in matrices.items():
        weight.data.mul_(kept[name])
    return kept


@contextmanager
def kept_at_zero(encoder: Encoder, kept: Mapping[str, Tensor]) -> Iterator[None]:
    """While the block runs, weights that are 0 get no gradient, so that no optimizer moves them.

    AdamW then holds moments of 0 for them, and its decay of 0 is 0.
    """
    weights = dict(encoder.named_parameters())
    handles = [weights[name].register_hook(_masked_by(mask)) for name, mask in kept.items()]  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def share_of_zeros(encoder: Encoder) -> float:
    """Which share of the numbers in the encoder's matrices is 0."""
    matrices = dict(_matrices(encoder)).values()
    return sum(int((weight == 0).sum()) for weight in matrices) / max(1, sum(weight.numel() for weight in matrices))


def _matrices(encoder: Encoder) -> Iterator[tuple[str, nn.Parameter]]:
    kinds = (nn.Embedding, TokenEmbedding)
    embeddings = {id(module.weight) for module in encoder.modules() if isinstance(module, kinds)}
    for name, weight in encoder.named_parameters():
        if weight.dim() > 1 and id(weight) not in embeddings:
            yield name, weight


def _masked_by(mask: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda gradient: gradient * mask.to(gradient.device)
