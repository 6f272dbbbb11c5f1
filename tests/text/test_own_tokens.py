"""Learned tokens are saved and loaded whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from groundswell.errors import RunFolderError
from groundswell.text.own_tokens import VOCABULARY, learn_tokens, load_tokens
from groundswell.text.tokenization import TextTokenizer

TEXTS = ["the room is good", "服务很好 the room", "not good, not bad", "房间不好 not"]


@pytest.mark.parametrize("kind", ["words", "jieba", "characters", "bpe", "unigram"])
def test_the_same_ids_after_loading(tmp_path: Path, kind: Any) -> None:
    tokens = learn_tokens(TEXTS, kind, min_count=1, max_size=60, user_words=("房间不好",) if kind == "jieba" else ())
    tokens.save(tmp_path)
    loaded = load_tokens(tmp_path)
    assert loaded.sha256 == tokens.sha256
    assert loaded.ids(["房间不好 the best", ""]) == tokens.ids(["房间不好 the best", ""])


def test_windows_and_the_unknown_share() -> None:
    """Nothing stands around a text; `best` and `view` are two unknown tokens of five."""
    tokenizer = TextTokenizer(learn_tokens(TEXTS, "words", min_count=1, max_size=60), max_tokens=4)
    (found,) = tokenizer(["the best room is view"])
    assert found.truncated
    assert len(found.windows[0]) == 4
    assert found.unknown == 2 / 5


def test_a_text_without_tokens_is_one_unknown_token() -> None:
    (found,) = TextTokenizer(learn_tokens(TEXTS, "words", min_count=1, max_size=60), max_tokens=8)([" "])
    assert found.windows[0].tolist() == [1]
    assert found.unknown == 0.0


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / VOCABULARY).write_text("{", encoding="utf-8")
    with pytest.raises(RunFolderError, match="cannot be read"):
        load_tokens(tmp_path)


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_numbers_of_the_engine_become_the_ids_of_the_pieces(kind: Any) -> None:
    """By table, piece by piece: also where pieces are missing in the vocabulary or a text holds what nobody knows."""
    texts = [*TEXTS, "rooms 龙👍🏽 <unk> <pad>", "", " \n"]
    for max_size in (15 if kind == "bpe" else 40, 60):
        tokens = learn_tokens(TEXTS, kind, min_count=1, max_size=max_size)
        engine = tokens.segmentation.learned
        assert engine is not None
        by_name = [tokens.vocabulary.ids(encoding.tokens) for encoding in engine._engine.encode_batch(texts)]
        assert tokens.ids(texts) == by_name
        assert 1 in tokens.ids(["龙"])[0]


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_a_line_break_is_a_blank_in_sentences(kind: Any) -> None:
    tokens = learn_tokens(TEXTS, kind, min_count=1, max_size=60)
    assert tokens.ids(["the\nroom"]) == tokens.ids(["the room"])
