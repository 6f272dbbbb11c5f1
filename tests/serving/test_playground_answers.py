"""What the playground shows of a record."""

from __future__ import annotations

import pytest

from groundswell.serving.playground.answer_view import answer_card, explanation_card

SCORES = {"negative": 0.6, "positive": 0.4}
EXPLANATION = {"text": "很差", "language": "zh", "label": "negative", "value": 0.6, "words": [], "method": "occlusion"}


def test_labels_are_in_the_language_of_the_page_wherever_they_stand() -> None:
    record = {"text": "很差", "label": "negative", "confidence": 0.6, "scores": SCORES, "prediction_set": ["negative"]}
    heads = {"polarity": {"label": "negative", "scores": SCORES}}
    shown = answer_card("shop", {**record, "heads": heads}, 0.0, "zh")
    assert shown.count("负面") == 5
    assert shown.count("正面") == 2
    told = explanation_card("shop", {"text": "很差", "explanations": [EXPLANATION]}, "zh")
    assert "<b>负面</b> 0.60" in told
    for markup in (shown, told):
        assert ">negative<" not in markup
        assert ">positive<" not in markup


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("label", ["error", "text", "model", "busy"])
def test_a_label_of_ones_own_is_not_taken_for_a_word_of_the_page(label: str, language: str) -> None:
    shown = answer_card("m", {"text": "a", "label": label, "confidence": 0.9, "scores": {label: 0.9}}, 0.0, language)
    assert shown.count(f">{label}<") == 2
