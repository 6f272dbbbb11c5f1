"""What word vectors know: agreement with people's judgements of likeness, and analogies solved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The analogies are asked among the most frequent words only, as is the custom.
AMONG = 300_000
# A correlation of fewer pairs says nothing.
FEWEST = 3


def evaluate_vectors(words: Sequence[str], vectors: NDArray[np.float32]) -> dict[str, dict[str, Any]]:
    """Per test what is measured, its value, and how many of the questions had known words.

    wordsim353   Spearman correlation of cosines with judged relatedness (Finkelstein et al. 2002)
    simlex999    the same with judged likeness (https://aclanthology.org/J15-4004)
    analogies    share of Google's questions answered right, of those with four known words
                 (https://arxiv.org/abs/1301.3781); letters' case does not count

    The questions come with gensim. Those with unknown words are left out, not guessed; `used` of `of` says how many
    were asked, and the value is None when none was.
    """
    from gensim.models import KeyedVectors
    from gensim.test.utils import datapath

    keyed: Any = KeyedVectors(vectors.shape[1])
    keyed.add_vectors(list(words), vectors)
    found: dict[str, dict[str, Any]] = {}
    known = {word.upper() for word in words[:AMONG]}
    for name, file in (("wordsim353", "wordsim353.tsv"), ("simlex999", "simlex999.txt")):
        pairs = _pairs(datapath(file))
        used, value = sum({first, second} <= known for first, second in pairs), None
        if used >= FEWEST:
            _, spearman, _ = keyed.evaluate_word_pairs(datapath(file), restrict_vocab=AMONG)
            value = float(spearman.statistic)
        found[name] = {"figure": "Spearman", "value": value, "used": used, "of": len(pairs)}
    path = datapath("questions-words.txt")
    accuracy, sections = keyed.evaluate_word_analogies(path, restrict_vocab=AMONG)
    used = sum(len(sections[-1][answer]) for answer in ("correct", "incorrect"))
    questions = sum(not line.startswith(":") for line in Path(path).read_text(encoding="utf-8").splitlines() if line)
    found["analogies"] = {
        "figure": "accuracy",
        "value": float(accuracy) if used else None,
        "used": used,
        "of": questions,
    }
    return found


def _pairs(path: str) -> list[tuple[str, str]]:
    """The word pairs of a tab-separated file, in capitals."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    rows = [line.upper().split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return [(row[0], row[1]) for row in rows]
