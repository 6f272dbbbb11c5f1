"""What transformers reads back gives our ids, whatever the text."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from groundswell.errors import DataError
from groundswell.text.own_tokens import OwnTokens, learn_segmentation, learn_tokens
from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer
from groundswell.text.segmentation import TokenKind
from groundswell.text.standard_tokenizer import write_standard_tokenizer
from groundswell.text.subwords import pieces_in
from groundswell.text.vocabulary import build_vocabulary

KINDS: tuple[TokenKind, ...] = ("bpe", "unigram", "words", "characters", "blanks")
PIECES = [
    "the", "room", "isn't", "it’s", "'", "’", "很", "好", "房间", "，", "。", "「", "〇", "々", "ＡＢ", "①", "ﬁ",
    "é", "e\u0301", "\u0300", "👍🏽", "👩\u200d💻", "𠀀", "\U00031350", "\r\n", "\n", "\r", "\t", "\x0b",
    "\x1c", "\x85", "\xa0", "\u2028", "\u3000", "\ufeff", "\u200b", " ", "  ", "_", "-", "!", "3.5",
    "٣", "Ⅷ", "▁", "<", ">", "<0x41>", "ก็", "한국", "カナ", "\U0001e030", "\x00",
]  # fmt: skip
MARKS = ["<s>", "</s>", "<mask>", "<pad>", "<unk>"]
TEXTS = [
    "The room isn't big.\nThe room is good!",
    "房间很大，服务好 I",
    "it’s 3.5 < 4 ﬁ é 👍🏽",
    "カナ 한국 _ - the room",
] * 4


def fuzzed(pieces: list[str], count: int = 1_000) -> list[str]:
    chances = random.Random(0)
    return ["".join(chances.choices(pieces, k=chances.randrange(25))) for _ in range(count)]


@dataclass
class Marked:
    tokens: OwnTokens
    mask_id: int | None

    def ids(self, texts: list[str]) -> list[list[int]]:
        return [[len(self.tokens), *found, len(self.tokens) + 1] for found in self.tokens.ids(texts)]


def learned(kind: TokenKind) -> OwnTokens:
    """As `learn_document_tokens` does it, which belongs to a later stage."""
    alphabet = ["▁", "\n", *"theroomisgd很好房间."] if kind in ("bpe", "unigram") else []
    segmentation = learn_segmentation(TEXTS, kind, size=330, alphabet=alphabet)
    pieces = pieces_in(segmentation.pieces) if segmentation.pieces else []
    return OwnTokens(segmentation, build_vocabulary(segmentation(TEXTS), min_count=1, max_size=400, always=pieces))


@pytest.fixture(scope="module", params=KINDS)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Marked, Path]:
    tokens = learned(request.param)
    marked = Marked(tokens, len(tokens) + 2)
    folder = tmp_path_factory.mktemp(request.param)
    write_standard_tokenizer(marked, folder, max_tokens=8)
    return marked, folder


def test_the_same_ids_for_1000_fuzzed_texts(written: tuple[Marked, Path]) -> None:
    marked, folder = written
    standard: Any = load_tokenizer(folder)
    texts = [*TEXTS, *fuzzed(PIECES)]
    assert standard(texts, truncation=False, verbose=False)["input_ids"] == marked.ids(texts)


def test_no_text_writes_a_mark(written: tuple[Marked, Path]) -> None:
    """T5: `<s>` and `<mask>` in a text are text, and the ids are still ours."""
    marked, folder = written
    tokens = PretrainedTokens(load_tokenizer(folder))
    size = len(marked.tokens)
    assert (tokens.prefix, tokens.suffix, tokens.pad_id, tokens.unknown_id) == ([size], [size + 1], 0, 1)
    texts = fuzzed([*PIECES, *MARKS, *MARKS], 300)
    assert tokens.ids(texts) == marked.tokens.ids(texts)
    assert not tokens.control_ids & {found for ids in tokens.ids(texts) for found in ids}


def test_every_mark_is_declared_and_long_texts_are_cut(written: tuple[Marked, Path]) -> None:
    marked, folder = written
    standard: Any = load_tokenizer(folder)
    ids = [standard.convert_tokens_to_ids(mark) for mark in ("<pad>", "<unk>", "<s>", "</s>", "<mask>")]
    size = len(marked.tokens)
    assert ids == [0, 1, size, size + 1, size + 2]
    assert set(standard.all_special_ids) == set(ids)
    cut = standard("the room is good " * 9, truncation=True)
    assert set(cut) == {"input_ids", "attention_mask"}
    assert len(cut["input_ids"]) == 8
    assert cut["input_ids"][-1] == size + 1


def test_decoding_reads_like_our_own(written: tuple[Marked, Path]) -> None:
    """But for unknown tokens, which transformers leaves out."""
    marked, folder = written
    standard: Any = load_tokenizer(folder)
    for text in [*TEXTS, *fuzzed(["the", " ", "room", "\n", "房间", "很", "好", ".", "  "], 200)]:
        (ids,) = marked.ids([text])
        if 1 not in ids:
            assert standard.decode(ids, skip_special_tokens=True) == marked.tokens.text(ids)


def test_a_masked_place_is_written_for_transformers(written: tuple[Marked, Path]) -> None:
    marked, folder = written
    ids = load_tokenizer(folder)("the <mask>", verbose=False)["input_ids"]
    assert ids[-2:] == [marked.mask_id, len(marked.tokens) + 1]


def test_without_a_mask_none_is_declared(tmp_path: Path) -> None:
    write_standard_tokenizer(Marked(learned("words"), None), tmp_path, max_tokens=8)
    assert load_tokenizer(tmp_path).mask_token_id is None


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    jieba = learn_tokens(TEXTS, "jieba", min_count=1, max_size=60)
    with pytest.raises(DataError, match=r"need jieba's dictionary.*bpe, unigram, words, characters, blanks"):
        write_standard_tokenizer(Marked(jieba, None), tmp_path, max_tokens=8)
    blanks = learn_tokens(["so <s> it goes"], "blanks", min_count=1, max_size=60)
    with pytest.raises(DataError, match="'<s>' is a word of the texts and a mark"):
        write_standard_tokenizer(Marked(blanks, None), tmp_path, max_tokens=8)
    small = OwnTokens(learned("bpe").segmentation, build_vocabulary([["the"]], min_count=1, max_size=3))
    with pytest.raises(DataError, match=r"learned pieces such as .* have no number"):
        write_standard_tokenizer(Marked(small, None), tmp_path, max_tokens=8)
    assert list(tmp_path.iterdir()) == []
