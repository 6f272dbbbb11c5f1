"""The Transformer encoder beside torch's own layer."""

from __future__ import annotations

import torch

from groundswell.model.embedding import TokenEmbedding
from groundswell.model.transformer import Transformer, TransformerLayer


def torchs_layer(ours: TransformerLayer, width: int, heads: int) -> torch.nn.TransformerEncoderLayer:
    """torch's layer with the weights of ours."""
    theirs = torch.nn.TransformerEncoderLayer(
        width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    names = {"in_proj.": "self_attn.in_proj_", "out_proj.": "self_attn.out_proj."}
    weights = {}
    for name, weight in ours.state_dict().items():
        start = next((start for start in names if name.startswith(start)), "")
        weights[names.get(start, "") + name.removeprefix(start)] = weight
    theirs.load_state_dict(weights)
    return theirs


def test_a_layer_agrees_with_torchs() -> None:
    torch.manual_seed(0)
    ours = TransformerLayer(16, 4, 0.0)
    for parameter in ours.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    theirs = torchs_layer(ours, 16, 4).train()
    states = torch.randn(3, 6, 16)
    mask = torch.arange(6) < torch.tensor([[6], [3], [1]])
    expected = theirs(states, src_key_padding_mask=~mask)
    torch.testing.assert_close(ours(states, mask)[mask], expected[mask], atol=1e-5, rtol=1e-5)


def test_positions_tell_the_same_words_in_another_order_apart() -> None:
    torch.manual_seed(0)
    network = Transformer(TokenEmbedding(20, 16), 16, layers=1, heads=2, positions=8).eval()
    mask = torch.ones(1, 3, dtype=torch.bool)
    first, second = (network(torch.tensor([ids]), mask).mean(dim=1) for ids in ([2, 3, 4], [4, 3, 2]))
    assert not torch.allclose(first, second, atol=1e-4)


def test_a_text_of_padding_alone_is_finite_forward_and_backward() -> None:
    """All keys masked: the softmax of -inf alone would be NaN, and its gradient would reach every weight."""
    torch.manual_seed(0)
    network = Transformer(TokenEmbedding(20, 16), 16, layers=2, heads=2, positions=8)
    ids, mask = torch.randint(2, 20, (2, 5)), torch.tensor([[True, True, True, False, False], [False] * 5])
    states = network(ids, mask)
    assert states.isfinite().all()
    torch.testing.assert_close(states[0, :3], network(ids[:1, :3], mask[:1, :3])[0], atol=1e-6, rtol=0)
    states.sum().backward()
    assert all(weight.grad is None or weight.grad.isfinite().all() for weight in network.parameters())
