from __future__ import annotations

import numpy as np

from groundswell.evaluation.mistakes import confident_mistakes


def test_mistakes_come_by_falling_confidence_and_ties_by_row() -> None:
    gold = np.array([0, 1, 1, 0, 0])
    probabilities = np.array([[0.9, 0.1], [0.7, 0.3], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])
    assert confident_mistakes(gold, probabilities) == [2, 1, 3]
    assert confident_mistakes(gold[:1], probabilities[:1]) == []
