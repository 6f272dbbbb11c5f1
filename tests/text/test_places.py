"""Where the tokens of a text stand in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.model.base_models import find_base_model
from groundswell.text.own_tokens import OwnTokens, learn_tokens
from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer
from groundswell.text.segmentation import TokenKind
from groundswell.text.tokenization import TextTokenizer

TEXTS = (
    "The noodles were superb 👍 but the staff didn't care.",
    "屏幕很亮👍。不过 battery life 很短。",
    "e\u0301te\u0301",
)
KINDS: list[TokenKind] = ["words", "jieba", "characters", "bpe", "unigram"]


@pytest.fixture(scope="module", params=KINDS)
def own(request: pytest.FixtureRequest) -> OwnTokens:
    return learn_tokens(TEXTS, request.param, min_count=1, max_size=200)


@pytest.fixture(scope="module")
def minilm() -> PretrainedTokens:
    return PretrainedTokens(load_tokenizer(find_base_model("minilm").folder))


def test_places_by_hand() -> None:
    tokens = learn_tokens(["ab"], "words", min_count=1, max_size=10)
    ((ids, places),) = tokens.located(["ab, 很ab"])
    assert places == [(0, 2), (2, 3), (4, 5), (5, 7)]
    assert ids == tokens.ids(["ab, 很ab"])[0]


def test_own_tokens_stand_where_they_are_read(own: OwnTokens) -> None:
    """Every character that is not blank belongs to exactly one token, and the tokens come in order."""
    for text, (ids, places) in zip(TEXTS, own.located(TEXTS), strict=True):
        assert len(ids) == len(places)
        covered = [place for start, end in places for place in range(start, end) if not text[place].isspace()]
        assert covered == [place for place, character in enumerate(text) if not character.isspace()]
    assert [ids for ids, _ in own.located(TEXTS)] == own.ids(TEXTS)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_pretrained_tokens_have_the_same_ids_with_places(minilm: PretrainedTokens, text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    ((ids, places),) = minilm.located([text])
    assert ids == minilm.ids([text])[0]
    assert all(0 <= start <= end <= len(text) for start, end in places)
    assert [start for start, _ in places] == sorted(start for start, _ in places)


def test_special_tokens_stand_nowhere(minilm: PretrainedTokens) -> None:
    (found,) = TextTokenizer(minilm, max_tokens=32).located(["Great noodles."])
    assert found.places[0].tolist() == [[-1, -1], [0, 5], [6, 13], [13, 14], [-1, -1]]
    (blank,) = TextTokenizer(minilm, max_tokens=32).located([" "])
    assert blank.places[0].tolist() == [[-1, -1], [-1, -1]]


@pytest.mark.parametrize("truncation", ["head", "tail", "head_tail", "windows"])
def test_windows_and_places_go_together(own: OwnTokens, truncation: str) -> None:
    tokenizer = TextTokenizer(own, max_tokens=8, truncation=truncation, window_overlap=3)  # type: ignore[arg-type]
    texts = [text * 3 for text in TEXTS]
    for text, plain, located in zip(texts, tokenizer(texts), tokenizer.located(texts), strict=True):
        assert plain.truncated == located.truncated
        for ids, same, places in zip(plain.windows, located.windows, located.places, strict=True):
            assert np.array_equal(ids, same)
            assert places.shape == (len(ids), 2)
            found = [(start, end, token) for (start, end), token in zip(places.tolist(), ids.tolist(), strict=True)]
            assert set(found) <= {(*place, token) for token, place in zip(*own.located([text])[0], strict=True)}
