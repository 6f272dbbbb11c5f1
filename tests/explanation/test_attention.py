"""Attention: really handed out, one tensor for each layer, followed through the layers by hand arithmetic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_explained import TEXTS, asked, from_scratch, pretrained

from groundswell.data.batching import Documents
from groundswell.errors import BaseModelError, DataError
from groundswell.explanation.attention import attention, has_attention, rollout
from groundswell.explanation.methods import methods_of
from groundswell.representation.pooling import Pooling


def test_other_kernels_hand_out_nothing_and_say_nothing(tiny_bert: Path, make_classifier: Any) -> None:
    """The trap: asked for its attention under another kernel than eager, the network gives none of it, no error."""
    scorer = asked(pretrained(tiny_bert, make_classifier(tiny_bert)))
    network: Any = scorer.model.encoder.network
    kernel = network.config._attn_implementation
    assert kernel != "eager"
    with torch.no_grad():
        given = network(input_ids=torch.tensor([[2, 5, 3]]), output_attentions=True).attentions
    assert not any(layer is not None for layer in given or ())
    (words,) = scorer.read(["good food"])
    before = scorer.logits([_whole(words)])
    assert np.isfinite(attention(scorer, words)).all()
    assert network.config._attn_implementation == kernel
    assert torch.equal(scorer.logits([_whole(words)]), before)


@pytest.mark.parametrize("missing", ["one", "all"])
def test_attention_that_does_not_come_is_an_error(
    tiny_bert: Path, make_classifier: Any, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    scorer = asked(pretrained(tiny_bert, make_classifier(tiny_bert)))
    network: Any = scorer.model.encoder.network
    forward = type(network).forward

    def hides(self: Any, *inputs: Any, **named: Any) -> Any:
        output = forward(self, *inputs, **named)
        output.attentions = output.attentions[:1] if missing == "one" else None
        return output

    monkeypatch.setattr(type(network), "forward", hides)
    (words,) = scorer.read(["good food"])
    with pytest.raises(BaseModelError) as caught:
        attention(scorer, words)
    count = 1 if missing == "one" else 0
    assert str(caught.value) == (
        f"BertModel: found the attention of {count} layers, expected 2. Its code does not hand all of it out; use "
        "--method occlusion"
    )


def test_shares_of_words_by_hand(tiny_bert: Path, make_classifier: Any) -> None:
    """Two layers: ((A2 + I) / 2)((A1 + I) / 2), the mean of its rows, columns summed over the tokens of a word."""
    scorer = asked(pretrained(tiny_bert, make_classifier(tiny_bert)))
    (words,) = scorer.read(["good breakfast"])
    ids = torch.from_numpy(words.tokens[0].astype(np.int64))[None]
    network: Any = scorer.model.encoder.network
    network.set_attn_implementation("eager")
    with torch.no_grad():
        layers = network(input_ids=ids, output_attentions=True).attentions
    first, second = (layer[0].mean(dim=0).double() for layer in layers)
    eye = torch.eye(len(first)).double()
    flow = ((second + eye) / 2) @ ((first + eye) / 2)
    columns = flow.mean(dim=0).numpy()
    owners = words.owners[0]
    expected = [columns[owners == number].sum() for number in range(2)]
    found = attention(scorer, words)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert found.sum() + columns[owners == -1].sum() == pytest.approx(1, abs=1e-5)


def test_rollout_by_hand() -> None:
    """One layer that looks at the other token: half of each state stays its own; two such layers give one half each."""
    swap = torch.tensor([[[0.0, 1.0], [1.0, 0.0]]])
    assert rollout(swap[None])[0].tolist() == [[0.5, 0.5], [0.5, 0.5]]
    look_back = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    assert rollout(torch.stack([look_back, look_back]))[0].tolist() == [[1.0, 0.0], [0.75, 0.25]]


def test_our_own_transformer_uses_the_weights_it_hands_out() -> None:
    scorer = asked(from_scratch("transformer"))
    network: Any = scorer.model.encoder.network
    batch = Documents([words.tokens for words in scorer.read(TEXTS)], None, 0).collate(range(len(TEXTS)))
    with torch.no_grad():
        states, (weights,) = network.with_attention(batch.token_ids, batch.mask)
        torch.testing.assert_close(states, network(batch.token_ids, batch.mask))
        layer = network.layers[0]
        entry = network._entry(batch.token_ids, batch.mask)
        value = layer._parts(layer.norm1(entry))[2]
        gathered = (weights @ value).transpose(1, 2).flatten(2)
        torch.testing.assert_close(layer.out_proj(gathered), layer.attend(layer.norm1(entry), batch.mask))
    assert torch.all(weights.masked_select(~batch.mask[:, None, None, :]) == 0)
    found = attention(scorer, scorer.read(TEXTS[:1])[0])
    assert found.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", ["mean", "cls", "last", "attention"])
def test_shares_of_pooling_make_the_pooled_vector(name: Any) -> None:
    torch.manual_seed(0)
    states, mask = torch.randn(2, 4, 3), torch.tensor([[True] * 4, [True, True, False, False]])
    pooling = Pooling(name, 3)
    with torch.no_grad():
        shares = pooling.shares(states, mask)
        torch.testing.assert_close(torch.bmm(shares.unsqueeze(1), states).squeeze(1), pooling(states, mask))
    assert shares.sum(dim=1).tolist() == pytest.approx([1, 1])
    assert shares[1, 2:].tolist() == [0, 0]


def test_of_max_a_state_has_the_dimensions_it_gave() -> None:
    states = torch.tensor([[[5.0, 1.0, 1.0], [0.0, 2.0, 3.0], [9.0, 9.0, 9.0]]])
    mask = torch.tensor([[True, True, False]])
    assert Pooling("max", 3).shares(states, mask)[0].tolist() == pytest.approx([1 / 3, 2 / 3, 0])


def test_pooling_by_attention_is_attention_and_nothing_else_is() -> None:
    scorer = asked(from_scratch("lstm", "attention"))
    (words,) = scorer.read(TEXTS[:1])
    found = attention(scorer, words)
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert "attention" in methods_of(scorer)
    without = asked(from_scratch("lstm"))
    assert not has_attention(without)
    assert "attention" not in methods_of(without)
    with pytest.raises(DataError) as caught:
        attention(without, words)
    assert str(caught.value) == (
        "the model has no attention to look at, neither in its encoder nor in its pooling. Use --method occlusion"
    )


def _whole(words: Any) -> Any:
    from groundswell.explanation.word_scorer import whole

    return whole(words)
