"""Our own tokens as a tokenizer of transformers, so that any program gives the same ids.

    tokenizer.json  tokenizer_config.json

In use, with the tokens of a corpus folder:

    write_standard_tokenizer(load_document_tokens(folder / "tokenizer"), model_folder, max_tokens=512)
    AutoTokenizer.from_pretrained(model_folder)("The room was clean.")["input_ids"]  # <s> ... </s>

Every token keeps our number: the model inside is written with our vocabulary. A `<s>` or `<mask>` that a text spells is
a control token to transformers, unless `split_special_tokens=True`; to `PretrainedTokens` it is text, as it is to us.
"""

from __future__ import annotations

import functools
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from groundswell.errors import DataError
from groundswell.text.own_tokens import OwnTokens
from groundswell.text.pretrained_tokens import PretrainedTokens
from groundswell.text.segmentation import NEEDLESS_BLANK, UNSPACED, TokenKind
from groundswell.text.subwords import BESIDE_LINE_BREAK, LINE_BREAK, WORD_MARK
from groundswell.text.vocabulary import PAD, UNKNOWN, UNKNOWN_ID

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BEGIN, END, MASK = "<s>", "</s>", "<mask>"
_NO_PIECE = "\n"  # begins no token, so that none is glued to the one before it
_BLANKS_AT_ENDS = r"\A +| +\z"  # `decoders.Strip` panics at an empty text (tokenizers 0.23.3)


class MarkedTokens(Protocol):
    """Tokens with marks around a document; own tokens have theirs behind the vocabulary: begin, end, mask."""

    @property
    def tokens(self) -> OwnTokens | PretrainedTokens: ...
    @property
    def mask_id(self) -> int | None: ...


def write_standard_tokenizer(marked: MarkedTokens, folder: Path, *, max_tokens: int) -> None:
    """Write the tokenizer into a folder; that of a pretrained model is written as it is.

    max_tokens   longest input, marks included: where `truncation=True` cuts

    Raises DataError for jieba, whose dictionary is no part of a tokenizer.json, and for a vocabulary that lacks learned
    pieces or has a word that reads like a mark.
    """
    from transformers import PreTrainedTokenizerFast

    tokens = marked.tokens
    if isinstance(tokens, PretrainedTokens):
        tokens.save(folder)
        return
    marks = [BEGIN, END] if marked.mask_id is None else [BEGIN, END, MASK]
    named = {"pad_token": PAD, "unk_token": UNKNOWN, "bos_token": BEGIN, "eos_token": END}
    named |= {} if marked.mask_id is None else {"mask_token": MASK}
    standard = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=_marked(_engine(tokens), marks, first=len(tokens)),
        model_max_length=max_tokens,
        model_input_names=["input_ids", "attention_mask"],
        clean_up_tokenization_spaces=False,
        **named,
    )
    standard.save_pretrained(folder)


def _marked(engine: Tokenizer, marks: list[str], *, first: int) -> Tokenizer:
    """The engine with its marks, numbered from `first`, of which the first two stand around every text."""
    from tokenizers import AddedToken, processors

    engine.add_special_tokens([AddedToken(mark, special=True, normalized=False) for mark in (PAD, UNKNOWN, *marks)])
    for number, mark in enumerate(marks, start=first):
        if engine.token_to_id(mark) != number:
            raise DataError(f"vocabulary: {mark!r} is a word of the texts and a mark. Remove it from the texts.")
    engine.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A {END}",
        pair=f"{BEGIN} $A {END} $B {END}",
        special_tokens=[(BEGIN, first), (END, first + 1)],
    )
    return engine


def _engine(tokens: OwnTokens) -> Tokenizer:
    """What cuts a text and numbers the tokens, and joins them again."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    kind = tokens.segmentation.kind
    if tokens.segmentation.pieces is not None:
        engine = Tokenizer.from_str(json.dumps(_renumbered(tokens, json.loads(tokens.segmentation.pieces))))
        engine.decoder = decoders.Sequence([
            decoders.Replace(WORD_MARK, " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Replace(Regex(BESIDE_LINE_BREAK), LINE_BREAK),
            decoders.Replace(Regex(_BLANKS_AT_ENDS), ""),
        ])  # fmt: skip
        return engine
    if kind == "jieba":
        raise DataError(
            "tokens of kind 'jieba' need jieba's dictionary, which a tokenizer.json cannot hold. Kinds that can be "
            "written: bpe, unigram, words, characters, blanks."
        )
    numbers = {name: number for number, name in enumerate(tokens.vocabulary.tokens)}
    engine = Tokenizer(models.WordLevel(numbers, UNKNOWN))
    engine.pre_tokenizer = pre_tokenizers.Split(Regex(_pattern(kind)), "removed", invert=True)
    engine.decoder = (
        decoders.Fuse()
        if kind == "characters"
        else decoders.Sequence([
            decoders.WordPiece(_NO_PIECE, cleanup=False),
            decoders.Fuse(),
            decoders.Replace(Regex(NEEDLESS_BLANK), ""),
        ])
    )  # fmt: skip
    return engine


def _renumbered(tokens: OwnTokens, learned: dict[str, Any]) -> dict[str, Any]:
    """Learned pieces as `tokenizers` keeps them, with the numbers of our vocabulary."""
    names, found = tokens.vocabulary.tokens, learned["model"]["vocab"]
    scores = found if isinstance(found, dict) else dict(found)
    missing = scores.keys() - set(names)
    if missing:
        raise DataError(
            f"vocabulary: {len(missing)} learned pieces such as {min(missing)!r} have no number, so that they cannot "
            "be written. Learn the tokens with a larger vocabulary."
        )
    if isinstance(found, dict):  # byte-pair encoding: the number of each piece
        learned["model"]["vocab"] = {name: number for number, name in enumerate(names)}
    else:  # Unigram: pieces and their scores in the order of their numbers; no text falls into `<pad>`
        learned["model"] |= {"vocab": [[name, scores.get(name, 0.0)] for name in names], "unk_id": UNKNOWN_ID}
    return learned | {"added_tokens": []}


def _pattern(kind: TokenKind) -> str:
    """What `segmentation` finds, with classes written out: Python and `tokenizers` know other letters and blanks."""
    blanks = _ranges(r"\s")
    if kind != "words":
        return f"[^{blanks}]" + ("+" if kind == "blanks" else "")
    letters = _ranges(rf"[^\W{UNSPACED}]")
    return rf"[{UNSPACED}]|[{letters}]+(?:['’][{letters}]+)*|[^{letters}{UNSPACED}{blanks}]"


@functools.cache
def _ranges(one: str) -> str:
    """Every character that a Python pattern matches, as the inside of a class of any other engine."""
    every = "".join(map(chr, [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]))
    runs = (match[0] for match in re.finditer(f"(?:{one})+", every))
    return "".join(rf"\x{{{ord(run[0]):x}}}-\x{{{ord(run[-1]):x}}}" for run in runs)
