"""A text falls into tokens; none is lost, none is blank."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.text.own_tokens import learn_tokens
from groundswell.text.segmentation import Segmentation, TokenKind

TEXT = "房间很大，服务好 I isn't sad!! 3.5"
CORPUS = ["房间很大，服务好", "the room is big", "service is good, the room is not", "服务很好，房间不大"] * 3


def kinds() -> list[Any]:
    """One segmentation of each kind."""
    learned = [learn_tokens(CORPUS, kind, min_count=1, max_size=60).segmentation for kind in ("bpe", "unigram")]
    own: list[TokenKind] = ["words", "jieba", "characters", "blanks"]
    return [*map(Segmentation, own), *learned]


def test_words_by_hand() -> None:
    """Chinese clauses are no words, and single characters are kept (trap T9)."""
    expected = ["房", "间", "很", "大", "，", "服", "务", "好", "I", "isn't", "sad", "!", "!", "3", ".", "5"]
    assert Segmentation("words")([TEXT]) == [expected]


def test_chinese_words_by_dictionary() -> None:
    expected = ["房间", "很大", "，", "服务", "好", "I", "isn't", "sad", "!", "!", "3", ".", "5"]
    assert Segmentation("jieba")([TEXT]) == [expected]


def test_the_users_words_stay_whole() -> None:
    text = "蓝瘦香菇真好吃"
    assert "蓝瘦香菇" not in Segmentation("jieba")([text])[0]
    assert "蓝瘦香菇" in Segmentation("jieba", ("蓝瘦香菇",))([text])[0]


def test_characters_by_hand() -> None:
    assert Segmentation("characters")(["很 大ok"]) == [["很", "大", "o", "k"]]


def test_what_is_cut_already_stays_as_it_is() -> None:
    assert Segmentation("blanks")([" 3 @-@ year\told\u3000<unk> "]) == [["3", "@-@", "year", "old", "<unk>"]]


@pytest.mark.parametrize("segmentation", kinds(), ids=lambda found: found.kind)
@pytest.mark.parametrize("text", ["", " \n\t\u3000"])
def test_blank_texts_have_no_tokens(segmentation: Segmentation, text: str) -> None:
    assert [token for token in segmentation([text])[0] if token.strip(" ▁")] == []


@pytest.mark.parametrize("kind", ["words", "jieba", "characters"])
@settings(deadline=None)  # the first call reads jieba's dictionary
@given(text=st.text(alphabet=st.sampled_from("ab'’很好不 ，.!\n3é😀\u0301"), max_size=40))
def test_tokens_are_the_text_without_blanks(kind: Any, text: str) -> None:
    (tokens,) = Segmentation(kind)([text])
    assert "".join(tokens) == "".join(text.split())
    assert all(token == token.strip() and token for token in tokens)


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_learned_pieces_spell_words_they_have_not_seen(kind: Any) -> None:
    tokens = learn_tokens(CORPUS, kind, min_count=1, max_size=60)
    (pieces,) = tokens.segmentation(["rooms"])
    assert "".join(pieces).replace("▁", "") == "rooms"
    assert len(pieces) > 1
    assert 1 not in tokens.ids(["rooms"])[0]


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_a_written_mark_is_text(kind: Any) -> None:
    tokens = learn_tokens([*CORPUS, "<unk>"], kind, min_count=1, max_size=80)
    (pieces,) = tokens.segmentation(["<unk>"])
    assert len(pieces) > 1


def test_pieces_are_learned_the_same_twice() -> None:
    first, second = (learn_tokens(CORPUS, "bpe", min_count=1, max_size=60) for _ in range(2))
    assert first.sha256 == second.sha256


LEARN = """
import sys
from groundswell.text.own_tokens import learn_tokens
texts = ["房间很大，服务好", "the room is big", "service is good, the room is not", "服务很好，房间不大"] * 3
for kind in ("words", "characters", "bpe"):
    sys.stdout.write(learn_tokens(texts, kind, min_count=1, max_size=60).sha256 + " ")
"""


def test_another_process_learns_the_same_tokens() -> None:
    """Whatever the order of its sets; Unigram, which does not, is learned once and kept."""
    found = {
        subprocess.run(
            [sys.executable, "-c", LEARN], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(found) == 1
    own = [learn_tokens(CORPUS, kind, min_count=1, max_size=60).sha256 for kind in ("words", "characters", "bpe")]
    assert found.pop().split() == own
