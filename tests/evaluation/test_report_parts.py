"""Parts of the report beyond the metrics, each from facts made by hand."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tiny_findings import calibration, evidence, findings, full_facts, interval, marked, slices

from groundswell.evaluation.report import render_report
from groundswell.evaluation.report_behaviour import behaviour_part, bias_part
from groundswell.evaluation.report_errors import errors_part, evidence_part
from groundswell.evaluation.report_facts import ReportFacts
from groundswell.evaluation.report_markup import Html, joined
from groundswell.evaluation.report_metrics import interval_bar, result_line
from groundswell.evaluation.report_run import history_part
from groundswell.evaluation.report_trust import calibration_part, is_weak, robustness_part, slices_part
from groundswell.evaluation.report_wording import Say

SAY = Say("en")
TASK = {"name": "a", "task": "single_label"}


def facts(**given: Any) -> ReportFacts:
    return ReportFacts(**{**TASK, **given})


def plain(parts: list[Html]) -> str:
    """The words of some parts; the data of plots left out."""
    content = re.sub(r"<script.*?</script>", "", joined(parts), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content)).replace("\u2060", "")


def plotted(parts: list[Html]) -> list[dict[str, Any]]:
    return [json.loads(each) for each in re.findall(r'<script type="application/json">(.*?)</script>', joined(parts))]


def rows_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    found = list(spec.get("data", {}).get("values", []))
    return found + [row for layer in spec.get("layer", []) for row in rows_of(layer)]


@pytest.mark.parametrize(
    "part", [calibration_part, slices_part, robustness_part, behaviour_part, bias_part, errors_part, evidence_part]
)
def test_what_is_not_there_is_left_out(part: Any) -> None:
    assert part(facts(), SAY) == []
    empty = {"behaviour": {}, "bias": [], "robustness": {}, "errors": {"confident": []}, "evidence": {"examples": []}}
    measured = {"dev": {"calibration": {}, "slices": []}}
    assert part(facts(findings=empty, metrics=measured), SAY) == []


def test_calibration_shows_the_curve_the_errors_and_the_promises() -> None:
    parts = calibration_part(facts(metrics={"test": {"calibration": calibration()}}), SAY)
    text = plain(parts)
    assert "Calibration on test, 740 texts; temperature 1.370, fitted on dev" in text
    assert "calibration error (ECE) 0.021 (0.013–0.029) 0.064" in text
    assert "90% 90.4% (88.4–92.4%) 1.18 0.200" in text
    assert "<code>groundswell predict --coverage</code>" in joined(parts)
    assert len(plotted(parts)) == 2


def test_empty_bins_and_numbers_that_are_missing_do_no_harm() -> None:
    found = calibration()
    found["bins"][0] |= {"num_rows": 0, "confidence": None, "accuracy": None}
    found["conformal"][0] |= {"achieved": None, "mean_size": None}
    parts = calibration_part(facts(metrics={"test": {"calibration": found}}), SAY)
    assert len([row for row in rows_of(plotted(parts)[0]) if "num_rows" in row]) == 9
    only_errors = {key: found[key] for key in ("num_rows", "temperature", "ece")}
    assert plotted(calibration_part(facts(metrics={"test": {"calibration": only_errors}}), SAY)) == []


def test_a_slice_is_weak_when_it_is_worse_beyond_chance() -> None:
    overall = interval(0.9, 0.01)
    low = {"metric": "accuracy", **interval(0.8, 0.05)}
    assert is_weak(low, overall)
    assert not is_weak({**low, "small": True}, overall)
    assert not is_weak({"metric": "accuracy", **interval(0.86, 0.05)}, overall)
    assert not is_weak(low, None)
    assert is_weak({"metric": "mae", "value": 1.2, "low": 1.1, "high": 1.3}, {"value": 1.0, "low": 0.95, "high": 1.05})
    assert not is_weak(
        {"metric": "mae", "value": 0.8, "low": 0.7, "high": 0.9}, {"value": 1, "low": 0.95, "high": 1.05}
    )


def test_slices_are_drawn_with_the_whole_and_named_in_full_below() -> None:
    parts = slices_part(facts(metrics={"test": {"accuracy": interval(0.88, 0.01), "slices": slices()}}), SAY)
    rows = {row["row"]: row["tone"] for row in rows_of(plotted(parts)[0]) if "row" in row}
    assert rows["characters · 1–60"] == "bad"
    assert rows["language · other"] == "uncertain"
    assert rows["characters · over 240"] == "plain"
    assert "source a shop with a name that is far too long for an axis 300 0.800" in plain(parts)


def test_behaviour_is_sorted_from_the_worst_and_shows_what_fails() -> None:
    parts = behaviour_part(facts(findings=findings()), SAY)
    english, chinese = plotted(parts)
    assert [row["row"] for row in rows_of(english)][:2] == ["negation", "irony plain"]
    assert [row["row"] for row in rows_of(chinese)] == ["否定", "繁体与简体"]
    text = plain(parts)
    assert "162 of 200 cases pass in 8 capabilities." in text
    assert "negation (English) · 6/20 It is not bad at all, plain expected positive · found negative plain" in text
    assert "Left out: translation plain (Chinese): no pairs" in text
    assert joined(parts).count("<details open") == 1


def test_bias_and_robustness_by_hand() -> None:
    text = plain(bias_part(facts(findings=findings()), SAY))
    assert "gender plain English he → she 240 9.0% (7.0–11.0%) -0.013 (-0.020 to -0.006)" in text
    text = plain(robustness_part(facts(findings=findings()), SAY))
    assert "undisturbed 81.0% (79.0–83.0%) – swapped letters 77.0% (75.0–79.0%) 87.0% (85.0–89.0%)" in text
    assert "accuracy 33.0% (31.0–35.0%), with 2.7 words changed and 61 questions asked" in text


def test_robustness_without_an_attack_or_with_an_attack_alone() -> None:
    found = findings()["robustness"]
    alone = {**found, "perturbations": []}
    assert plotted(robustness_part(facts(findings={"robustness": alone}), SAY)) == []
    unharmed = {name: value for name, value in found.items() if name != "attack"}
    assert "Attack" not in plain(robustness_part(facts(findings={"robustness": unharmed}), SAY))


def test_mistakes_come_with_their_neighbours() -> None:
    parts = errors_part(facts(findings=findings()), SAY)
    text = plain(parts)
    assert "From test." in text
    assert "gold bad plain · predicted good · confidence 99.3% · #5" in text
    assert "电池不耐用。plain bad plain · similarity 0.91 · #77" in text
    assert "1 of 1 shown" in text
    assert "8 Great value plain bad plain good 97.0%" in text
    assert "31 mistakes: price · delivery plain late plain" in text


def marks(parts: list[Html]) -> list[tuple[str, str, float]]:
    """Kind, word and shade of every mark."""
    found = re.findall(r'<mark class="(\w+)" style="--share:([\d.]+)"[^>]*>([^<]*)', joined(parts))
    return [(kind, word, float(share)) for kind, share, word in found]


def test_words_are_shaded_by_their_share_of_the_heaviest() -> None:
    parts = evidence_part(facts(findings={"evidence": evidence("plain")}), SAY)
    assert marks(parts)[:3] == [("against", "acting", 0.08), ("against", "superb", 0.66), ("for", "but", 0.15)]
    assert ("for", "terrible", 1.0) in marks(parts)
    assert "<sup>＋</sup>" in joined(parts)
    assert "<sup>−</sup>" in joined(parts)
    text = plain(parts)
    assert "answer bad plain · confidence 88.0% · gold good" in text
    assert "occlusion 0.420 (0.400–0.440) 0.050 (0.030–0.070) 0.060 (0.040–0.080) 0.300 (0.280–0.320)" in text


def test_of_a_long_text_the_part_around_the_heaviest_word_is_shown() -> None:
    text = "filler " * 1500 + "dreadful" + " filler" * 1500
    example = {"text": text, "label": "bad", "confidence": 0.9, "words": [marked(text, "dreadful", 1.0)]}
    parts = evidence_part(facts(findings={"evidence": {"method": "occlusion", "examples": [example]}}), SAY)
    assert marks(parts) == [("for", "dreadful", 1.0)]
    assert f"({len(text):,} characters in all)" in plain(parts)
    assert len(plain(parts)) < 1200


@pytest.mark.parametrize("words", [[], [{"start": 0, "end": 4, "weight": 0.0}]])
def test_a_text_without_weights_is_shown_plainly(words: list[dict[str, Any]]) -> None:
    example = {"text": "good & <b>", "label": "good", "confidence": None, "words": words}
    parts = evidence_part(facts(findings={"evidence": {"method": "m", "examples": [example]}}), SAY)
    assert "good &amp; &lt;b&gt;" in joined(parts)
    assert marks(parts) == []


def test_overlapping_words_are_marked_once() -> None:
    text = "not good"
    words = [{"start": 0, "end": 8, "weight": -1.0}, {"start": 4, "end": 8, "weight": 0.5}]
    example = {"text": text, "label": "bad", "confidence": 0.9, "words": words}
    parts = evidence_part(facts(findings={"evidence": {"method": "m", "examples": [example]}}), SAY)
    assert marks(parts) == [("against", "not good", 1.0)]


def test_steps_stand_between_the_epochs_they_belong_to() -> None:
    """Steps 1 to 40 are epoch 1 and 41 to 80 epoch 2: step 60 lies in the middle of the second, at 1.5."""
    given = full_facts()
    steps = [{"epoch": 2, "step": 60, "loss": 0.5}, {"epoch": 4, "step": 130, "loss": 0.1}]
    parts = history_part(ReportFacts(**{**given, "steps": steps}), SAY)
    shown = [(row["x"], row["y"]) for row in rows_of(plotted(parts)[0]) if row.get("line") == "single steps"]
    assert shown == [(1.5, 0.5)]


def test_of_several_heads_each_has_its_figure() -> None:
    """The first head leads, each from its test rows where there are any."""
    scores = {"accuracy": interval(0.8), "num_rows": 50}
    metrics = {
        "stars dev": {"accuracy": interval(0.9), "num_rows": 9}, "joy dev": {"pearson": interval(0.4), "num_rows": 7},
        "stars test": scores,
    }  # fmt: skip
    line = result_line("multi_task", metrics).replace("\u2060", "")
    assert line == "accuracy 0.80 (0.78–0.82), stars test, 50 texts; Pearson r 0.40 (0.38–0.42), joy dev, 7 texts"
    text = render_report(facts(task="multi_task", metrics=metrics)).replace("\u2060", "")
    assert line in text
    assert "accuracy, measured on 50 stars test texts" in text


def test_places_on_an_interval_bar_by_hand() -> None:
    """On the scale from -1 to 1, 0 lies in the middle, 0.5 at three quarters, and 2 is cut to the end."""
    bar = interval_bar({"value": 0.5, "low": 0.0, "high": 2.0}, (-1.0, 1.0), SAY, mark=-1.0)
    assert 'style="--value:0.7500;--low:0.5000;--high:1.0000"' in bar
    assert 'style="--at:0.0000"' in bar
    assert 'aria-label="0.500, interval 0.000 to 2.000, on a scale from -1 to 1"' in bar
