"""Perplexity by hand, over all tokens at once, with unknown words and ends counted."""

from __future__ import annotations

import math

import numpy as np
import pytest

from groundswell.errors import DataError
from groundswell.model.ngram import perplexity as perplexity_module
from groundswell.model.ngram.learning import NgramSettings, learn_ngrams
from groundswell.model.ngram.next_words import next_words, sentence_parts
from groundswell.model.ngram.ngram_model import NgramModel
from groundswell.model.ngram.perplexity import measure_perplexity
from groundswell.model.ngram.words import NgramWords

# p: <unk> 1/8, </s> 1/4, good 1/2, bad 1/8
FLAT = NgramModel(
    NgramWords(("<unk>", "<s>", "</s>", "good", "bad")), (),
    (np.log10(np.array([0.125, 1e-99, 0.25, 0.5, 0.125])).astype(np.float32),), (),
)  # fmt: skip


def sized(*texts: str) -> list[tuple[list[str], int]]:
    return [(text.split(), len(text.encode())) for text in texts]


def test_by_hand() -> None:
    """`good bad` (1 + 3 + 2 bits with its end), a blank text, and `nie` (3 + 2 bits): 11 bits, 2 ends, 1 unknown."""
    found = measure_perplexity(FLAT, sized("good bad", " ", "nie"))
    assert (found.num_texts, found.num_blank, found.num_tokens, found.num_unknown) == (2, 1, 3, 1)
    assert found.with_ends == pytest.approx(2 ** (11 / 5))
    assert found.without_ends == pytest.approx(2 ** (7 / 3))
    assert found.with_ends_known == pytest.approx(2 ** (8 / 4))
    assert found.num_bytes == 8 + 1 + 3 + 1
    assert found.bits_per_byte == pytest.approx(11 / 13)
    assert found.log10_prob == pytest.approx(11 * math.log10(0.5))
    assert found.sizes == (1.0,)


@pytest.mark.parametrize("block", [1, 7, 64])
def test_blocks_change_nothing(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap L5: the mean is over all tokens, not over the means of blocks."""
    texts = ["a b c", "b", "a a a a a b", "c x", "y"] * 5
    model = learn_ngrams([text.split() for text in texts[:3]], NgramSettings(3)).model
    whole = measure_perplexity(model, sized(*texts))
    monkeypatch.setattr(perplexity_module, "BLOCK_TOKENS", block)
    found = measure_perplexity(model, sized(*texts))
    for name, value in vars(whole).items():
        assert getattr(found, name) == pytest.approx(value), name


def test_perplexity_is_that_of_the_sentences_parts() -> None:
    texts = ["a b c", "b c", "a b d"]
    model = learn_ngrams([text.split() for text in texts], NgramSettings(4)).model
    logs = [sentence_parts(model, text.split()).log10_prob for text in texts]
    found = measure_perplexity(model, sized(*texts))
    assert found.with_ends == pytest.approx(10 ** (-sum(logs) / (8 + 3)))


def test_texts_without_a_word_are_refused() -> None:
    with pytest.raises(DataError, match="found 2 texts and no word in any"):
        measure_perplexity(FLAT, sized("", " "))


def test_a_sentence_is_the_product_of_its_parts() -> None:
    model = learn_ngrams([["today", "the", "room"], ["today", "the", "food"]], NgramSettings(3)).model
    found = sentence_parts(model, ["today", "the", "zoo"])
    assert [part.word for part in found.parts] == ["today", "the", "zoo", "</s>"]
    assert [part.known for part in found.parts] == [True, True, False, True]
    assert [part.context for part in found.parts] == [("<s>",), ("<s>", "today"), (), ()]
    assert found.probability == pytest.approx(math.prod(part.probability for part in found.parts))
    assert found.probability > sentence_parts(model, ["today", "zoo", "the"]).probability
    assert sentence_parts(model, []).parts[0].word == "</s>"


def test_next_words() -> None:
    model = learn_ngrams([["today", "the", "room"]] * 3 + [["today", "the", "food"]], NgramSettings(3)).model
    found = next_words(model, ["today", "the"], 3)
    assert [word for word, _ in found.words][:2] == ["room", "food"]
    assert found.unknown == ()
    everything = next_words(model, ["today", "zoo", "owl", "zoo"], 99)
    assert everything.unknown == ("zoo", "owl")
    assert sum(probability for _, probability in everything.words) == pytest.approx(1)
    assert "<s>" not in dict(everything.words)
    assert len(everything.words) == len(model.words) - 1
