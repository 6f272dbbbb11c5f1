"""Emotion-cause documents: what they say, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundswell.data.accounting import Accounting
from groundswell.data.opinion_formats.registry import detect_format, read_opinions
from groundswell.errors import DataError
from groundswell.types import Opinion

CLAUSES = "1,null,null,昨天 下午\n2,null,null,孩子 考上 了 大学\n3,happiness,高兴,妈妈 非常 高兴\n"
DOCUMENT = f"7 3\n (3,2)\n{CLAUSES}"
OTHER = "8 2\n (1,1), (1,2)\n1,anger&disgust,气,他 很 生气\n2,null,null,车 又 晚 了\n"


def read(path: Path, text: str) -> tuple[list[tuple[str, tuple[Opinion, ...]]], Accounting]:
    path.write_text(text, encoding="utf-8")
    accounting = Accounting("train")
    found = read_opinions(str(path), accounting=accounting, max_bad_share=1.0)
    return [(example.text, example.opinions or ()) for example in found], accounting


def test_documents_by_hand(tmp_path: Path) -> None:
    found, _ = read(tmp_path / "a.txt", DOCUMENT + OTHER)
    assert detect_format(str(tmp_path / "a.txt")) == "ecpe"
    (text, (opinion,)), (_, both) = found
    assert text == "昨天 下午，孩子 考上 了 大学，妈妈 非常 高兴"
    assert (opinion.category, opinion.polarity) == ("happiness", "positive")
    assert opinion.aspect is not None
    assert opinion.opinion is not None
    assert (opinion.aspect.text, opinion.opinion.text) == ("孩子 考上 了 大学", "妈妈 非常 高兴")
    assert text[opinion.aspect.start : opinion.aspect.end] == opinion.aspect.text
    assert [one.aspect and one.aspect.text for one in both] == ["他 很 生气", "车 又 晚 了"]
    assert {one.polarity for one in both} == {"negative"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"7 4\n (3,2)\n{CLAUSES}", ":1:1: found 3 clauses, expected 4. The file may be cut."),
        (f"7 3\n pairs\n{CLAUSES}", ":2:1: found ' pairs', expected pairs such as (7,9), (8,9)."),
        (f"7 3\n (3,2)\n{CLAUSES.replace('2,null', '5,null')}",
         ":4:1: found '5,null,null,孩子 考上 了 大学', expected clause 2: number, emotion, word, text."),
    ],
)  # fmt: skip
def test_documents_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    found, accounting = read(tmp_path / "a.txt", OTHER + text)
    assert len(found) == 1
    line = 4 + int(message.split(":")[1])
    assert accounting.rejected[0]["reason"] == f"{tmp_path}/a.txt:{line}:{message.split(':', 2)[2]}"


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("(3,4)", "clause 4 of 3, expected 1 to 3."),
        ("(1,2)", "clause 1 has no emotion, expected one in a pair."),
    ],
)
def test_pairs_that_cannot_be_used(tmp_path: Path, pair: str, message: str) -> None:
    _, accounting = read(tmp_path / "a.txt", DOCUMENT.replace("(3,2)", f"(3,2), {pair}"))
    assert accounting.opinions is not None
    assert accounting.opinions.rejected[0]["reason"] == f"{tmp_path}/a.txt:2:9: {message}"


def test_a_file_that_begins_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(CLAUSES, encoding="utf-8")
    with pytest.raises(DataError, match="3 of 3 texts are bad"):
        read_opinions(str(path), format="ecpe", accounting=Accounting("train"))
