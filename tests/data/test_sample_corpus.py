"""The sample reviews: what they promise is checked on every row."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from groundswell.data.leakage import find_overlaps
from groundswell.data.sample import sample_path
from groundswell.text.language import detect_language

DOMAINS = {"hotel", "phone", "restaurant", "app", "cosmetics", "courier"}
POLARITIES = {"positive", "neutral", "negative"}


@pytest.fixture(scope="module", params=["en", "zh"])
def rows(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    lines = sample_path(request.param).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) | {"language": request.param} for line in lines]


def test_there_are_240_different_reviews_of_six_domains(rows: list[dict[str, Any]]) -> None:
    assert len(rows) == len({row["id"] for row in rows}) == len({row["text"] for row in rows}) == 240
    assert Counter(row["domain"] for row in rows) == dict.fromkeys(DOMAINS, 40)
    assert Counter(row["split"] for row in rows) == {"train": 168, "dev": 36, "test": 36}


def test_the_splits_have_the_labels_in_the_shares_of_the_whole(rows: list[dict[str, Any]]) -> None:
    """90, 90 and 60 of 240: three eighths of 36 are 13.5, a quarter is 9."""
    found = Counter((row["split"], row["label"]) for row in rows)
    for split, size in (("train", 168), ("dev", 36), ("test", 36)):
        for label, share in (("positive", 3 / 8), ("negative", 3 / 8), ("neutral", 1 / 4)):
            assert abs(found[split, label] - share * size) < 1


def test_every_split_holds_every_label_of_every_domain(rows: list[dict[str, Any]]) -> None:
    found = {(row["split"], row["domain"], row["label"]) for row in rows}
    assert len(found) == 3 * len(DOMAINS) * len(POLARITIES)


def test_offsets_are_code_points_of_the_text(rows: list[dict[str, Any]]) -> None:
    spans = 0
    for row in rows:
        for opinion in row["opinions"]:
            assert opinion["aspect"] or opinion["opinion"], row["id"]
            assert opinion["polarity"] in POLARITIES
            assert isinstance(opinion["negated"], bool)
            for span in (opinion["aspect"], opinion["opinion"]):
                if span is not None:
                    spans += 1
                    assert row["text"][span["start"] : span["end"]] == span["text"], row["id"]
    assert spans > 800


def test_opinions_are_ordered_and_none_stands_twice(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        starts = [min(span["start"] for span in (o["aspect"], o["opinion"]) if span) for o in row["opinions"]]
        assert starts == sorted(starts), row["id"]
        seen = [json.dumps([o["aspect"], o["opinion"], o["category"], o["polarity"]]) for o in row["opinions"]]
        assert len(seen) == len(set(seen)), row["id"]


def test_times_are_utc_and_the_variety_is_there(rows: list[dict[str, Any]]) -> None:
    months = {datetime.fromisoformat(row["time"]).month for row in rows}
    assert months == set(range(1, 13))
    assert all(row["time"].endswith("Z") for row in rows)
    lengths = sorted(len(row["text"]) for row in rows)
    assert lengths[0] < 30 < 100 < lengths[-1]
    assert sum(opinion["negated"] for row in rows for opinion in row["opinions"]) > 50
    assert any(ord(character) > 0xFFFF for row in rows for character in row["text"])  # emoji outside the first plane


def test_the_language_is_the_one_it_says(rows: list[dict[str, Any]]) -> None:
    wrong = [row["text"] for row in rows if detect_language(row["text"]) != row["language"]]
    assert len(wrong) <= 2, wrong


def test_no_text_stands_in_two_splits(rows: list[dict[str, Any]]) -> None:
    splits = {name: [row["text"] for row in rows if row["split"] == name] for name in ("train", "dev", "test")}
    assert find_overlaps(splits) == []
