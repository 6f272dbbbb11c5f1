"""What every encoder trained from scratch keeps to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from groundswell.data.batching import Documents
from groundswell.errors import RunFolderError
from groundswell.model.classifier import TextClassifier
from groundswell.model.from_scratch import SETTINGS, EncoderName, EncoderSettings, FromScratchEncoder, load_from_scratch
from groundswell.text.own_tokens import learn_tokens
from groundswell.text.tokenization import TextTokenizer
from groundswell.text.vocabulary import UNKNOWN_ID

TEXTS = (
    "good food", "bad room the screen is dark", "很好", "服务太慢 not good", "slow", "it was not a fine room",
    "the battery is very very very good", "电池很耐用",
)  # fmt: skip
POOLINGS = {"bag": "mean", "cnn": "max", "transformer": "mean"}


def settings_of(kind: Any, **given: Any) -> EncoderSettings:
    """A small encoder of a kind."""
    return EncoderSettings(
        kind, num_tokens=60, width=16, positions=64, layers=2, hidden=8, heads=4, filters=6, buckets=500, **given
    )


def documents(targets: torch.Tensor | None = None, texts: Any = TEXTS) -> Documents:
    """The texts as an encoder reads them."""
    tokenizer = TextTokenizer(learn_tokens(TEXTS, "words", min_count=1, max_size=60), max_tokens=64)
    return Documents([text.windows for text in tokenizer(texts)], targets, tokenizer.pad_id)


@pytest.fixture(params=get_args(EncoderName))
def kind(request: pytest.FixtureRequest) -> str:
    """Every kind of encoder."""
    torch.manual_seed(0)
    return str(request.param)


def classifier(kind: str) -> TextClassifier:
    return TextClassifier(FromScratchEncoder(settings_of(kind)), POOLINGS.get(kind, "attention"), 2)  # type: ignore[arg-type]


def test_padding_changes_nothing(kind: str) -> None:
    model, texts = classifier(kind).eval(), documents()
    together = model(texts.collate(range(len(TEXTS))))
    alone = torch.cat([model(texts.collate([number])) for number in range(len(TEXTS))])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


def test_what_stands_at_padded_places_changes_nothing(kind: str) -> None:
    model = classifier(kind).eval()
    batch = documents().collate(range(len(TEXTS)))
    other = batch._replace(token_ids=torch.where(batch.mask, batch.token_ids, 7))
    assert torch.equal(model(batch), model(other))


def test_states_are_finite_and_as_wide_as_said(kind: str) -> None:
    encoder = FromScratchEncoder(settings_of(kind))
    batch = documents().collate(range(len(TEXTS)))
    states = encoder(batch.token_ids, batch.mask)
    assert states.shape == (*batch.token_ids.shape, encoder.width)
    assert states[batch.mask].isfinite().all()


def test_each_kind_has_a_network_of_its_own() -> None:
    torch.manual_seed(0)
    kinds = {
        kind: [type(part) for part in FromScratchEncoder(settings_of(kind)).modules()] for kind in get_args(EncoderName)
    }
    assert len({tuple(parts) for parts in kinds.values()}) == len(kinds)


def test_saved_and_loaded_gives_the_same_bits(kind: str, tmp_path: Path) -> None:
    encoder = FromScratchEncoder(settings_of(kind, static=kind == "cnn")).eval()
    encoder.save(tmp_path)
    loaded = load_from_scratch(tmp_path).eval()
    batch = documents().collate(range(len(TEXTS)))
    assert loaded.settings == encoder.settings
    assert torch.equal(encoder(batch.token_ids, batch.mask), loaded(batch.token_ids, batch.mask))


def test_learns_one_batch_by_heart(kind: str) -> None:
    targets = torch.tensor([0, 1] * (len(TEXTS) // 2))
    model, batch = classifier(kind).train(), documents(targets).collate(range(len(TEXTS)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(120):
        loss = torch.nn.functional.cross_entropy(model(batch), batch.targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05


def test_every_weight_gets_a_gradient(kind: str) -> None:
    """Rows of tokens that do not occur excepted."""
    model = classifier(kind).train()
    batch = documents(torch.tensor([0, 1] * 4)).collate(range(len(TEXTS)))
    torch.nn.functional.cross_entropy(model(batch), batch.targets).backward()
    silent = [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert silent == []


def test_dropout_acts_in_training_only(kind: str) -> None:
    encoder = FromScratchEncoder(settings_of(kind, dropout=0.5))
    batch = documents().collate(range(len(TEXTS)))
    first, second = (encoder.train()(batch.token_ids, batch.mask) for _ in range(2))
    assert not torch.equal(first, second)
    first, second = (encoder.eval()(batch.token_ids, batch.mask) for _ in range(2))
    assert torch.equal(first, second)


def test_without_dropout_training_computes_what_scoring_does(kind: str) -> None:
    model, batch = classifier(kind), documents().collate(range(len(TEXTS)))
    torch.testing.assert_close(model.train()(batch), model.eval()(batch), atol=1e-6, rtol=0)


def test_given_vectors_are_the_first_states_of_a_bag() -> None:
    vectors = torch.randn(60, 16)
    encoder = FromScratchEncoder(settings_of("bag", ngrams=1), vectors).eval()
    ids = torch.tensor([[5, 9]])
    assert torch.equal(encoder(ids, torch.ones(1, 2, dtype=torch.bool))[0], vectors[[5, 9]])


def test_a_damaged_folder_is_named(tmp_path: Path) -> None:
    FromScratchEncoder(settings_of("cnn")).save(tmp_path)
    settings = json.loads((tmp_path / SETTINGS).read_text(encoding="utf-8"))
    (tmp_path / SETTINGS).write_text(json.dumps({**settings, "filters": 7}), encoding="utf-8")
    with pytest.raises(RunFolderError, match="the encoder cannot be loaded"):
        load_from_scratch(tmp_path)


def test_tokens_are_left_out_while_training_only(kind: str) -> None:
    """Which are read as unknown shows in what the embedding is asked for."""
    encoder, batch = FromScratchEncoder(settings_of(kind, token_dropout=0.4)), documents().collate(range(len(TEXTS)))
    asked: list[torch.Tensor] = []
    encoder.network.embedding.register_forward_pre_hook(lambda _, given: asked.append(given[0]))  # type: ignore[union-attr]
    for _ in range(100):
        encoder(batch.token_ids, batch.mask)
    drawn = torch.stack(asked)
    left_out = drawn != batch.token_ids
    assert (drawn[left_out] == UNKNOWN_ID).all()
    assert not (left_out & ~batch.mask).any()
    # 100 draws of every real token: the share is 0.4 within four standard errors.
    share, draws = left_out[:, batch.mask].double().mean().item(), 100 * int(batch.mask.sum())
    assert abs(share - 0.4) < 4 * (0.24 / draws) ** 0.5
    encoder.eval()(batch.token_ids, batch.mask)
    assert torch.equal(asked[-1], batch.token_ids)
