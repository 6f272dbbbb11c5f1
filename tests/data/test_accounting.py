from __future__ import annotations

import json

import pytest

from groundswell.data.accounting import Accounting
from groundswell.errors import SelfCheckError


def test_the_line_for_a_person() -> None:
    accounting = Accounting("train")
    for row in range(1, 1001):
        if row in (17, 40):
            accounting.drop("blank text", row)
        else:
            accounting.keep()
    accounting.count_cut(120, 512)
    accounting.check()
    assert accounting.line() == (
        "train: 1,000 rows read, 998 kept (120 cut at 512 tokens), 2 dropped (blank text: rows 17, 40)"
    )


def test_the_line_without_cuts_and_with_many_drops() -> None:
    accounting = Accounting("dev")
    accounting.keep()
    assert accounting.line() == "dev: 1 rows read, 1 kept, 0 dropped"
    for row in range(2, 1209):
        accounting.drop("no label", row)
    accounting.drop("blank text", 1209)
    assert accounting.line() == (
        "dev: 1,209 rows read, 1 kept, 1,208 dropped (no label: rows 2, 3, 4, 5, 6 and 1,202 more; blank text: row "
        "1209)"
    )


def test_a_kept_row_can_be_withdrawn() -> None:
    accounting = Accounting("train")
    accounting.keep()
    accounting.keep()
    accounting.withdraw("beyond data.limit", 2)
    accounting.check()
    assert (accounting.read, accounting.kept, accounting.num_dropped) == (2, 1, 1)


@pytest.mark.parametrize(("kept", "cut"), [(3, 0), (2, 3)])
def test_counts_that_do_not_add_up(kept: int, cut: int) -> None:
    accounting = Accounting("train", read=2, kept=kept, cut=cut)
    with pytest.raises(SelfCheckError) as caught:
        accounting.check()
    assert str(caught.value) == (
        f"train: 2 rows read, but {kept} kept ({cut} of them cut) and 0 dropped; expected read = kept + dropped and "
        "cut <= kept. Report this as a bug."
    )


def test_rejected_rows_are_kept_short_and_few() -> None:
    accounting = Accounting("train")
    for row in range(1, 1501):
        accounting.reject("unreadable row", row, "x" * 5000, "not JSON")
    assert len(accounting.rejected) == 1000
    assert accounting.rejected[0] == {"row": 1, "reason": "not JSON", "raw": "x" * 2000}
    assert accounting.dropped["unreadable row"].count == 1500


def test_the_manifest_entry_is_json() -> None:
    accounting = Accounting("train")
    accounting.keep()
    accounting.drop("blank text", 2)
    accounting.warnings.append("something")
    assert json.loads(json.dumps(accounting.to_dict())) == {
        "split": "train",
        "read": 2,
        "kept": 1,
        "cut": 0,
        "max_tokens": None,
        "unknown_tokens": 0.0,
        "dropped": 1,
        "reasons": {"blank text": {"count": 1, "first_rows": [2]}},
        "warnings": ["something"],
    }
