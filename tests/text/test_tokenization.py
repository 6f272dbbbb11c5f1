from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.text.pretrained_tokens import PretrainedTokens
from groundswell.text.tokenization import TextTokenizer

LETTERS = list("abcdefghijklmnopqrstuvwxyz")


@pytest.fixture(scope="module")
def letters() -> Any:
    """[CLS] text [SEP]; every letter is one token."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS]
    engine = Tokenizer(models.WordLevel({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    engine.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    engine.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=engine, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )


def read(tokenizer: Any, windows: tuple[Any, ...]) -> list[str]:
    return ["".join(tokenizer.convert_ids_to_tokens(window.tolist()[1:-1])) for window in windows]


@pytest.mark.parametrize(
    ("truncation", "expected"),
    [
        ("head", "abcdefgh"),
        ("tail", "stuvwxyz"),
        # a quarter of the 8 places for the beginning, three quarters for the end
        ("head_tail", "abuvwxyz"),
    ],
)
def test_cuts_by_hand(letters: Any, truncation: Any, expected: str) -> None:
    """26 letters, 10 places, two of them for [CLS] and [SEP]."""
    (found,) = TextTokenizer(PretrainedTokens(letters), max_tokens=10, truncation=truncation)([" ".join(LETTERS)])
    assert read(letters, found.windows) == [expected]
    assert len(found.windows[0]) == 10
    assert found.truncated


def test_windows_by_hand(letters: Any) -> None:
    """8 places, windows move on by 8 - 2 = 6: a-h, g-n, m-t, and s-z reaches the end."""
    (found,) = TextTokenizer(PretrainedTokens(letters), max_tokens=10, truncation="windows", window_overlap=2)(
        [" ".join(LETTERS)]
    )
    assert read(letters, found.windows) == ["abcdefgh", "ghijklmn", "mnopqrst", "stuvwxyz"]
    assert not found.truncated


@pytest.mark.parametrize("truncation", ["head", "tail", "head_tail", "windows"])
def test_a_text_that_just_fits_is_whole(letters: Any, truncation: Any) -> None:
    tokenizer = TextTokenizer(PretrainedTokens(letters), max_tokens=10, truncation=truncation, window_overlap=2)
    fits, one_more = tokenizer([" ".join(LETTERS[:8]), " ".join(LETTERS[:9])])
    assert read(letters, fits.windows) == ["abcdefgh"]
    assert not fits.truncated
    assert one_more.truncated is (truncation != "windows")


@given(
    num_tokens=st.integers(0, 120), max_tokens=st.integers(3, 40), overlap=st.integers(0, 20), data=st.data()
)  # fmt: skip
def test_windows_cover_every_token_with_the_right_overlap(
    letters: Any, num_tokens: int, max_tokens: int, overlap: int, data: st.DataObject
) -> None:
    words = data.draw(st.lists(st.sampled_from(LETTERS), min_size=num_tokens, max_size=num_tokens))
    tokenizer = TextTokenizer(
        PretrainedTokens(letters), max_tokens=max_tokens, truncation="windows", window_overlap=overlap
    )
    (found,) = tokenizer([" ".join(words)])
    pieces = read(letters, found.windows)
    shared = min(overlap, max_tokens - 3)
    text = pieces[0]
    for before, piece in pairwise(pieces):
        assert len(before) == max_tokens - 2
        assert piece[:shared] == before[len(before) - shared :]
        assert len(piece) > shared, "a window that brings nothing new"
        text += piece[shared:]
    assert text == "".join(words)
    assert max(map(len, found.windows)) <= max_tokens


@pytest.mark.parametrize("truncation", ["head", "tail", "head_tail", "windows"])
def test_a_text_of_three_times_the_limit_is_cut_and_says_so(any_tokenizer: Any, truncation: Any) -> None:
    """The limit is ours: these tokenizers have no `model_max_length` (trap T8)."""
    assert any_tokenizer.model_max_length > 10**9
    tokenizer = TextTokenizer(PretrainedTokens(any_tokenizer), max_tokens=12, truncation=truncation, window_overlap=3)
    (found,) = tokenizer(["good " * 36])
    assert {window.dtype for window in found.windows} == {np.dtype(np.int32)}
    assert max(map(len, found.windows)) == 12
    assert found.truncated is (truncation != "windows")


def expected_specials(tokenizer: Any) -> tuple[list[int], list[int]]:
    first = [] if tokenizer.cls_token_id is None else [tokenizer.cls_token_id]
    last = [] if tokenizer.sep_token_id is None else [tokenizer.sep_token_id]
    return first, last


@pytest.mark.parametrize("text", ["good food", "很好", "good " * 40])
def test_special_ids_stand_once_around_every_window(any_tokenizer: Any, text: str) -> None:
    first, last = expected_specials(any_tokenizer)
    tokenizer = TextTokenizer(PretrainedTokens(any_tokenizer), max_tokens=14, truncation="windows", window_overlap=2)
    (found,) = tokenizer([text])
    steering = {any_tokenizer.cls_token_id, any_tokenizer.sep_token_id, any_tokenizer.pad_token_id} - {None}
    for window in found.windows:
        ids = window.tolist()
        assert ids[: len(first)] == first
        assert ids[len(ids) - len(last) :] == last
        assert steering.isdisjoint(ids[len(first) : len(ids) - len(last)])


@pytest.mark.parametrize(
    "text",
    ["good [SEP] bad [CLS]", "<|endoftext|>", "</s> good <s>", "<s>good</s>bad<pad>", "[MASK][PAD]", "a <mask> b"],
)
def test_control_tokens_in_a_text_steer_nothing(any_tokenizer: Any, text: str) -> None:
    """Also where the vocabulary itself spells its control tokens, as Unigram vocabularies do (trap T5)."""
    first, last = expected_specials(any_tokenizer)
    (found,) = TextTokenizer(PretrainedTokens(any_tokenizer), max_tokens=64)([text])
    inner = found.windows[0].tolist()[len(first) : len(found.windows[0]) - len(last)]
    names = ("bos", "eos", "sep", "cls", "pad", "mask")
    controls = {getattr(any_tokenizer, f"{name}_token_id") for name in names} - {None}
    assert controls.isdisjoint(inner)
    assert inner or text == "<|endoftext|>"


def test_control_tokens_that_are_words_of_the_vocabulary_become_unknown(letters: Any) -> None:
    (found,) = TextTokenizer(PretrainedTokens(letters), max_tokens=16)(["a [SEP] b [PAD]"])
    assert found.windows[0].tolist() == [2, 4, 1, 5, 1, 3]
    assert found.unknown == 0.5


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b", "\x00\x07"])
def test_blank_texts_have_one_window_that_is_not_empty(any_tokenizer: Any, text: str) -> None:
    (found,) = TextTokenizer(PretrainedTokens(any_tokenizer), max_tokens=16)([text])
    assert len(found.windows) == 1
    assert len(found.windows[0]) >= 1
    assert not found.truncated


def test_a_text_without_tokens_and_specials_is_the_end_token(tiny_gpt2: Path) -> None:
    """GPT-2 puts nothing around a text; a window of no tokens would average to NaN."""
    from groundswell.text.pretrained_tokens import load_tokenizer

    engine = load_tokenizer(tiny_gpt2)
    (found,) = TextTokenizer(PretrainedTokens(engine), max_tokens=16)([""])
    assert found.windows[0].tolist() == [engine.eos_token_id]
    assert found.unknown == 0.0


def test_unknown_share_by_hand(letters: Any) -> None:
    """Two of five tokens are not in the vocabulary; specials do not count."""
    (found,) = TextTokenizer(PretrainedTokens(letters), max_tokens=16)(["a 很 b 好 c"])
    assert found.unknown == 0.4


def test_an_empty_list_of_texts_gives_an_empty_list(letters: Any) -> None:
    assert TextTokenizer(PretrainedTokens(letters), max_tokens=16)([]) == []


def test_settings_left_behind_in_the_engine_do_not_matter(letters: Any) -> None:
    letters(["a b c d"], max_length=3, truncation=True, padding="max_length")
    (found,) = TextTokenizer(PretrainedTokens(letters), max_tokens=16)(["a b c d"])
    assert read(letters, found.windows) == ["abcd"]


def test_threads_that_share_a_tokenizer_get_their_own_answers(letters: Any) -> None:
    tokenizers = [TextTokenizer(PretrainedTokens(letters), max_tokens=4 + number) for number in range(4)]
    text = " ".join(LETTERS)
    wrong: list[int] = []

    def hammer(number: int) -> None:
        for _ in range(200):
            (found,) = tokenizers[number]([text])
            if len(found.windows[0]) != 4 + number:
                wrong.append(number)

    threads = [threading.Thread(target=hammer, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
