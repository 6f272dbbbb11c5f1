"""Which polarity the labels of a run stand for."""

from __future__ import annotations

import numpy as np
import pytest

from groundswell.errors import DataError
from groundswell.evaluation.behaviour.label_polarity import columns_of, gather, grows_with_praise, polarities_of


@pytest.mark.parametrize(
    ("labels", "polarities"),
    [
        (["negative", "positive"], "- +"),
        (["NEG", "Pos", "neu"], "- + 0"),
        (["差评", "好评", "中评"], "- + 0"),
        (["负面", "正面"], "- +"),
        (["very negative", "negative", "neutral", "positive", "very_positive"], "- - 0 + +"),
        (["非常不满意", "非常满意"], "- +"),
        (["bad", "good"], "- +"),
        (["0", "1"], "- +"),
        (["1", "2"], "- +"),
        (["-1", "1"], "- +"),
        (["-1", "0", "1"], "- 0 +"),
        (["LABEL_0", "LABEL_1", "LABEL_2"], "- 0 +"),
        (["1", "2", "3", "4", "5"], "- - 0 + +"),
        (["1 star", "2 stars", "3 stars", "4 stars", "5 stars"], "- - 0 + +"),
        (["5星", "4星", "3星", "2星", "1星"], "+ + 0 - -"),
        (["一星", "两星", "三星", "四星", "五星"], "- - 0 + +"),
        (["0.0", "1.0"], "- +"),
    ],
)
def test_labels_by_name_and_number(labels: list[str], polarities: str) -> None:
    names = {"+": "positive", "-": "negative", "0": "neutral"}
    assert list(polarities_of(labels).values()) == [names[sign] for sign in polarities.split()]


def test_what_the_user_says_counts() -> None:
    found = polarities_of(["ham", "spam", "0"], {"ham": "positive", "spam": "NEG", "0": "none"})
    assert found == {"ham": "positive", "spam": "negative", "0": None}
    assert polarities_of(["0", "1"], {"0": "positive", "1": "negative"}) == {"0": "positive", "1": "negative"}
    assert polarities_of(["positive", "negative", "spam"], {"spam": "none"})["spam"] is None


@pytest.mark.parametrize(
    ("labels", "given", "message"),
    [
        (
            ["joy", "anger"], {},
            "run: found the labels 'joy', 'anger', expected some that mean positive and some that mean negative; "
            "'joy', 'anger' cannot be told (told: none). Say what they mean, such as --labels joy=positive --labels "
            "anger=negative",
        ),
        (
            ["positive", "negative", "spam"], {},
            "'spam' cannot be told (told: positive: positive, negative: negative). Say what they mean, such as "
            "--labels spam=positive",
        ),
        (
            ["positive", "neutral"], {},
            "one of them is missing (told: positive: positive, neutral: neutral). Say what they mean, such as "
            "--labels positive=positive --labels neutral=negative",
        ),
        (
            ["positive", "negative"], {"postive": "negative"},
            "run: --labels names 'postive', expected one of 'positive', 'negative'. Did you mean 'positive'? Mend "
            "--labels",
        ),
        (
            ["a", "b"], {"a": "postive"},
            "run: --labels a=postive: found 'postive', expected positive, negative, neutral or none. Did you mean "
            "'positive'? Mend --labels",
        ),
        (["1", "2", "3", "4"], {}, "'1', '2', '3', '4' cannot be told"),
        (["1", "3"], {}, "'1', '3' cannot be told"),
        (["a b", "c"], {}, "--labels 'a b'=positive --labels c=negative"),
    ],
)  # fmt: skip
def test_labels_that_cannot_be_told(labels: list[str], given: dict[str, str], message: str) -> None:
    with pytest.raises(DataError) as error:
        polarities_of(labels, given, "run")
    assert message in str(error.value)


def test_probabilities_of_one_polarity_are_added() -> None:
    stars = polarities_of(["1", "2", "3", "4", "5"])
    assert columns_of(stars) == ("positive", "neutral", "negative")
    found = gather(np.array([[0.1, 0.2, 0.3, 0.25, 0.15], [1.0, 0, 0, 0, 0]]), stars)
    np.testing.assert_allclose(found, [[0.4, 0.3, 0.3], [0, 0, 1]])
    with_none = polarities_of(["positive", "negative", "spam"], {"spam": "none"})
    assert columns_of(with_none) == ("positive", "negative")
    np.testing.assert_allclose(gather(np.array([[0.2, 0.3, 0.5]]), with_none), [[0.2, 0.3]])


@pytest.mark.parametrize(
    "target", ["stars", "rating", "overall rating", "user_score", "V", "valence", "评分", "满意度"]
)
def test_values_that_rise_with_praise(target: str) -> None:
    assert grows_with_praise(target, {}, "run")


def test_values_that_need_a_word() -> None:
    assert grows_with_praise("pain", {"pain": "positive"}, "run")
    assert not grows_with_praise("stars", {"stars": "negative"}, "run")
    with pytest.raises(DataError) as error:
        grows_with_praise("arousal", {}, "run")
    assert str(error.value) == (
        "run: found a model of the value 'arousal', expected one that is higher for better texts. Say so with "
        "--labels arousal=positive (or =negative when lower is better)"
    )
