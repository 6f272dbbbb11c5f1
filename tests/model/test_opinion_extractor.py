"""The network as a whole: candidates, pairs, decoding, and what a batch must not change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from groundswell.data.opinion_batching import OpinionDocuments, OpinionWindow
from groundswell.data.opinion_targets import Elements
from groundswell.model.from_scratch import EncoderSettings, FromScratchEncoder
from groundswell.model.opinion_decoding import decode
from groundswell.model.opinion_extractor import OpinionExtractor
from groundswell.model.opinion_pairs import NUM_DISTANCES, distances
from groundswell.training.opinion_loss import opinion_loss

ALL = Elements(True, True, ("negative", "neutral", "positive"), ("FOOD", "SERVICE"), 4)
GOLD = (
    ((1, 2, 4, 4, 0, 2), (1, 2, 6, 7, 0, 0)),  # one aspect, two opinions of opposite polarity
    ((-1, -1, 0, 1, 1, 2),),  # an implicit aspect
    (),
    ((0, 0, -1, -1, 1, 0), (0, 1, 3, 3, 1, 1)),  # an implicit opinion; a span in a span
)


def windows(lengths: tuple[int, ...] = (9, 3, 1, 5)) -> list[tuple[OpinionWindow, ...]]:
    made = []
    for length, tuples in zip(lengths, GOLD, strict=True):
        every = torch.ones(length, dtype=torch.bool)
        made.append((OpinionWindow(np.arange(2, 2 + length, dtype=np.int32), every, every, tuples),))
    return made


def extractor(**given: Any) -> OpinionExtractor:
    torch.manual_seed(0)
    encoder = FromScratchEncoder(EncoderSettings("lstm", num_tokens=20, width=16, positions=16, hidden=16))
    elements = Elements(**{**ALL.__dict__, **given})
    return OpinionExtractor(encoder, elements, dropout=0.0)


def learned(**given: Any) -> tuple[OpinionExtractor, OpinionDocuments]:
    """An extractor that has learned the four texts by heart."""
    model, documents = extractor(**given), OpinionDocuments(windows(), 0)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(150):
        optimizer.zero_grad()
        opinion_loss(model.train(), documents.collate(range(4))).total.backward()
        optimizer.step()
    return model.eval(), documents


def said(model: OpinionExtractor, documents: OpinionDocuments, indices: list[int]) -> set[tuple[int, ...]]:
    batch = documents.collate(indices)
    found = decode(model(batch), model.elements, floor=0.5)
    return {(indices[one.window], *one.aspect, *one.opinion, one.category, one.polarity) for one in found}


@pytest.mark.parametrize("tagged", [False, True])
def test_learns_texts_by_heart(tagged: bool) -> None:
    """Pairs, opposite polarities, implicit spans, a span inside another (which tags cannot hold)."""
    model, documents = learned(tagged=tagged)
    expected = {(text, *gold) for text, tuples in enumerate(GOLD) for gold in tuples}
    if tagged:
        expected -= {(3, *GOLD[3][0])}
    assert said(model, documents, [0, 1, 2, 3]) >= expected - ({(3, *GOLD[3][1])} if tagged else set())
    if not tagged:
        assert said(model, documents, [0, 1, 2, 3]) == expected


def test_a_text_alone_and_in_a_batch() -> None:
    model, documents = learned()
    together = decode(model(documents.collate([0, 1, 2, 3])), model.elements)
    alone = [decode(model(documents.collate([text])), model.elements) for text in range(4)]
    by_text = [[one._replace(window=0) for one in together if one.window == text] for text in range(4)]
    for one, other in zip(alone, by_text, strict=True):
        one, other = [sorted(found, key=lambda found: found[:5]) for found in (one, other)]
        assert [found[:5] for found in one] == [found[:5] for found in other]
        assert [found.probability for found in one] == pytest.approx([found.probability for found in other], abs=1e-5)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"categories": ()}, {(0, 1, 2, 4, 4, -1, 2), (0, 1, 2, 6, 7, -1, 0)}),
        ({"categories": (), "polarities": ()}, {(0, 1, 2, 4, 4, -1, -1), (0, 1, 2, 6, 7, -1, -1)}),
        ({"opinions": False, "categories": ()}, {(0, 1, 2, -1, -1, -1, 0), (0, 1, 2, -1, -1, -1, 2)}),
        ({"opinions": False, "categories": (), "polarities": ()}, {(0, 1, 2, -1, -1, -1, -1)}),
    ],
)
def test_fewer_elements(given: dict[str, Any], what: set[tuple[int, ...]]) -> None:
    """What is left out of the elements is left out of the gold as well, as `opinion_targets` does it."""
    model = extractor(**given)
    kept = []
    for (window,) in windows():
        tuples = {
            (*gold[:2], *(gold[2:4] if model.elements.opinions else (-1, -1)), -1,
             gold[5] if model.elements.polarities else -1)
            for gold in window.tuples
        }  # fmt: skip
        kept.append((OpinionWindow(window.token_ids, window.begins, window.ends, tuple(sorted(tuples))),))
    documents = OpinionDocuments(kept, 0)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(150):
        optimizer.zero_grad()
        opinion_loss(model.train(), documents.collate(range(4))).total.backward()
        optimizer.step()
    assert {row for row in said(model.eval(), documents, [0, 1, 2, 3]) if row[0] == 0} == what


def test_the_probability_of_a_tuple() -> None:
    """The product of its parts, read off the network one by one."""
    model, documents = learned()
    found = model(documents.collate([0]))
    for one in decode(found, model.elements, floor=0.0):
        first = (found.aspects.places[0] == torch.tensor(one.aspect)).all(dim=1).nonzero()[0].item()
        second = (found.opinions.places[0] == torch.tensor(one.opinion)).all(dim=1).nonzero()[0].item()
        chance = found.pairs.polarity[0, first, second, one.polarity].sigmoid()
        chance = chance * found.pairs.category[0, first, second].softmax(dim=0).max()
        for candidates, number in ((found.aspects, first), (found.opinions, second)):
            chance = chance * (candidates.logits[0, number].sigmoid() if number else 1.0)
        likely = one.polarity == found.pairs.polarity[0, first, second].argmax().item()
        if likely or found.pairs.polarity[0, first, second, one.polarity] > 0:
            assert one.probability == pytest.approx(chance.item(), rel=1e-5)
        else:
            assert one.probability == 0  # a second polarity that the network does not believe in


def test_distances_are_symmetric_and_in_range() -> None:
    spans = torch.tensor([[[-1, -1], [0, 2], [4, 4], [40, 41], [300, 300]]])
    found = distances(spans, spans)[0]
    assert found.min() == 0
    assert found.max() < NUM_DISTANCES
    middle = (NUM_DISTANCES) // 2
    assert torch.equal(found[1:, 1:] - middle, -(found[1:, 1:] - middle).T)
    assert found[1, 2] == middle + 2  # two places from token 2 to token 4


def test_texts_without_weight_cost_nothing() -> None:
    model, documents = extractor().train(), OpinionDocuments(windows(), 0)
    loss = opinion_loss(model, documents.collate([0, 1], counted=False))
    assert (loss.total.item(), loss.num_items.item()) == (0.0, 0.0)
    parts = [opinion_loss(model, documents.collate([text])).total.item() for text in range(4)]
    assert opinion_loss(model, documents.collate(range(4))).total.item() == pytest.approx(sum(parts), rel=1e-4)
