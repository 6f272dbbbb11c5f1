"""What holds for every neural language model: no look ahead, no look into other documents, step by step as at once."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_language_models import LSTM, MODELS, NUM_TOKENS, SHAPE, WINDOW, made, tokens

from groundswell.data.language_batch import NOT_PREDICTED, LanguageBatch
from groundswell.errors import DataError, RunFolderError
from groundswell.model import surprise
from groundswell.model.neural_lm.decoder import Decoder, rotations, turned
from groundswell.model.neural_lm.fixed_window import FixedWindow
from groundswell.model.neural_lm.recurrent_lm import RecurrentLanguageModel, document_sizes
from groundswell.model.neural_lm.saved_lm import WEIGHTS, load_language_model, save_language_model

every_model = pytest.mark.parametrize("kind", MODELS)


@every_model
@torch.inference_mode()
def test_no_token_sees_those_behind_it(kind: str) -> None:
    model, ids = made(kind), tokens(3, 12)
    before = model.logits(ids)
    for place in range(1, 12):
        changed = ids.clone()
        changed[:, place] = (changed[:, place] + 1) % NUM_TOKENS
        after = model.logits(changed)
        assert torch.equal(after[:, :place], before[:, :place])
        assert not torch.equal(after[:, place], before[:, place])


@every_model
@torch.inference_mode()
def test_packed_documents_do_not_see_each_other(kind: str) -> None:
    model = made(kind)
    sizes = [[5, 1, 6], [12], [3, 9]]
    documents = torch.tensor([[n for n, size in enumerate(row) for _ in range(size)] for row in sizes])
    ids = tokens(3, 12)
    packed = model.logits(ids, documents)
    changed = ids.clone()
    changed[0, 0] = (changed[0, 0] + 1) % NUM_TOKENS
    assert torch.equal(model.logits(changed, documents)[0, 5:], packed[0, 5:])
    for row, parts in enumerate(sizes):
        start = 0
        for size in parts:
            alone = model.logits(ids[row : row + 1, start : start + size])
            assert torch.allclose(alone[0], packed[row, start : start + size], atol=1e-5)
            start += size


@every_model
@torch.inference_mode()
def test_step_by_step_is_as_at_once(kind: str) -> None:
    model, ids = made(kind), tokens(2, 14)
    whole = model.states(ids)
    memory = model.start(2, 14)
    found = []
    for begin, end in ((0, 5), (5, 6), (6, 7), (7, 14)):
        states, memory = model.advance(ids[:, begin:end], memory)
        found.append(states)
    assert torch.allclose(torch.cat(found, dim=1), whole, atol=1e-5)


@every_model
@torch.inference_mode()
def test_the_loss_is_that_of_the_probabilities(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Summed in pieces of three places; some are not to be predicted."""
    monkeypatch.setattr(
        surprise, "places_at_once", lambda places, tokens: (slice(n, n + 3) for n in range(0, places, 3))
    )
    model, ids = made(kind), tokens(2, 11)
    targets = ids.roll(-1, dims=1)
    targets[:, -1] = NOT_PREDICTED
    targets[0, 3] = NOT_PREDICTED
    documents = torch.zeros_like(ids)
    found = model(LanguageBatch(ids, targets, documents))
    chances = model.logits(ids).softmax(dim=2)
    right = [chances[row, place, target] for row, line in enumerate(targets.tolist())
             for place, target in enumerate(line) if target >= 0]  # fmt: skip
    assert int(found.num_tokens) == len(right) == 19
    assert found.total.item() == pytest.approx(-sum(math.log(one) for one in right), rel=1e-5)


@every_model
def test_an_untrained_model_knows_nothing(kind: str) -> None:
    """ln V within two per cent, and no loss at all for a batch without targets.

    One matrix of 8 numbers a token that reads at unit scale and foresees is further from 0 by chance: 3 per cent.
    """
    torch.manual_seed(0)
    model = MODELS[kind]()
    ids = tokens(8, 16)
    batch = LanguageBatch(ids, ids.roll(-1, dims=1), torch.zeros_like(ids))
    found = model(batch)
    assert found.total.item() / int(found.num_tokens) == pytest.approx(
        math.log(NUM_TOKENS), rel=0.03 if "tied" in kind else 0.02
    )
    nothing = model(batch._replace(targets=torch.full_like(ids, NOT_PREDICTED)))
    assert (nothing.total.item(), int(nothing.num_tokens)) == (0.0, 0)


@every_model
def test_a_cycle_is_learned(kind: str) -> None:
    torch.manual_seed(0)
    model = MODELS[kind]()
    ids = (torch.arange(20) % 5 + 2).expand(4, 20)
    targets = (torch.arange(1, 21) % 5 + 2).expand(4, 20)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
    for _ in range(250):
        loss = model(LanguageBatch(ids, targets, torch.zeros_like(ids)))
        optimizer.zero_grad()
        (loss.total / loss.num_tokens).backward()
        optimizer.step()
    assert (loss.total / loss.num_tokens).item() < 0.1


def test_the_window_by_its_equation() -> None:
    """h = tanh(H (sqrt(E) C(w_t), sqrt(E) C(w_t-1), …) + d) for the third of three tokens."""
    model, ids = made("window"), tokens(1, 3)
    assert isinstance(model, FixedWindow)
    with torch.inference_mode():
        C = model.embedding.weight * WINDOW["width"] ** 0.5  # noqa: N806
        x = torch.cat([C[ids[0, 2]], C[ids[0, 1]], C[ids[0, 0]], model.before])
        h = torch.tanh(model.hidden.weight @ x + model.hidden.bias)
        assert torch.allclose(model.states(ids)[0, 2], h, atol=1e-6)


def test_rotary_scores_depend_on_the_distance_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    query, key = torch.randn(2, 1, 1, 1, 4, generator=generator)
    turns = rotations(torch.arange(40), SHAPE)
    scores = [
        float((turned(query, turns[:, place : place + 1]) * turned(key, turns[:, place - 3 : place - 2])).sum())
        for place in (3, 10, 39)
    ]
    assert scores == pytest.approx([scores[0]] * 3, abs=1e-5)


def test_the_decoder_is_a_llama_of_transformers(tmp_path: Path) -> None:
    """Same logits from the saved folder, loaded by another library; and the same text, greedy, with its cache."""
    from transformers import AutoModelForCausalLM

    model = made("decoder")
    assert isinstance(model, Decoder)
    save_language_model(model, tmp_path, begin_id=2, end_id=3)
    theirs, info = AutoModelForCausalLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    ids = tokens(2, 20)
    with torch.inference_mode():
        assert torch.allclose(theirs(ids).logits, model.logits(ids), atol=1e-4)
        again = load_language_model(tmp_path)
        assert torch.equal(again.logits(ids), model.logits(ids))
    assert again.output.weight.data_ptr() == again.embed_tokens.weight.data_ptr()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("kind", "shape"), [("window", WINDOW), ("recurrent", LSTM), ("recurrent", {**LSTM, "hidden": 8, "tied": True})]
)
def test_own_layouts_come_back_as_they_were(kind: str, shape: dict[str, Any], tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = (FixedWindow if kind == "window" else RecurrentLanguageModel)(**shape).eval()
    save_language_model(model, tmp_path, begin_id=2, end_id=3)
    again, ids = load_language_model(tmp_path), tokens(2, 9)
    assert torch.equal(again.logits(ids), model.logits(ids))
    if shape.get("tied"):
        assert again.output.weight.data_ptr() == again.embedding.weight.data_ptr()  # type: ignore[union-attr]


def test_folders_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="cannot be loaded"):
        load_language_model(tmp_path)
    model = FixedWindow(**WINDOW)
    model.shape["hidden"] = 13
    save_language_model(model, tmp_path, begin_id=2, end_id=3)
    with pytest.raises(RunFolderError, match="size mismatch"):
        load_language_model(tmp_path)


@pytest.mark.parametrize("layout", ["window", "recurrent", "tied", "decoder"])
def test_a_missing_weight_is_not_filled_with_random_numbers(layout: str, tmp_path: Path) -> None:
    """Every one of them in turn, and one too many."""
    shape = {"window": WINDOW, "recurrent": LSTM, "tied": {**WINDOW, "hidden": 8, "tied": True}}.get(layout)
    if shape is None:
        save_language_model(Decoder(SHAPE), tmp_path, begin_id=2, end_id=3)
    else:
        cell = "cell" in shape
        model = (RecurrentLanguageModel if cell else FixedWindow)(**shape)
        save_language_model(model, tmp_path, begin_id=2, end_id=3)
    whole = load_file(tmp_path / WEIGHTS)
    load_language_model(tmp_path)
    for name in whole:
        save_file({other: part for other, part in whole.items() if other != name}, tmp_path / WEIGHTS)
        with pytest.raises(RunFolderError, match="weights do not fit"):
            load_language_model(tmp_path)
    save_file({**whole, "another": torch.zeros(1)}, tmp_path / WEIGHTS)
    with pytest.raises(RunFolderError, match="weights do not fit: another"):
        load_language_model(tmp_path)


def test_more_tokens_than_the_decoder_has_places_for() -> None:
    model = made("decoder")
    with pytest.raises(DataError, match="found 65 tokens, but this model reads at most 64"):
        model.states(tokens(1, 65))
    with pytest.raises(DataError, match="70 tokens"):
        model.start(1, 70)


def test_sizes_of_documents() -> None:
    assert document_sizes(torch.tensor([[0, 0, 1], [1, 1, 1], [0, 1, 2]])) == [2, 1, 3, 1, 1, 1]
