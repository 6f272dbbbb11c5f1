"""The tokenizer of tiny BERT-like models, and the words that every tiny tokenizer knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

WORDS = ["good", "bad", "room", "food", "very", "not", "the", "screen", "dark", "battery", "great", "service", "a"]
CJK = "很好不差屏幕太暗电池耐用的服务慢"


def wordpiece_tokenizer() -> PreTrainedTokenizerBase:
    """[CLS] text [SEP], like bert-base-chinese: words, single characters and their continuations."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = list("abcdefghijklmnopqrstuvwxyz0123456789.,![]")
    pieces = [*specials, *WORDS, *CJK, *letters, *(f"##{letter}" for letter in letters)]
    engine = Tokenizer(models.WordPiece({p: n for n, p in enumerate(dict.fromkeys(pieces))}, unk_token="[UNK]"))
    engine.normalizer = normalizers.BertNormalizer(lowercase=True)
    engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    engine.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=engine, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    )  # fmt: skip
