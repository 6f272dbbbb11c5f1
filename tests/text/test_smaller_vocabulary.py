"""Texts made of kept tokens get the same tokens from a smaller vocabulary, for each kind of tokenizer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_tokenizers import WORDS

from groundswell.errors import InputError
from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer
from groundswell.text.smaller_vocabulary import smaller_vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SEEN = ["good food", "the very bad room!", "很好 great", "screen, screen"]


def letters(tokens: PretrainedTokens, ids: list[int]) -> str:
    """What ids spell, without blanks and marks of pieces."""
    return re.sub(r"##|▁| ", "", tokens.text(ids))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(words=st.lists(st.sampled_from([*WORDS, "very", "goodness", "x", "好", "screens", "[CLS]", "</s>"]), max_size=6))
def test_texts_of_kept_tokens_keep_them(any_tokenizer: PreTrainedTokenizerBase, words: list[str]) -> None:
    whole = PretrainedTokens(any_tokenizer)
    seen = {number for ids in whole.ids(SEEN) for number in ids}
    smaller, old_ids = smaller_vocabulary(whole, seen)
    text = " ".join(words)
    (before,), (after,) = whole.ids([text]), smaller.ids([text])
    if set(before) <= set(old_ids):
        assert [old_ids[number] for number in after] == before
    assert letters(whole, before) == letters(smaller, after)


def test_seen_texts_special_tokens_and_characters_are_kept(
    any_tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    whole = PretrainedTokens(any_tokenizer)
    smaller, old_ids = smaller_vocabulary(whole, {number for ids in whole.ids(SEEN) for number in ids})
    assert len(smaller) == len(old_ids) < len(whole)
    assert old_ids == sorted(set(old_ids))
    smaller.save(tmp_path)
    loaded = PretrainedTokens(load_tokenizer(tmp_path))
    assert [[old_ids[number] for number in ids] for ids in loaded.ids(SEEN)] == whole.ids(SEEN)
    assert [old_ids[number] for number in (*loaded.prefix, *loaded.suffix)] == [*whole.prefix, *whole.suffix]
    assert old_ids[loaded.pad_id] == whole.pad_id
    assert {old_ids[number] for number in loaded.control_ids} == whole.control_ids
    assert loaded.unknown_id is not None
    assert old_ids[loaded.unknown_id] == whole.unknown_id
    for character in "aez":
        (ids,) = loaded.ids([character])
        assert loaded.unknown_id not in ids


def test_words_that_are_lost_are_spelt(any_tokenizer: PreTrainedTokenizerBase) -> None:
    whole = PretrainedTokens(any_tokenizer)
    smaller, _ = smaller_vocabulary(whole, {number for ids in whole.ids(["good"]) for number in ids})
    (before,), (after,) = whole.ids(["battery"]), smaller.ids(["battery"])
    assert len(after) > len(before)
    assert letters(smaller, after) == "battery"


def test_pieces_on_the_way_to_a_kept_one_are_kept() -> None:
    """`abc` is made of `ab` and `c`: without `ab` its letters would never be joined. `bc` is on no way and goes."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    names = ["<e>", "a", "b", "c", "ab", "bc", "abc", "ca"]
    engine = Tokenizer(
        models.BPE(
            {name: number for number, name in enumerate(names)}, [("a", "b"), ("b", "c"), ("ab", "c"), ("c", "a")]
        )
    )
    whole = PretrainedTokens(PreTrainedTokenizerFast(tokenizer_object=engine, unk_token="<e>", eos_token="<e>"))
    smaller, old_ids = smaller_vocabulary(whole, {6})
    assert [names[number] for number in old_ids] == ["<e>", "a", "b", "c", "ab", "abc"]
    assert [old_ids[number] for number in smaller.ids(["abc"])[0]] == [6]
    merges = json.loads(smaller.tokenizer.backend_tokenizer.to_str())["model"]["merges"]
    assert merges == [["a", "b"], ["ab", "c"]]


def test_marks_inside_words_are_refused() -> None:
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    engine = Tokenizer(models.BPE({"a": 0, "b</w>": 1, "<e>": 2}, [], end_of_word_suffix="</w>"))
    tokens = PretrainedTokens(PreTrainedTokenizerFast(tokenizer_object=engine, eos_token="<e>"))
    with pytest.raises(InputError, match="--vocabulary: found byte-pair encoding with marks inside or behind words"):
        smaller_vocabulary(tokens, {0})
