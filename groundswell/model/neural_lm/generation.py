"""Text from a neural language model: token after token, each read once; drawn, or the best of several beams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from groundswell.errors import DataError
from groundswell.model.neural_lm.language_model import LanguageModel
from groundswell.model.sampling import Sampling, check_sampling, draw, kept_probs


@dataclass(frozen=True)
class Limits:
    """Where a text ends and what never stands in it.

    num_tokens   at most so many new tokens
    end_id       the token that ends a text
    forbidden    tokens that are never written
    """

    num_tokens: int
    end_id: int
    forbidden: tuple[int, ...] = ()


@dataclass(frozen=True)
class Written:
    """Tokens that go on with a text.

    ended     whether the model ended the text itself; the end is no part of the tokens
    unread    tokens at the beginning of the given text that the model has no place for
    log_prob  log P of the tokens, and of the end where there is one, as the model has it, in nats
    """

    token_ids: tuple[int, ...]
    ended: bool
    unread: int
    log_prob: float


@torch.inference_mode()
def write(
    model: LanguageModel,
    start: Sequence[int],
    limits: Limits,
    sampling: Sampling,
    on_token: Callable[[int], None] = lambda token: None,
) -> Written:
    """A text drawn token by token; the same seed gives the same tokens.

    start      what it goes on with, at least one token, such as the one that begins a text
    on_token   called with each new token as soon as it is there

    Raises DataError for a setting out of range, an empty start, or more tokens than the model has places for.
    """
    check_sampling(sampling)
    read, unread = _fitting(model, start, limits)
    random = np.random.default_rng(sampling.seed)
    memory = model.start(1, len(read) + limits.num_tokens)
    states, memory = model.advance(_row(model, read), memory)
    found: list[int] = []
    log_prob = 0.0
    ended = False
    while len(found) < limits.num_tokens and not ended:
        logs = _log_probs(model, states)[0]
        probs = logs.exp().double().cpu().numpy()
        kept = kept_probs(probs, sampling, forbidden=limits.forbidden, written=[*start, *found])
        token = draw(*kept, random)
        log_prob += float(logs[token])
        ended = token == limits.end_id
        if not ended:
            found.append(token)
            on_token(token)
            if len(found) < limits.num_tokens:
                states, memory = model.advance(_row(model, [token]), memory)
    return Written(tuple(found), ended, unread, log_prob)


@torch.inference_mode()
def beam_search(
    model: LanguageModel, start: Sequence[int], limits: Limits, *, beams: int, length_power: float = 1.0
) -> list[Written]:
    """The best texts that the search met, best first: at most `beams` of them.

    In each step every beam goes on with every token, and the `beams` most probable stay; one that ends is set aside.
    Texts are ranked by log P / (tokens + 1) ** length_power, the end counted; 0 ranks by probability alone.

    Raises DataError as `write` does.
    """
    if beams < 1:
        raise DataError(f"generation: found {beams} beams, expected at least 1. Choose another number")
    read, unread = _fitting(model, start, limits)
    memory = model.start(1, len(read) + limits.num_tokens)
    states, memory = model.advance(_row(model, read), memory)
    open_beams: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    done: list[Written] = []
    for _ in range(limits.num_tokens):
        logs = _log_probs(model, states)
        logs[:, list(limits.forbidden)] = -torch.inf
        totals = logs + torch.tensor([score for _, score in open_beams], device=logs.device).unsqueeze(1)
        done += [
            Written(tokens, True, unread, float(totals[number, limits.end_id]))
            for number, (tokens, _) in enumerate(open_beams)
            if totals[number, limits.end_id] > -torch.inf
        ]
        totals[:, limits.end_id] = -torch.inf
        best, places = totals.flatten().topk(min(beams, totals.numel()))
        real = best > -torch.inf
        rows, tokens_now = places[real] // totals.shape[1], places[real] % totals.shape[1]
        if not len(rows):
            return _ranked(done, beams, length_power)
        open_beams = [
            ((*open_beams[row][0], token), score)
            for row, token, score in zip(rows.tolist(), tokens_now.tolist(), best[real].tolist(), strict=True)
        ]
        memory = model.rows_of(memory, rows)
        if len(open_beams[0][0]) < limits.num_tokens:
            states, memory = model.advance(tokens_now.unsqueeze(1), memory)
    done += [Written(tokens, False, unread, score) for tokens, score in open_beams]
    return _ranked(done, beams, length_power)


def _ranked(found: list[Written], beams: int, length_power: float) -> list[Written]:
    return sorted(found, key=lambda one: -one.log_prob / (len(one.token_ids) + 1) ** length_power)[:beams]


def _fitting(model: LanguageModel, start: Sequence[int], limits: Limits) -> tuple[list[int], int]:
    """The end of the given tokens that leaves room for the new ones, and how many were left out."""
    if not len(start):
        raise DataError("generation: found an empty start, expected at least the token that begins a text")
    if limits.num_tokens < 1:
        raise DataError(f"generation: found {limits.num_tokens} tokens to write, expected at least 1")
    if model.positions is None:
        return list(start), 0
    room = model.positions - limits.num_tokens
    if room < 1:
        raise DataError(
            f"generation: found {limits.num_tokens:,} tokens to write, but this model reads at most "
            f"{model.positions:,} in all. Ask for fewer"
        )
    return list(start[-room:]), max(0, len(start) - room)


def _row(model: LanguageModel, tokens: Sequence[int]) -> Tensor:
    return torch.tensor([list(tokens)], device=model.output.weight.device)


def _log_probs(model: LanguageModel, states: Tensor) -> Tensor:
    """log P of every token after the last one read, (B, V)."""
    found: Tensor = model.output(states[:, -1]).float().log_softmax(dim=1)
    return found
