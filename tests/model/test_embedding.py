"""Vectors of tokens, given or random."""

from __future__ import annotations

import torch

from groundswell.model.embedding import TokenEmbedding

NAN = float("nan")
GIVEN = torch.tensor([[NAN, NAN], [NAN, NAN], [3.0, 4.0], [0.0, 5.0]])


def test_given_vectors_stand_and_the_rest_is_of_their_length() -> None:
    torch.manual_seed(0)
    vectors = torch.cat([GIVEN, torch.full((400, 2), NAN)])
    embedding = TokenEmbedding(404, 2, vectors=vectors)
    torch.testing.assert_close(embedding.weight[2:4].detach(), GIVEN[2:4])
    lengths = embedding.weight[4:].detach().square().sum(dim=1).mean().sqrt()
    assert 4.5 < float(lengths) < 5.5
    assert not embedding.weight.isnan().any()


def test_padding_is_zero_whatever_its_id() -> None:
    embedding = TokenEmbedding(4, 2)
    found = embedding(torch.tensor([[2, 3, 3]]), torch.tensor([[True, True, False]]))
    assert found[0, 2].tolist() == [0.0, 0.0]
    assert embedding.weight[0].tolist() == [0.0, 0.0]


def test_static_vectors_do_not_move_but_are_saved() -> None:
    embedding = TokenEmbedding(4, 2, vectors=GIVEN, static=True)
    assert list(embedding.parameters()) == []
    assert "weight" in embedding.state_dict()
