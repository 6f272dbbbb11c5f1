"""How a file differs from the one before it: in its labels, lengths, languages and words.

The test of the words is a classifier's: when a linear model that has not seen a text can tell which file it is from,
the files differ (Lopez-Paz and Oquab 2017, https://arxiv.org/abs/1610.06545).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from groundswell.data.findings import Finding, Severity
from groundswell.data.label_checks import count_labels
from groundswell.data.leakage import form_digest, normal_form
from groundswell.data.splitting import stratified_draw
from groundswell.errors import DataError
from groundswell.evaluation.two_samples import area_under_curve, label_shift
from groundswell.evaluation.typical_words import typical_words
from groundswell.representation.text_tfidf import learn_rows
from groundswell.text.language import detect_language
from groundswell.training.cross_validation import cross_validated_probabilities, draw_folds
from groundswell.types import Example

MOST_ROWS = 5_000  # of each file; more move the third digit
LEAST_ROWS = 50
NOTED_AREA, WARNED_AREA = 0.6, 0.75
NOTED_PSI, WARNED_PSI = 0.1, 0.25
NOTED_LENGTH = 0.2  # Kolmogorov-Smirnov statistic
NOTED_LANGUAGE = 0.1  # change of a language's share
_SHOWN = 4


def check_drift(source: str, first: Sequence[Example], second: Sequence[Example], *, seed: int = 0) -> list[Finding]:
    """What differs between two files of 50 rows or more; nothing for smaller ones.

    source   how the pair is called
    """
    if min(len(first), len(second)) < LEAST_ROWS:
        return []
    drawn = [stratified_draw(examples, MOST_ROWS, seed) for examples in (first, second)]
    found = [
        _labels(source, first, second),
        _lengths(source, *drawn),
        _languages(source, *drawn),
        _words(source, *drawn, seed=seed),
    ]
    return [finding for finding in found if finding is not None]


def _labels(source: str, first: Sequence[Example], second: Sequence[Example]) -> Finding | None:
    counts = [count_labels(examples) for examples in (first, second)]
    names = sorted({*counts[0], *counts[1]})
    if not counts[0].keys() & counts[1].keys():
        return None
    shift = label_shift(*(np.array([count[name] for name in names], dtype=np.float64) for count in counts))
    if shift.psi < NOTED_PSI or shift.p_value > 0.01:
        return None
    shares = {name: tuple(count[name] / count.total() for count in counts) for name in names}
    moved = sorted(shares, key=lambda name: -abs(shares[name][1] - shares[name][0]))[:_SHOWN]
    shown = ", ".join(f"{name!r} {shares[name][0]:.0%} to {shares[name][1]:.0%}" for name in moved)
    return _finding(
        "warning" if shift.psi >= WARNED_PSI else "note", "label_drift", source,
        f"the shares of the labels differ: {shown} (stability index {shift.psi:.2f}, p {shift.p_value:.1g})",
        "find out which shares are those of real use; draw the file like it, or weigh the classes",
        psi=shift.psi, p_value=shift.p_value, shares={name: list(pair) for name, pair in shares.items()},
    )  # fmt: skip


def _lengths(source: str, first: Sequence[Example], second: Sequence[Example]) -> Finding | None:
    from scipy.stats import ks_2samp

    lengths = [[len(example.text) for example in examples] for examples in (first, second)]
    test = ks_2samp(*lengths)
    if test.statistic < NOTED_LENGTH or test.pvalue > 0.01:
        return None
    medians = [float(np.median(found)) for found in lengths]
    return _finding(
        "note", "length_drift", source,
        f"the texts differ in length: median {medians[0]:,.0f} and {medians[1]:,.0f} characters",
        "train on texts as long as those you will meet; text.max_tokens must fit both",
        medians=medians, statistic=float(test.statistic),
    )  # fmt: skip


def _languages(source: str, first: Sequence[Example], second: Sequence[Example]) -> Finding | None:
    shares = []
    for examples in (first, second):
        counts = Counter(detect_language(example.text) for example in examples[: MOST_ROWS // 5])
        shares.append({name: count / counts.total() for name, count in counts.items()})
    change = {name: shares[1].get(name, 0.0) - shares[0].get(name, 0.0) for name in {*shares[0], *shares[1]}}
    most = max(change, key=lambda name: (round(abs(change[name]), 9), name))
    if abs(change[most]) < NOTED_LANGUAGE:
        return None
    return _finding(
        "warning", "language_drift", source,
        f"the languages differ: {most} {shares[0].get(most, 0.0):.0%} to {shares[1].get(most, 0.0):.0%}",
        "train on the languages you will meet, with an encoder that knows them", shares=shares,
    )  # fmt: skip


def _words(source: str, first: Sequence[Example], second: Sequence[Example], *, seed: int) -> Finding | None:
    texts = [example.text for example in (*first, *second)]
    is_second = np.arange(len(texts)) >= len(first)
    try:
        rows = learn_rows(texts)
    except DataError:  # no word in common: nothing to tell apart by
        return None
    # copies go together, so that a text in both files is not learned by heart
    folds = draw_folds(is_second.astype(np.int64), groups=[form_digest(normal_form(text)) for text in texts], seed=seed)
    scores = cross_validated_probabilities(rows.values, is_second.astype(np.int64), 2, folds=folds)[:, 1]
    area = area_under_curve(scores, is_second)
    if area.value < NOTED_AREA or area.low <= 0.5:
        return None
    presence = rows.presence()
    sums = [np.asarray(presence[chosen].sum(axis=0)).ravel() for chosen in (~is_second, is_second)]
    words = [typical_words(sums[side], sums[1 - side], rows.words) for side in (0, 1)]
    severity: Severity = "warning" if area.value >= WARNED_AREA else "note"
    return _finding(
        severity, "drift", source,
        f"a linear model tells which file a text is from (AUC {area.value:.2f}, {area.low:.2f} to {area.high:.2f}); "
        f"words of the first: {', '.join(words[0][:_SHOWN]) or 'none'}; of the second: "
        f"{', '.join(words[1][:_SHOWN]) or 'none'}",
        "expect lower figures on the second than on held-out rows of the first; draw both from one source if you can",
        auc=area._asdict(), words=words,
    )  # fmt: skip


def _finding(severity: Severity, code: str, source: str, what: str, mend: str, **details: Any) -> Finding:
    return Finding(severity, code, source, 0, what, mend, details=details)
