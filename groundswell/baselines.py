"""A baseline from a recipe: features and weights fitted in one go, with no loop and no device."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from groundswell.data.splits import Splits
from groundswell.errors import RecipeError
from groundswell.evaluation.temperature import fit_temperature
from groundswell.model.linear import LinearClassifier, LinearWeights, feature_rows
from groundswell.model.outputs import Outputs
from groundswell.model.saved_model import SavedBaseline
from groundswell.recipe import Recipe
from groundswell.representation.lexicon import LEXICONS, Lexicon, load_lexicon
from groundswell.representation.ngram_features import NgramFeatures, learn_ngrams
from groundswell.results import Fitted
from groundswell.text.cleaning import clean
from groundswell.text.own_tokens import learn_segmentation
from groundswell.text.segmentation import Segmentation
from groundswell.text.segmentation_zh import read_user_dictionary
from groundswell.training import linear_fit
from groundswell.training.loop import History
from groundswell.tuning.trainable import Parameters
from groundswell.types import Example

# Learned pieces (bpe, unigram) that n-grams are made of.
PIECES = 30_000


def fit_baseline(
    recipe: Recipe, splits: Splits, outputs: Outputs, shares: np.ndarray[Any, Any] | None = None
) -> Fitted:
    """The recipe's baseline, fitted on the training texts; margins of a support vector machine are scaled on dev.

    shares   (N, C) of each training text in each class, in place of its gold label

    What no feature stands for is counted as unknown in `splits.accounting`.

    Raises RecipeError when class weights are given that the baseline cannot use, DataError when no n-gram is left.
    """
    _check_class_weights(recipe)
    linear_fit.load_libraries()
    if recipe.text.tokens == "jieba":
        Segmentation("jieba")([""])  # reads its dictionary once in a process; no baseline is to pay for that
    began = time.monotonic()
    kind, examples = recipe.model.encoder, splits.examples["train"]
    texts = _cleaned(recipe, examples)
    lexicon = _lexicon(recipe)
    segmentation = _segmentation(recipe, texts, lexicon)
    tokens = segmentation(texts)
    features, rows = (lexicon, feature_rows(lexicon, tokens)) if lexicon is not None else _ngrams(recipe, tokens)
    targets = outputs.targets(examples).numpy() if shares is None else shares
    weights = _fit(recipe, rows, targets, len(outputs.labels))
    classifier = LinearClassifier(segmentation, features, weights)
    if kind in ("nb_svm", "linear_svm"):
        classifier = _scaled(classifier, splits.examples["dev"], recipe, outputs)
    history = History(steps=1, items=len(examples), seconds=time.monotonic() - began)
    for split, found in splits.examples.items():
        cut = tokens if split == "train" else segmentation(_cleaned(recipe, found))
        splits.accounting[split].unknown = _unknown_share(features, cut)
    saved = SavedBaseline(classifier, outputs, recipe.text.cleaning)
    parameters = Parameters(classifier.num_weights, classifier.num_weights, 0)
    return Fitted(outputs.labels, history, parameters, None, "float32", lambda: saved)


def _check_class_weights(recipe: Recipe) -> None:
    kind, weights = recipe.model.encoder, recipe.training.class_weights
    if weights != "none" and (kind not in ("logistic_regression", "linear_svm") or weights != "balanced"):
        raise RecipeError(
            [
                f"training.class_weights: found {weights!r}, expected none with model.encoder={kind!r}; "
                "logistic_regression and linear_svm also take balanced"
            ]
        )


def _cleaned(recipe: Recipe, examples: Sequence[Example]) -> list[str]:
    return [clean(example.text, recipe.text.cleaning) for example in examples]


def _unknown_share(features: NgramFeatures | Lexicon, texts: Sequence[Sequence[str]]) -> float:
    """Share of all tokens that no n-gram stands for; a lexicon passes over most words on purpose."""
    if isinstance(features, Lexicon):
        return 0.0
    unknown = sum(len(tokens) * (1.0 - features.known_share(tokens)) for tokens in texts)
    return unknown / max(1, sum(map(len, texts)))


def _lexicon(recipe: Recipe) -> Lexicon | None:
    """The words that a lexicon or, with none, the majority goes by; None for baselines on n-grams."""
    name = recipe.model.linear.lexicon
    if recipe.model.encoder == "majority":
        return Lexicon({})
    if name is None:
        return None
    return load_lexicon(LEXICONS / f"{name}.csv" if name in ("en", "zh") else Path(name))


def _segmentation(recipe: Recipe, texts: Sequence[str], lexicon: Lexicon | None) -> Segmentation:
    text = recipe.text
    assert text.tokens is not None  # the recipe fills it in
    user_words = read_user_dictionary(Path(text.user_dictionary)) if text.user_dictionary else ()
    if lexicon is not None and text.tokens == "jieba":
        user_words = (*user_words, *lexicon.entries)  # a word that is cut in two is never found
    return learn_segmentation(texts, text.tokens, size=PIECES, user_words=user_words)


def _ngrams(recipe: Recipe, tokens: Sequence[Sequence[str]]) -> tuple[NgramFeatures, Any]:
    given, text = recipe.model.linear, recipe.text
    assert given.ngrams is not None  # the recipe fills these in
    assert given.weighting is not None
    assert text.min_count is not None
    assert text.vocabulary_size is not None
    return learn_ngrams(
        tokens, sizes=(1, given.ngrams), weighting=given.weighting, min_count=text.min_count,
        max_features=text.vocabulary_size,
    )  # fmt: skip


def _fit(recipe: Recipe, rows: Any, targets: np.ndarray[Any, Any], num_classes: int) -> LinearWeights:
    strength, balanced = recipe.model.linear.strength or 1.0, recipe.training.class_weights == "balanced"
    kind = recipe.model.encoder
    if kind == "majority":
        return linear_fit.fit_majority(targets, rows.shape[1], num_classes)
    if kind == "naive_bayes":
        return linear_fit.fit_naive_bayes(rows, targets, num_classes)
    if kind == "nb_svm":
        return linear_fit.fit_nb_svm(rows, targets, num_classes, strength=strength, seed=recipe.seed)
    if kind == "linear_svm":
        return linear_fit.fit_linear_svm(
            rows, targets, num_classes, strength=strength, balanced=balanced, seed=recipe.seed
        )
    return linear_fit.fit_logistic_regression(rows, targets, num_classes, strength=strength, balanced=balanced)


def _scaled(classifier: LinearClassifier, dev: Sequence[Example], recipe: Recipe, outputs: Outputs) -> LinearClassifier:
    """The same decisions, with margins scaled so that their softmax is as probable as can be on dev."""
    texts = _cleaned(recipe, dev)
    logits = classifier.logits(classifier.read(texts)).double().numpy()
    factor = 1 / fit_temperature(logits, outputs.targets(dev).numpy())
    weights = LinearWeights(classifier.weights.weights * factor, classifier.weights.bias * factor)
    return LinearClassifier(classifier.segmentation, classifier.features, weights)
