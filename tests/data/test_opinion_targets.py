"""Gold opinions as places of tokens and back, through cleaning, pieces of words and windows."""

from __future__ import annotations

from collections import Counter

import pytest

from groundswell.data.opinion_batching import OpinionDocuments, OpinionWindow
from groundswell.data.opinion_targets import Elements, locate, to_original, windows_of
from groundswell.text.own_tokens import learn_tokens
from groundswell.text.tokenization import TextTokenizer
from groundswell.types import Opinion, Span

ALL = Elements(True, True, ("negative", "neutral", "positive"), ("FOOD", "SERVICE"), 6)
TEXT = "<b>The noodles</b> were superb 👍 but  the staff ignored us twice."


def span(text: str, piece: str) -> Span:
    start = text.index(piece)
    return Span(piece, start, start + len(piece))


NOODLES = Opinion(span(TEXT, "noodles"), "FOOD", span(TEXT, "superb"), "positive")
STAFF = Opinion(span(TEXT, "staff"), "SERVICE", span(TEXT, "ignored us"), "negative")


def tokenizer(**given: object) -> TextTokenizer:
    return TextTokenizer(learn_tokens([TEXT], "words", min_count=1, max_size=100), **{"max_tokens": 64, **given})  # type: ignore[arg-type]


def test_tokens_by_hand() -> None:
    """The(0) noodles(1) were(2) superb(3) 👍(4) but(5) the(6) staff(7) ignored(8) us(9) twice(10) .(11)"""
    (located,) = locate([TEXT], ["html", "blanks"], tokenizer())
    lost: Counter[str] = Counter()
    (window,) = windows_of(located, [NOODLES, STAFF], ALL, lost)
    assert window.tuples == ((1, 1, 3, 3, 0, 2), (7, 7, 8, 9, 1, 0))
    assert not lost
    assert to_original(8, 9, 0, located) == STAFF.opinion
    assert to_original(1, 1, 0, located) == NOODLES.aspect


def test_elements_that_are_left_out() -> None:
    (located,) = locate([TEXT], ["html"], tokenizer())
    only = Elements(True, False, (), (), 6)
    assert windows_of(located, [NOODLES, STAFF], only, Counter())[0].tuples == (
        (1, 1, -1, -1, -1, -1),
        (7, 7, -1, -1, -1, -1),
    )


def test_implicit_spans_and_unknown_categories() -> None:
    (located,) = locate([TEXT], [], tokenizer())
    implicit = Opinion(None, "PRICE", NOODLES.opinion, "neutral")
    assert windows_of(located, [implicit], ALL, Counter())[0].tuples[0][:2] == (-1, -1)
    assert windows_of(located, [implicit], ALL, Counter())[0].tuples[0][4:] == (-1, 1)


def test_a_border_inside_a_word_takes_the_whole_word() -> None:
    (located,) = locate([TEXT], [], tokenizer())
    inside = Opinion(span(TEXT, "oodle"), None, span(TEXT, "superb 👍"), "positive")
    (window,) = windows_of(located, [inside], ALL, Counter())
    first, last, begin, end, *_ = window.tuples[0]
    assert to_original(first, last, 0, located).text == "noodles"
    assert to_original(begin, end, 0, located).text == "superb 👍"


def test_windows_share_opinions_and_count_what_lies_in_none() -> None:
    """Windows of six tokens that move on by three: 0-5, 3-8, 6-11."""
    (located,) = locate([TEXT], ["html"], tokenizer(max_tokens=6, truncation="windows", window_overlap=3))
    far = Opinion(NOODLES.aspect, None, STAFF.opinion, "negative")
    lost: Counter[str] = Counter()
    found = [window.tuples for window in windows_of(located, [NOODLES, STAFF, far], ALL, lost)]
    assert found == [((1, 1, 3, 3, 0, 2),), (), ((1, 1, 2, 3, 1, 0),)]
    assert lost == {"in no window": 1}
    assert to_original(2, 3, 2, located) == STAFF.opinion


def test_what_cannot_be_learned_is_counted() -> None:
    (located,) = locate([TEXT], ["html"], tokenizer())
    tag = Opinion(span(TEXT, "<b>"), None, NOODLES.opinion, "positive")
    long = Opinion(None, None, span(TEXT, "the staff ignored us twice"), "negative")
    lost: Counter[str] = Counter()
    windows_of(located, [tag, long], Elements(True, True, ("negative", "positive"), (), 4), lost)
    assert lost == {"removed by cleaning": 1, "span longer than 4 tokens": 1}
    (cut,) = locate([TEXT], ["html"], tokenizer(max_tokens=8))
    lost = Counter()
    windows_of(cut, [STAFF], ALL, lost)
    assert lost == {"in no window": 1}


def test_clauses_are_too_long_by_their_own_borders() -> None:
    """`ignored us` is two words, and the clause that it lies in eight tokens."""
    (located,) = locate(["Fine food, but the staff ignored us all evening."], [], tokenizer())
    ignored = Opinion(None, None, span(located.text, "ignored us"), "negative")
    lost: Counter[str] = Counter()
    for longest, found in ((8, ((-1, -1, 3, 10, -1, -1),)), (7, ())):
        clauses = Elements(True, True, (), (), longest, clauses=True)
        assert windows_of(located, [ignored], clauses, lost)[0].tuples == found
    assert lost == {"span longer than 7 tokens": 1}


def test_a_span_over_several_clauses_is_counted() -> None:
    """Only single clauses are looked for, so such a span could never be found."""
    (located,) = locate(["Fine food, but the staff ignored us all evening."], [], tokenizer())
    food = Opinion(span(located.text, "food, but"), None, None, "negative")
    lost: Counter[str] = Counter()
    assert windows_of(located, [food], Elements(True, True, (), (), 20, clauses=True), lost)[0].tuples == ()
    assert lost == {"span over several clauses": 1}
    assert windows_of(located, [food], Elements(True, True, (), (), 20), lost)[0].tuples == ((1, 3, -1, -1, -1, -1),)


def test_what_is_not_looked_for_is_no_reason() -> None:
    """The opinion words are too long, but only the aspect is asked for, and it is cut off."""
    (cut,) = locate([TEXT], ["html"], tokenizer(max_tokens=4))
    both = Opinion(span(TEXT, "staff"), None, span(TEXT, "The noodles</b> were superb"), "negative")
    lost: Counter[str] = Counter()
    windows_of(cut, [both], Elements(True, False, (), (), 2), lost)
    assert lost == {"in no window": 1}


def test_repeated_gold_is_one_tuple() -> None:
    (located,) = locate([TEXT], [], tokenizer())
    assert len(windows_of(located, [STAFF, STAFF], ALL, Counter())[0].tuples) == 1


def test_a_batch_by_hand() -> None:
    (located,) = locate([TEXT], ["html"], tokenizer(max_tokens=6, truncation="windows", window_overlap=3))
    (short,) = locate(["the staff"], [], tokenizer())
    documents = OpinionDocuments(
        [windows_of(short, [], ALL, Counter()), windows_of(located, [NOODLES, STAFF], ALL, Counter())], 0
    )
    assert documents.lengths == [(2, 1), (6, 3)]
    batch = documents.collate([1, 0])
    assert batch.token_ids.shape == (4, 6)
    assert batch.document.tolist() == [0, 0, 0, 1]
    assert batch.tuples.tolist() == [[0, 1, 1, 3, 3, 0, 2], [2, 1, 1, 2, 3, 1, 0]]
    assert batch.mask.sum(dim=1).tolist() == [6, 6, 6, 2]
    assert not batch.begins[3, 2:].any()
    assert documents.collate([0], counted=False).weights.tolist() == [0.0]


def test_a_batch_without_gold_has_no_tuples() -> None:
    (located,) = locate(["the staff"], [], tokenizer())
    windows = windows_of(located, [], ALL, Counter())
    assert OpinionDocuments([windows], 0).collate([0]).tuples.shape == (0, 7)
    assert isinstance(windows[0], OpinionWindow)


@pytest.mark.parametrize("text", ["", " ", "<br />"])
def test_a_text_without_a_token(text: str) -> None:
    (located,) = locate([text], ["html"], tokenizer())
    (window,) = windows_of(located, [], ALL, Counter())
    assert not window.begins.any()
    assert not window.ends.any()
