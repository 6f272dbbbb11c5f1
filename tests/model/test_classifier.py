from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import nn

from groundswell.data.batching import Batch, Documents
from groundswell.model.classifier import LinearHead
from groundswell.model.scoring import score_documents
from groundswell.representation.pooling import PoolingName

POOLINGS = get_args(PoolingName)
Make = Callable[..., Any]
CPU = torch.device("cpu")


def unpadded(documents: Documents, number: int) -> Batch:
    """One text of one window, without a single padded place."""
    (window,) = documents.windows[number]
    ids = torch.from_numpy(window).long().unsqueeze(0)
    return documents.collate([number])._replace(token_ids=ids, mask=torch.ones_like(ids, dtype=torch.bool))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_text_gives_the_same_logits_alone_padded_and_in_a_batch(
    any_tiny: Path, pooling: Any, make_classifier: Make, make_documents: Make
) -> None:
    """Trap M2; GPT-2 and Qwen2 pad with their end token (M3)."""
    model = make_classifier(any_tiny, pooling, 3).eval()
    model.head.project.weight.data.normal_()  # the first head is near zero and would hide differences
    documents = make_documents(any_tiny)
    with torch.no_grad():
        together = model(documents.collate(range(len(documents))))
        assert together.std(dim=0).min() > 1e-2, "the texts must differ for this to say anything"
        for number in range(len(documents)):
            for batch in (unpadded(documents, number), documents.collate([number])):
                torch.testing.assert_close(model(batch), together[number : number + 1], atol=1e-5, rtol=0)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_what_stands_in_padded_places_does_not_matter(
    any_tiny: Path, pooling: Any, make_classifier: Make, make_documents: Make
) -> None:
    model, batch = make_classifier(any_tiny, pooling).eval(), make_documents(any_tiny).collate(range(10))
    other = batch._replace(token_ids=batch.token_ids.masked_fill(~batch.mask, 7))
    torch.testing.assert_close(model(batch), model(other), atol=1e-6, rtol=0)


def test_last_pooling_reads_the_end_token_that_is_also_the_pad_token(
    tiny_gpt2: Path, make_classifier: Make, make_documents: Make
) -> None:
    """Trap M3: with pad = eos, a search for the last id that is no pad would read the token before."""
    model = make_classifier(tiny_gpt2, "last").eval()
    batch = make_documents(tiny_gpt2, ["good food", "the battery is very very very good"]).collate([0, 1])
    end = int(batch.mask[0].sum())
    batch.token_ids[0, end], batch.mask[0, end] = 0, True
    states = model.encoder(batch.token_ids, batch.mask)
    assert torch.equal(model.pool(batch)[0], states[0, end])


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("kind", ["gpt2", "qwen2"])
def test_an_end_token_that_is_also_the_pad_token_is_part_of_its_text(
    request: pytest.FixtureRequest, make_classifier: Make, make_documents: Make, kind: str, pooling: Any
) -> None:
    """Padded on the right with the same id, and yet pooled as the text alone; what ends without it is another text."""
    folder = request.getfixturevalue(f"tiny_{kind}")
    model = make_classifier(folder, pooling).eval()
    plain = make_documents(folder, ["good food", "the battery is very very very good", "a bad room"])
    end = plain.pad_id
    ended = Documents([(np.append(window, end),) for (window,) in plain.windows], plain.targets, end)
    together = model.pool(ended.collate([0, 1, 2]))
    for number in range(3):
        alone = unpadded(ended, number)
        assert alone.token_ids[0, -1] == end
        torch.testing.assert_close(together[number : number + 1], model.pool(alone), atol=1e-5, rtol=0)
        states = model.encoder(alone.token_ids, alone.mask)[0]
        by_hand = {"mean": states.mean(dim=0), "max": states.amax(dim=0), "last": states[-1], "cls": states[0]}
        if pooling in by_hand:
            torch.testing.assert_close(together[number], by_hand[pooling], atol=1e-5, rtol=0)
        if pooling != "cls":  # the first token of a decoder sees nothing of what follows
            assert (model.pool(unpadded(plain, number)) - together[number]).abs().max() > 1e-3


def test_windows_of_a_text_are_averaged(tiny_bert: Path, make_classifier: Make, make_documents: Make) -> None:
    model = make_classifier(tiny_bert, "mean", 3).eval()
    texts = ["good", "good food " * 9, "bad room"]
    documents = make_documents(tiny_bert, texts, max_tokens=10, truncation="windows", window_overlap=2)
    counts = [len(windows) for windows in documents.windows]
    assert counts == [1, 3, 1]
    batch = documents.collate([0, 1, 2])
    with torch.no_grad():
        each = model.head(model.pool(batch))
        expected = torch.stack([each[0], (each[1] + each[2] + each[3]) / 3, each[4]])
        torch.testing.assert_close(model(batch), expected)


def test_head_starts_near_a_uniform_guess_and_stays_float32() -> None:
    torch.manual_seed(0)
    head = LinearHead(32, 4, dropout=0.0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = head(torch.randn(50, 32))
    assert logits.dtype == torch.float32
    assert logits.softmax(dim=1).sub(0.25).abs().max() < 0.12
    assert head.project.bias.tolist() == [0.0] * 4


def test_frozen_modules_stay_in_eval_mode_while_the_rest_trains(tiny_bert: Path, make_classifier: Make) -> None:
    model = make_classifier(tiny_bert, dropout=0.5).train()
    model.keep_in_eval([model.encoder])
    assert not model.encoder.training
    assert model.head.training
    model.eval()
    model.train()
    assert not any(module.training for module in model.encoder.modules())
    assert model.head.dropout.training


def test_scores_come_in_the_order_of_the_texts(any_tiny: Path, make_classifier: Make, make_documents: Make) -> None:
    """Trap L13: every text once, in order, whatever the batches; two passes are equal."""
    model, documents = make_classifier(any_tiny, num_outputs=3, dropout=0.5).eval(), make_documents(any_tiny)
    done: list[int] = []
    found = score_documents(model, documents, device=CPU, batch_tokens=20, on_batch=done.append)
    assert found.shape == (10, 3)
    assert sum(done) == 10
    assert len(done) > 2
    assert torch.equal(found, score_documents(model, documents, device=CPU, batch_tokens=20))
    assert not found.requires_grad
    for number in range(10):
        alone = model(unpadded(documents, number))
        torch.testing.assert_close(found[number : number + 1], alone, atol=1e-5, rtol=0)


def test_scores_in_bfloat16_are_float32_numbers_near_the_exact_ones(
    tiny_bert: Path, make_classifier: Make, make_documents: Make
) -> None:
    model, documents = make_classifier(tiny_bert).eval(), make_documents(tiny_bert)
    exact = score_documents(model, documents, device=CPU)
    found = score_documents(model, documents, device=CPU, bfloat16=True)
    assert found.dtype == torch.float32
    assert not torch.equal(found, exact)
    torch.testing.assert_close(found, exact, atol=2e-2, rtol=0)


def test_no_texts_have_no_scores(tiny_bert: Path, make_documents: Make) -> None:
    documents = make_documents(tiny_bert, [], torch.zeros(0))
    assert score_documents(nn.Identity(), documents, device=CPU).shape == (0, 0)
