"""Where the tokens of a text stand in it."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

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
PIECES = [
    "good ", " food", "room", "很好", "屏幕", "ＧＯＯＤ", "e\u0301", "É", "ﬁne", "👍", "\r\n", "\ufeff", "\u3000",
    "<s>", "👨\u200d👩\u200d👧", "[SEP]", "İ", "ß", "!", "  ",
]  # fmt: skip
DRAW = random.Random(0)
HOSTILE = ["".join(DRAW.choices(PIECES, k=DRAW.randint(1, 12))) for _ in range(300)]
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


def test_tokens_of_every_kind_cover_the_text_and_no_blanks(any_tokenizer: Any) -> None:
    """Byte-level pieces carry the blank before them, and each byte of a character has the place of the whole."""
    normalizer = any_tokenizer.backend_tokenizer.normalizer
    for text, tokens in zip(HOSTILE, read_by(any_tokenizer).located(HOSTILE), strict=True):
        places = sorted({(start, end) for start, end in tokens.places[0].tolist() if start < end})
        assert all(not text[start].isspace() and not text[end - 1].isspace() for start, end in places)
        # the blank that metaspace puts before a text stands where the text begins
        assert all(one[1] <= other[0] or one[0] == other[0] == 0 for one, other in pairwise(places))
        covered = {place for start, end in places for place in range(start, end)}
        for place in set(range(len(text))) - covered:
            shown = text[place] if normalizer is None else normalizer.normalize_str(text[place])
            assert not shown.strip(), f"{text!r} loses character {place}"


def test_tokens_stand_where_they_are_spelt(any_tokenizer: Any) -> None:
    """In lower case and without accents: what is read is what stands at the place in the text as received."""
    engine, unknown = any_tokenizer.backend_tokenizer, any_tokenizer.unk_token_id
    told = 0
    for text, tokens in zip(HOSTILE, read_by(any_tokenizer).located(HOSTILE), strict=True):
        spelt: dict[tuple[int, int], list[int]] = {}
        for found, (start, end) in zip(tokens.windows[0].tolist(), tokens.places[0].tolist(), strict=True):
            if start < end:
                spelt.setdefault((start, end), []).append(found)
        for (start, end), ids in spelt.items():
            pieces = "".join(engine.id_to_token(one) for one in ids).replace("##", "").replace("▁", "")
            read = pieces if engine.decoder is None else engine.decode(ids).strip()
            if unknown not in ids and read:  # metaspace alone is the blank that was put before the text
                here = text[start:end]
                shown = here if engine.normalizer is None else engine.normalizer.normalize_str(here)
                assert read == shown.strip(), (text, start, end)
                told += 1
    assert told > 300


def read_by(tokenizer: Any) -> TextTokenizer:
    return TextTokenizer(PretrainedTokens(tokenizer), max_tokens=200)


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
