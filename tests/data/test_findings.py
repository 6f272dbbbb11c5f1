from __future__ import annotations

import json

from groundswell.data.findings import Finding, by_share, concerning, counted, worst_first
from groundswell.types import Example


def test_the_worst_comes_first_and_then_the_most() -> None:
    found = [Finding(severity, "c", "f", count, "", "") for severity, count in  # type: ignore[arg-type]
             (("note", 9), ("warning", 1), ("serious", 2), ("warning", 3))]  # fmt: skip
    assert [(one.severity, one.count) for one in worst_first(found)] == [
        ("serious", 2), ("warning", 3), ("warning", 1), ("note", 9),
    ]  # fmt: skip


def test_half_a_percent_is_where_it_gets_serious() -> None:
    assert (by_share(5, 1000), by_share(4, 1000)) == ("serious", "warning")


def test_plain_values_are_json_without_the_listing() -> None:
    rows = [Example(str(row), "t" * 300, ("a", "b"), row) for row in range(1, 8)]
    finding = concerning("note", "c", "f", rows, ("what", "mend"), share=0.5)
    assert json.loads(json.dumps(finding.to_dict())) == {
        "severity": "note", "code": "c", "source": "f", "count": 7, "what": "what", "mend": "mend",
        "rows": [1, 2, 3, 4, 5], "details": {"share": 0.5},
    }  # fmt: skip
    assert len(finding.listing) == 7
    assert finding.listing[0] == {"file": "f", "row": 1, "id": "1", "label": "a|b", "text": "t" * 200}


def test_numbers_with_their_words() -> None:
    assert (counted(0, "row"), counted(1, "row"), counted(1_000, "row")) == ("0 rows", "1 row", "1,000 rows")
