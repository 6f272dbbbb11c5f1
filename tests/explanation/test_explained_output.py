"""The one number that words are weighed by, for every task."""

from __future__ import annotations

import pytest
import torch

from groundswell.errors import DataError
from groundswell.explanation.explained_output import ExplainedOutput, explained_outputs
from groundswell.model.outputs import Outputs

TWO = Outputs("single_label", ("negative", "positive"), (0.5, 0.5))
THREE = Outputs("single_label", ("a", "b", "c"), (0.2, 0.3, 0.5))
SEVERAL = Outputs("multi_label", ("joy", "fear", "anger"), (0.5, 0.3, 0.1))
VALUE = Outputs("regression", ("stars",), (3.0,), mean=3.0, scale=2.0)


def test_of_two_labels_the_score_is_the_log_of_the_odds() -> None:
    logits = torch.tensor([[0.5, 2.0]], dtype=torch.float64)
    probability = logits.softmax(dim=1)[0, 1]
    output = ExplainedOutput(TWO, 1)
    assert output.scores(logits).item() == pytest.approx((probability / (1 - probability)).log().item())
    assert output.values(logits).item() == pytest.approx(probability.item())


def test_scores_by_hand() -> None:
    """Three labels: 4 - (1 + 2) / 2 = 2.5; several: the logit; a value: 3 + 2 * 0.5 = 4."""
    assert ExplainedOutput(THREE, 2).scores(torch.tensor([[1.0, 2.0, 4.0]])).item() == 2.5
    assert ExplainedOutput(SEVERAL, 1).scores(torch.tensor([[1.0, 2.0, 4.0]])).item() == 2.0
    assert ExplainedOutput(VALUE).scores(torch.tensor([[0.5]])).item() == 4.0
    assert ExplainedOutput(VALUE).values(torch.tensor([[0.5]])).item() == 4.0


def test_what_adds_to_all_logits_of_a_single_label_says_nothing() -> None:
    logits = torch.tensor([[1.0, 2.0, 4.0]])
    for number in range(3):
        output = ExplainedOutput(THREE, number)
        assert output.scores(logits + 7).item() == pytest.approx(output.scores(logits).item())


def test_the_given_label_is_explained_unless_another_is_asked_for() -> None:
    logits = torch.tensor([3.0, 1.0])
    assert [one.name for one in explained_outputs(TWO, logits)] == ["negative"]
    assert [one.name for one in explained_outputs(TWO, logits, "positive")] == ["positive"]
    assert [one.name for one in explained_outputs(VALUE, torch.tensor([0.1]))] == ["stars"]


def test_of_several_labels_each_one_given_is_explained_else_the_most_probable() -> None:
    assert [one.name for one in explained_outputs(SEVERAL, torch.tensor([1.0, -1.0, 2.0]))] == ["joy", "anger"]
    assert [one.name for one in explained_outputs(SEVERAL, torch.tensor([-3.0, -1.0, -2.0]))] == ["fear"]


def test_an_unknown_label_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DataError) as caught:
        explained_outputs(TWO, torch.tensor([3.0, 1.0]), "postive")
    assert str(caught.value) == "found the label 'postive', expected one of negative, positive. Mend --label"
