"""A masked language model beside transformers' own: the same logits with the same weights, in both directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_tokenizers import wordpiece_tokenizer

from groundswell.data.corpus.document_tokens import DocumentTokens
from groundswell.data.language_batch import NOT_PREDICTED, LanguageBatch
from groundswell.errors import BaseModelError, DataError, RunFolderError
from groundswell.model.exported_language_model import export_for_transformers
from groundswell.model.fresh_bert import fresh_bert
from groundswell.model.masked_lm import MaskedLanguageModel
from groundswell.model.pretrained import load_encoder
from groundswell.model.saved_language_model import SavedLanguageModel, load_saved_language_model
from groundswell.text.pretrained_tokens import PretrainedTokens

SHAPE: dict[str, Any] = {"width": 16, "hidden": 32, "layers": 2, "heads": 2}


def tokens() -> DocumentTokens:
    return DocumentTokens(PretrainedTokens(wordpiece_tokenizer()))


def made(num_tokens: int) -> MaskedLanguageModel:
    torch.manual_seed(0)
    model = MaskedLanguageModel(fresh_bert(SHAPE, num_tokens=num_tokens, positions=32, dropout=0.0, pad_id=0)).eval()
    for part in model.parameters():
        part.data += 0.2 * torch.randn_like(part)
    return model


def batch_of(num_tokens: int) -> LanguageBatch:
    """Two documents, the second one shorter; four tokens are to be predicted."""
    ids = torch.randint(5, num_tokens, (2, 7), generator=torch.Generator().manual_seed(1))
    targets = torch.full_like(ids, NOT_PREDICTED)
    targets[0, 2], targets[0, 5], targets[1, 1], targets[1, 3] = 5, 6, 7, 8
    documents = torch.tensor([[0] * 7, [0] * 5 + [1] * 2])
    return LanguageBatch(ids, targets, documents)


@torch.inference_mode()
def test_the_cost_is_that_of_transformers_and_padding_plays_no_part(tmp_path: Path) -> None:
    from transformers import AutoModelForMaskedLM

    marks = tokens()
    model = made(len(marks))
    saved = SavedLanguageModel(model, marks, (), 32)
    (tmp_path / "model").mkdir()
    saved.save(tmp_path / "model")
    export_for_transformers(saved, tmp_path / "model", tmp_path / "out")
    theirs, info = AutoModelForMaskedLM.from_pretrained(tmp_path / "out", output_loading_info=True)
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    batch = batch_of(len(marks))
    answer = theirs(input_ids=batch.token_ids, attention_mask=(batch.documents == 0).long(), labels=batch.targets)
    found = model(batch)
    assert int(found.num_tokens) == 4
    assert found.total.item() / 4 == pytest.approx(answer.loss.item(), rel=1e-4)
    other = batch._replace(token_ids=batch.token_ids.masked_fill(batch.documents == 1, 9))
    assert model(other).total.item() == pytest.approx(found.total.item(), rel=1e-5)
    costs = model.costs(batch)
    assert costs[:, 0].sum().item() == pytest.approx(found.total.item(), rel=1e-5)
    right = answer.logits.argmax(dim=2) == batch.targets
    assert costs[:, 1:].tolist() == [[float(right[0].sum()), 2.0], [float(right[1].sum()), 2.0]]


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert"])
def test_the_head_of_a_checkpoint_is_taken_over(family: str, tmp_path: Path) -> None:
    import transformers

    sizes: dict[str, Any] = {"vocab_size": 40, "max_position_embeddings": 34}
    if family == "distilbert":
        sizes |= {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}
    else:
        sizes |= {
            "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
            "pad_token_id": 0, "layer_norm_eps": 1e-12,
        }  # fmt: skip
    config = transformers.AutoConfig.for_model(family, **sizes)
    torch.manual_seed(0)
    theirs = transformers.AutoModelForMaskedLM.from_config(config).eval()
    for part in theirs.parameters():
        part.data += 0.2 * torch.randn_like(part)
    theirs.save_pretrained(tmp_path)
    model = MaskedLanguageModel(load_encoder(tmp_path)).eval()
    assert model.take_published_head(tmp_path)
    batch = batch_of(40)
    with torch.inference_mode():
        answer = theirs(input_ids=batch.token_ids, attention_mask=(batch.documents == 0).long(), labels=batch.targets)
        assert model(batch).total.item() / 4 == pytest.approx(answer.loss.item(), rel=1e-4)


def test_a_checkpoint_without_a_head_says_so(tmp_path: Path) -> None:
    made(40).encoder.save(tmp_path)
    assert not MaskedLanguageModel(load_encoder(tmp_path)).take_published_head(tmp_path)


def test_a_saved_model_comes_back(tmp_path: Path) -> None:
    marks = tokens()
    model = made(len(marks))
    SavedLanguageModel(model, marks, ("blanks",), 32).save(tmp_path)
    again = load_saved_language_model(tmp_path)
    batch = batch_of(len(marks))
    with torch.inference_mode():
        assert torch.equal(again.model(batch).total, model(batch).total)
    assert (again.cleaning, again.max_tokens, again.tokens.mask_id) == (("blanks",), 32, marks.mask_id)
    (tmp_path / "head.safetensors").unlink()
    with pytest.raises(RunFolderError, match="head that predicts tokens is missing"):
        load_saved_language_model(tmp_path)


def test_a_vocabulary_that_does_not_match_is_refused(tmp_path: Path) -> None:
    SavedLanguageModel(made(20), tokens(), (), 32).save(tmp_path)
    with pytest.raises(BaseModelError, match=r"the tokenizer has \d+ tokens, but the model has embeddings for 20 only"):
        load_saved_language_model(tmp_path)


def test_an_export_replaces_nothing(tmp_path: Path) -> None:
    saved = SavedLanguageModel(made(len(tokens())), tokens(), (), 32)
    (tmp_path / "model").mkdir()
    saved.save(tmp_path / "model")
    with pytest.raises(RunFolderError, match="exists already"):
        export_for_transformers(saved, tmp_path / "model", tmp_path)
    (tmp_path / "model" / "tokenizer.json").unlink()
    with pytest.raises(DataError, match=r"cannot be written as a tokenizer.json"):
        export_for_transformers(saved, tmp_path / "model", tmp_path / "out")
