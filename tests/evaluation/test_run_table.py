"""Finished runs against the first of them, as people read it."""

from __future__ import annotations

from groundswell.evaluation.run_table import RunRow, RunTable, to_markdown, verdict

FOUND = (0.8, 0.75, 0.85)


def table(*rows: RunRow, metric: str = "accuracy") -> RunTable:
    return RunTable("test.csv", 1200, metric, "McNemar's exact test", 0.95, "old", FOUND, rows)


def row(name: str, difference: float, p_value: float, p_adjusted: float, counts: tuple[int, int] | None) -> RunRow:
    ends = (difference, difference - 0.01, difference + 0.01)
    return RunRow(name, FOUND, ends, p_value, p_adjusted, *(counts or (None, None)))


def test_two_runs() -> None:
    text = to_markdown(table(row("new", 0.02, 0.0004, 0.0004, (40, 16))))
    assert text.splitlines() == [
        "Measured on 1,200 texts of test.csv.",
        "",
        "| run | accuracy | minus old | p | right where the first is wrong | wrong where it is right |",
        "|---|---:|---:|---:|---:|---:|",
        "| old | 0.800 (0.750–0.850) |  |  |  |  |",
        "| new | 0.800 (0.750–0.850) | +0.020 (+0.010 to +0.030) | <0.001 | 40 | 16 |",
        "",
        "p: McNemar's exact test; intervals at 95%, of differences by the paired bootstrap.",
        "Better than old: new.",
    ]


def test_more_than_two_are_adjusted_and_said_to_be() -> None:
    found = table(
        row("a", 0.02, 0.01, 0.02, None), row("b", -0.03, 0.001, 0.003, None), row("c", 0.01, 0.04, 0.08, None),
        metric="macro_f1",
    )  # fmt: skip
    text = to_markdown(found)
    assert "| run | macro F1 | minus old | p | p, Holm |" in text
    assert "| c | 0.800 (0.750–0.850) | +0.010 (+0.000 to +0.020) | 0.040 | 0.080 |" in text
    assert "adjusted by Holm for 3 tests" in text
    assert verdict(found) == ("Better than old: a; worse than old: b; not to be told apart from old on these texts: c.")
