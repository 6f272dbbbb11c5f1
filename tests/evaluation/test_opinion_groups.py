"""Opinions under category and aspect: counts by hand, quotes, tables, page and pictures."""

from __future__ import annotations

import csv
import io
import json

import pytest

from groundswell.data.analysed_records import AnalysedDocument
from groundswell.evaluation.aspect_names import load_names
from groundswell.evaluation.opinion_groups import OpinionGroups, group_opinions
from groundswell.evaluation.opinion_page import render_opinions
from groundswell.evaluation.opinion_picture import draw_opinions
from groundswell.evaluation.opinion_quotes import marked_pieces
from groundswell.evaluation.opinion_tables import groups_as_csv, groups_as_values, quoted
from groundswell.evaluation.opinion_wording import WORDINGS
from groundswell.evaluation.proportions import wilson
from groundswell.types import Opinion, Span

NAMES = load_names()
HOSTILE = "<script>alert(1)</script>"


def document(line: int, text: str, *opinions: Opinion, **others) -> AnalysedDocument:
    fields = {"id": f"d{line}", "language": "en", **others}
    return AnalysedDocument(line=line, text=text, opinions=opinions, **fields)


def said(text: str, aspect: str | None, words: str | None, polarity="positive", score=1.0, **others) -> Opinion:
    fields = {"category": "ROOM", "intensity": None, **others}
    return Opinion(_span(text, aspect), fields["category"], _span(text, words), polarity, score, fields["intensity"])


def _span(text: str, words: str | None) -> Span | None:
    return None if words is None else Span(words, text.index(words), text.index(words) + len(words))


def one(line: int, text: str, *parts, **others) -> AnalysedDocument:
    """A document with one opinion; `id` and `language` are the document's, the rest is the opinion's."""
    own = {name: others.pop(name) for name in ("id", "language") if name in others}
    return document(line, text, said(text, *parts, **others), **own)


FOUR = [
    one(1, "The room was big.", "room", "big", intensity=0.2),
    one(2, "My bedroom: dark, and the BEDROOM smelled.", "bedroom", "dark", "negative", 0.6, intensity=0.6),
    document(
        3,
        "Rooms fine. Pricey. Odd.",
        said("Rooms fine. Pricey. Odd.", "Rooms", "fine", "neutral", 0.8),
        said("Rooms fine. Pricey. Odd.", None, "Pricey", "negative", 0.5, category="PRICE"),
        said("Rooms fine. Pricey. Odd.", None, "Odd", "negative", 0.4),
    ),
    document(4, "Nothing to say."),
]


def test_counts_by_hand() -> None:
    """Three rooms (two texts call them otherwise), one implied price, one opinion on nothing that is known."""
    groups = group_opinions(FOUR, NAMES)
    assert [each.category for each in groups.categories] == ["ROOM", "PRICE"]
    assert (groups.overall.num_named, groups.overall.num_implied, groups.overall.num_unnamed) == (3, 1, 1)
    assert groups.overall.num_documents == 3
    room, unnamed = groups.categories[0].aspects
    assert (room.aspect, unnamed.aspect) == ("room", None)
    assert room.names == (("Rooms", 1), ("bedroom", 1), ("room", 1))
    tally = room.tally
    assert (tally.num_opinions, tally.num_documents) == (3, 3)
    assert tally.shares["positive"] == wilson(1, 3)
    assert tally.net == 0.0
    assert tally.mean_score == pytest.approx((1.0 + 0.6 + 0.8) / 3)
    assert tally.mean_intensity == pytest.approx(0.4)  # of the two that have one
    price = groups.categories[1].aspects[0]
    assert (price.aspect, price.tally.num_implied, price.tally.num_named, price.names) == ("price", 1, 0, ())
    assert price.tally.mean_intensity is None
    assert groups.counts.num_without_opinions == 1


def test_scores_below_are_left_out_and_counted() -> None:
    groups = group_opinions(FOUR, NAMES, min_score=0.6)
    assert (groups.overall.num_opinions, groups.counts.num_below) == (3, 2)
    assert [each.category for each in groups.categories] == ["ROOM"]
    assert groups.counts.num_without_opinions == 1  # a record whose opinions were left out had some


def test_errors_and_repeated_records() -> None:
    again = [
        *FOUR[:1],
        one(2, "The room was big.", "room", "big", id="d1"),  # the same record once more
        one(3, "Another room.", "room", None, id="d1"),  # another text under the id
        one(4, "The room was big.", "room", "big", id=None),  # without an id nothing can be told
        document(5, "boom", error="too long"),
    ]
    counts = group_opinions(again, NAMES).counts
    assert (counts.num_records, counts.num_errors, counts.num_repeated, counts.num_shared_ids) == (5, 1, 1, 1)
    assert group_opinions(again, NAMES).overall.num_opinions == 3


def test_unlisted_names_are_joined_by_spelling() -> None:
    texts = ["Yorkshire pud good", "yorkshire  PUD bad", "“Yorkshire pud” fine", "溫泉好"]
    found = ["Yorkshire pud", "yorkshire  PUD", "“Yorkshire pud”", "溫泉"]
    groups = group_opinions((one(n, text, found[n], None) for n, text in enumerate(texts)), NAMES)
    assert [(each.aspect, each.tally.num_opinions) for each in groups.aspects] == [("Yorkshire pud", 3), ("溫泉", 1)]


def test_an_implied_aspect_joins_a_named_one_but_is_counted_apart() -> None:
    groups = group_opinions([one(1, "The price: low", "price", "low"), one(2, "cheap", None, "cheap")], NAMES)
    (group,) = groups.aspects
    assert (group.aspect, group.tally.num_named, group.tally.num_implied) == ("price", 1, 1)


def test_quotes_show_every_polarity_then_the_surest_each_of_another_text() -> None:
    texts = [
        ("room a nice", "nice", "positive", 0.9),
        ("room b nice", "nice", "positive", 0.9),
        ("room a nice", "nice", "positive", 0.95),  # the text of the first, surer
        ("room c so so", "so so", "neutral", 0.3),
        ("room d bad", "bad", "negative", 0.2),
        ("room e bad", "bad", "negative", 0.4),
        ("room f nice", "nice", "positive", 0.8),
    ]
    given = [one(n, text, "room", *rest) for n, (text, *rest) in enumerate(texts, start=1)]
    for documents in (given, given):
        (group,) = group_opinions(documents, NAMES).aspects
        assert [(quote.polarity, quote.text, quote.line) for quote in group.quotes] == [
            ("positive", "room a nice", 3),
            ("positive", "room b nice", 2),
            ("negative", "room e bad", 6),
            ("neutral", "room c so so", 4),
        ]


def test_a_text_with_two_polarities_is_quoted_where_the_other_has_no_other_text() -> None:
    both = "room nice but room dark"
    given = [
        document(1, both, said(both, "room", "nice", "positive", 0.9), said(both, "room", "dark", "negative", 0.9)),
        one(2, "room fine", "room", "fine", "positive", 0.5),
    ]
    (group,) = group_opinions(given, NAMES).aspects
    assert [(quote.polarity, quote.line) for quote in group.quotes] == [("positive", 2), ("negative", 1)]


def test_a_quote_is_cut_between_words_and_marks_stay_right() -> None:
    text = "word " * 40 + "the room was so big " + "tail " * 40
    (group,) = group_opinions([one(1, text, "room", "so big")], NAMES).aspects
    (quote,) = group.quotes
    assert quote.cut == (True, True)
    assert quote.text.startswith("word ")
    assert quote.text.endswith(" tail")
    assert [quote.text[start:end] for _, start, end in quote.marks] == ["room", "so big"]
    assert quoted(quote) == f"…{quote.text}…"
    assert [(piece, sorted(kinds)) for piece, kinds in marked_pieces(quote) if kinds] == [
        ("room", ["aspect"]),
        ("so big", ["opinion"]),
    ]


def test_a_quote_does_not_cut_an_emoji_or_fail_at_the_ends() -> None:
    family = "👩‍👩‍👧"
    text = family * 30 + "房间大" + family * 30
    (quote,) = group_opinions([one(1, text, "房间", "大", language="zh")], NAMES).aspects[0].quotes
    assert set(quote.text.replace("房间大", "").split(family)) == {""}
    (quote,) = group_opinions([one(1, " 大 ", None, None, language="zh")], NAMES).aspects[0].quotes
    assert (quote.text, quote.marks, quote.cut) == ("大", (), (False, False))


def test_an_aspect_far_away_is_left_out_of_the_quote() -> None:
    text = "room " + "x " * 200 + "big"
    (quote,) = group_opinions([one(1, text, "room", "big")], NAMES).aspects[0].quotes
    assert [kind for kind, _, _ in quote.marks] == ["opinion"]


def test_csv() -> None:
    text = '=cmd "room", big'
    table = groups_as_csv(group_opinions([*FOUR, one(5, text, "=cmd", "big", category=None)], NAMES))
    assert table.startswith("\ufeffcategory,aspect,opinions,named,implied,unnamed,documents,positive,positive_share,")
    rows = list(csv.DictReader(io.StringIO(table[1:])))
    assert [(row["category"], row["aspect"]) for row in rows] == [
        ("ROOM", "room"), ("ROOM", ""), ("PRICE", "price"), ("", "'=cmd"),
    ]  # fmt: skip
    assert rows[0]["opinions"] == "3"
    assert float(rows[0]["positive_share"]) == pytest.approx(1 / 3, abs=1e-6)
    assert float(rows[0]["positive_low"]) == pytest.approx(wilson(1, 3).low, abs=1e-6)
    assert rows[0]["names"] == "Rooms (1) | bedroom (1) | room (1)"
    assert rows[2]["quotes"] == "[d3] Rooms fine. Pricey. Odd."


def test_values_are_json() -> None:
    values = json.loads(json.dumps(groups_as_values(group_opinions(FOUR, NAMES), "a.jsonl")))
    assert values["records"] == {
        "records": 4, "errors": 0, "repeated": 0, "shared_ids": 0, "without_opinions": 1, "below": 0,
    }  # fmt: skip
    room = values["categories"][0]["aspects"][0]
    assert room["positive"] == {"count": 1, "share": 0.333333, "low": 0.061492, "high": 0.792340}
    assert room["quotes"][0]["text"] == "The room was big."
    assert room["quotes"][0]["marks"] == [
        {"kind": "aspect", "start": 4, "end": 8},
        {"kind": "opinion", "start": 13, "end": 16},
    ]


def _hostile() -> OpinionGroups:
    text = f"{HOSTILE} is bad"
    return group_opinions([one(1, text, HOSTILE, "bad", "negative", category=HOSTILE, id=HOSTILE)], NAMES)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_is_escaped_and_loads_nothing(language) -> None:
    page = render_opinions(_hostile(), HOSTILE, language)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "default-src 'none'" in page


def test_the_page_in_both_languages() -> None:
    groups = group_opinions(FOUR, NAMES)
    english, chinese = (render_opinions(groups, "a.jsonl", language) for language in ("en", "zh"))
    assert "20% positive, 20% neutral, 60% negative" in english
    assert "5 opinions on 2 aspects in 3 documents" in english
    assert "1 implied by the opinion" in english
    assert "<u>room</u> was <b>big</b>." in english
    assert "正面 20%，中性 20%，负面 60%" in chinese
    assert "1 条由观点推知" in chinese
    assert 'lang="zh-Hans"' in chinese


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pictures(tmp_path, language) -> None:
    pytest.importorskip("matplotlib", reason="pip install 'groundswell[pictures]'")
    odd = one(5, "$房$ 好", "$房$", "好", category="$A$", language="zh")
    draw_opinions(group_opinions([*FOUR, odd], NAMES), tmp_path, WORDINGS[language])
    draw_opinions(group_opinions([one(1, "odd", None, "odd", category=None)], NAMES), tmp_path, WORDINGS[language])
    for name in ("categories.png", "aspects.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_pictures_without_a_chinese_font_or_a_glyph_say_so(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib", reason="pip install 'groundswell[pictures]'")
    unknown = group_opinions([one(1, "\U0001fae8 odd", "\U0001fae8", "odd")], NAMES)
    assert draw_opinions(unknown, tmp_path, WORDINGS["en"]) == [
        "some characters, such as emoji, are in no installed font: the PNGs show boxes; opinions.html shows them"
    ]
    monkeypatch.setattr("groundswell.evaluation.opinion_picture.cjk_fonts", list)
    chinese = group_opinions([one(1, "房间大", "房间", "大", language="zh")], NAMES)
    assert draw_opinions(chinese, tmp_path, WORDINGS["en"]) == [
        "no font with Chinese characters was found: the PNG shows boxes. apt-get install fonts-noto-cjk"
    ]
