"""The shipped cases: enough, all different, in their language, and free of contradictions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from groundswell.evaluation.behaviour.capabilities import Capability, CaseLanguage
from groundswell.evaluation.behaviour.checking import Answers, check_capabilities, texts_of
from groundswell.evaluation.behaviour.shipped import CASES, ORDER, shipped_cases, shipped_paths
from groundswell.text.language import detect_language
from groundswell.types import Polarity

LANGUAGES: tuple[CaseLanguage, ...] = ("en", "zh")
POLARITIES: tuple[Polarity, ...] = ("positive", "neutral", "negative")
both_languages = pytest.mark.parametrize("language", LANGUAGES)


def labelled(language: CaseLanguage) -> Iterator[tuple[str, Polarity]]:
    """Each text whose polarity is written down, with it."""
    for capability in shipped_cases(language).capabilities:
        for case in capability.cases:
            if case.label is not None:
                yield from ((text, case.label) for text in case.texts)


@both_languages
def test_there_are_enough(language: CaseLanguage) -> None:
    capabilities = shipped_cases(language).capabilities
    assert len(capabilities) >= 25
    assert {one.name: len(one.cases) for one in capabilities if len(one.cases) < 20} == {}
    assert {one.name: len(set(one.cases)) for one in capabilities} == {one.name: len(one.cases) for one in capabilities}
    assert len({one.name for one in capabilities}) == len(capabilities)
    assert {one.kind for one in capabilities} == {"minimum functionality", "invariance", "directional"}
    assert all(one.description for one in capabilities)


def test_every_file_is_found() -> None:
    found = sorted(CASES.rglob("*.yaml"))
    assert found == sorted(path for language in ("en", "zh", "both") for path in shipped_paths(language))  # type: ignore[arg-type]
    assert {path.stem for path in found} == set(ORDER)


@both_languages
def test_texts_are_in_their_language(language: CaseLanguage) -> None:
    """Where a language can be told at all: not of emoji, stars and `slaps`."""
    texts = [
        text for capability in shipped_cases(language).capabilities for case in capability.cases for text in case.texts
    ]
    other = {text for text in texts if detect_language(text) == ("zh" if language == "en" else "en")}
    assert other == set()
    assert sum(detect_language(text) == language for text in texts) > 0.9 * len(texts)


@both_languages
def test_no_text_stands_under_two_labels(language: CaseLanguage) -> None:
    found: dict[str, set[Polarity]] = {}
    for text, label in labelled(language):
        found.setdefault(text.strip().casefold(), set()).add(label)
    assert {text for text, labels in found.items() if len(labels) > 1} == set()


@both_languages
def test_a_capability_is_not_solved_by_one_answer(language: CaseLanguage) -> None:
    """Both labels, in like numbers, wherever both can be said."""
    one_sided = {"praise", "blame", "neutral facts", "negated praise", "negated blame", "wishes and conditions",
                 "marked sarcasm", "emoji that turn praise round", "褒义词", "贬义词", "中性事实", "否定褒义",
                 "否定贬义", "假设和愿望", "有标记的反讽", "表情反转"}  # fmt: skip
    for capability in shipped_cases(language).capabilities:
        labels = [case.label for case in capability.cases if case.label]
        if labels and capability.name not in one_sided:
            assert 0.4 <= labels.count("positive") / len(labels) <= 0.6, capability.name


def test_translations_pair_the_languages() -> None:
    (capability,) = shipped_cases("both").capabilities
    assert len(capability.cases) >= 20
    assert {tuple(map(detect_language, case.texts)) for case in capability.cases} == {("zh", "en")}


@both_languages
def test_pairs_of_groups_differ_in_the_term_alone(language: CaseLanguage) -> None:
    attributes = shipped_cases(language).attributes
    assert len({one.name for one in attributes}) >= 6
    for attribute in attributes:
        assert len(attribute.pairs) >= 10
        for first, second in attribute.pairs:
            assert first != second
            start = next(place for place, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1])
            rest = min(len(first), len(second)) - start
            end = next((place for place in range(rest) if first[-1 - place] != second[-1 - place]), rest)
            # the terms are short, everything around them is the same
            assert max(len(first), len(second)) - start - end <= 20, (first, second)


class Judge:
    """Gives every text the label that the cases write down for it, and to texts that must agree one label."""

    def __init__(self, capabilities: Sequence[Capability]) -> None:
        self.labels: dict[str, Polarity] = {}
        self.certainty: dict[str, float] = {}
        for capability in capabilities:
            for case in capability.cases:
                if capability.kind == "directional":
                    raised = 0.05 if capability.direction == "not lower" else -0.05
                    self.certainty.setdefault(case.texts[1], 0.8 + raised)
                if case.label is not None:
                    self.labels |= dict.fromkeys(case.texts, case.label)
        groups = [case.texts for one in capabilities if one.kind == "invariance" for case in one.cases]
        for _ in range(3):  # a text of one group may stand in another
            for texts in groups:
                known = next((self.labels[text] for text in texts if text in self.labels), "positive")
                for text in texts:
                    self.labels.setdefault(text, known)  # type: ignore[arg-type]

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float64]:
        rows = np.zeros((len(texts), 3))
        for row, text in zip(rows, texts, strict=True):
            certainty = self.certainty.get(text, 0.8)
            row[:] = (1 - certainty) / 2
            row[POLARITIES.index(self.labels[text])] = certainty
        return rows


@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_a_model_that_knows_the_answers_passes_everything(language: CaseLanguage) -> None:
    """It could not, were two cases at odds with each other."""
    capabilities = shipped_cases(language).capabilities
    checked, skipped = check_capabilities(
        capabilities, Answers(texts_of(capabilities), Judge(capabilities), POLARITIES)
    )
    assert [one["failures"] for one in checked if one["failures"]] == []
    assert {one["rate"]["value"] for one in checked} == {1.0}
    assert (len(checked), skipped) == (len(capabilities), [])


@both_languages
def test_a_model_that_knows_nothing_passes_what_asks_for_no_label(language: CaseLanguage) -> None:
    capabilities = shipped_cases(language).capabilities
    answers = Answers(texts_of(capabilities), lambda texts: np.tile([0.6, 0.1, 0.3], (len(texts), 1)), POLARITIES)
    checked, _ = check_capabilities(capabilities, answers)
    for capability, found in zip(capabilities, checked, strict=True):
        if capability.kind == "minimum functionality":
            assert found["num_passed"] == sum(case.label == "positive" for case in capability.cases)
        else:
            assert found["num_passed"] == found["num_cases"]


@both_languages
def test_a_model_that_says_the_opposite_passes_no_label(language: CaseLanguage) -> None:
    capabilities = [one for one in shipped_cases(language).capabilities if one.kind == "minimum functionality"]
    judge = Judge(capabilities)
    answers = Answers(texts_of(capabilities), lambda texts: judge(texts)[:, ::-1], POLARITIES)
    checked, _ = check_capabilities(capabilities, answers)
    passed = {one["capability"] for one in checked if one["num_passed"]}
    assert passed <= {"neutral facts", "中性事实"}  # the opposite of neutral is neutral


@both_languages
def test_a_model_that_reads_surfaces_fails_every_invariance(language: CaseLanguage) -> None:
    """Its label hangs on the characters alone, so no rewording, spelling or name leaves it as it is."""
    capabilities = [one for one in shipped_cases(language).capabilities if one.kind == "invariance"]

    def by_characters(texts: Sequence[str]) -> NDArray[np.float64]:
        odd = np.array([hashlib.sha256(text.encode()).digest()[0] % 2 for text in texts], dtype=float)
        return np.stack([odd, np.zeros(len(texts)), 1 - odd], axis=1)

    checked, _ = check_capabilities(capabilities, Answers(texts_of(capabilities), by_characters, POLARITIES))
    assert [one["capability"] for one in checked if one["num_passed"] == one["num_cases"]] == []
