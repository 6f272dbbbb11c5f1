"""Texts that stand in more than one split, and texts with two labels.

Texts are compared in a normal form without case, punctuation and blanks. Near duplicates share at least 0.8 of their
character n-grams, or are 12 to 48 characters long and differ in one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from groundswell.data.near_duplicates import LEAST_LENGTH, near_similarity, shared_keys
from groundswell.types import Example

LEAST_SIMILARITY = 0.8
_MOST_CANDIDATES = 64  # of one text in one split; so that a thousand variants of a template stay affordable
_SHOWN = 5
_NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Overlap:
    """A text of a later split that also stands in an earlier one.

    left_index, right_index   0-based places in the sequences that were compared
    similarity                0-1: share of character n-grams in common, 1.0 for exact; for short texts that differ
                              in one character the share of equal characters when that is higher
    """

    kind: Literal["exact", "near"]
    left_split: str
    left_index: int
    right_split: str
    right_index: int
    similarity: float


@dataclass(frozen=True, slots=True)
class Conflict:
    """One text (first spelling) that carries different targets in the same split; `rows` as in `Example`."""

    text: str
    rows: tuple[int, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    """A normal form and the places where it stands, by split."""

    text: str
    places: dict[str, list[int]]


def normal_form(text: str) -> str:
    """The text without case, punctuation and blanks; of a text that has nothing else, without case and blanks.

    >>> normal_form("Great, GREAT noodles!")
    'greatgreatnoodles'
    """
    folded = text.casefold()
    return _NOT_WORDS.sub("", folded) or "".join(folded.split())


def form_digest(form: str) -> bytes:
    """16 bytes that two normal forms have in common only when they are equal."""
    return hashlib.blake2b(form.encode(errors="surrogatepass"), digest_size=16).digest()


def find_overlaps(splits: Mapping[str, Sequence[str]]) -> list[Overlap]:
    """Exact and near duplicates between different splits; splits are compared in the order given.

    Each text of a later split is reported at most once per earlier split, exact before near, with its first partner
    there. Blank texts are left out. Time and memory grow with the number of characters, not with the pairs: of a text
    that shares keys with more than 64 others, as the variants of a template do, only 64 are compared, so that a near
    partner in such a crowd can be missed. Exact copies are never missed.
    """
    order = list(splits)
    forms = _collect_forms(splits)
    overlaps = [overlap for form in forms for overlap in _exact(form, order)]
    exact = {(overlap.left_split, overlap.right_split, overlap.right_index) for overlap in overlaps}
    for left_split, right_split, left, right, value in _near_pairs(forms, order):
        first = left.places[left_split][0]
        overlaps += [
            Overlap("near", left_split, first, right_split, index, value)
            for index in right.places[right_split]
            if (left_split, right_split, index) not in exact
        ]
    return sorted(
        overlaps, key=lambda found: (order.index(found.left_split), order.index(found.right_split), found.right_index)
    )


def find_conflicts(examples: Iterable[Example]) -> list[Conflict]:
    """Texts of one split that stand there with different targets or opinions, in order of their first row."""
    by_form: dict[bytes, list[Example]] = {}
    for example in examples:
        by_form.setdefault(form_digest(normal_form(example.text)), []).append(example)
    return [
        Conflict(
            text=same[0].text,
            rows=tuple(example.row for example in same),
            targets=tuple(dict.fromkeys(said_of(example) for example in same)),
        )
        for same in by_form.values()
        if len({said_of(example) for example in same}) > 1
    ]


def said_of(example: Example) -> str:
    """What is said about the text, so that two rows agree when it is equal: its label, labels, value or opinions."""
    if isinstance(example.target, tuple):
        return ", ".join(sorted(example.target)) or "no label"
    if example.opinions is None:
        return str(example.target)
    tuples = {
        (one.aspect and one.aspect.text, one.category, one.opinion and one.opinion.text, one.polarity)
        for one in example.opinions
    }
    return "; ".join(sorted(" · ".join(part or "implicit" for part in one) for one in tuples)) or "no opinion"


def leakage_summary(overlaps: Sequence[Overlap]) -> dict[str, Any]:
    """Per pair such as `train/test`: how many texts of the second split stand in the first, and the first five."""
    summary: dict[str, Any] = {}
    for overlap in overlaps:
        pair = summary.setdefault(f"{overlap.left_split}/{overlap.right_split}", {"exact": 0, "near": 0, "first": []})
        pair[overlap.kind] += 1
        if len(pair["first"]) < _SHOWN:
            pair["first"].append(
                {
                    "kind": overlap.kind,
                    overlap.left_split: overlap.left_index,
                    overlap.right_split: overlap.right_index,
                    "similarity": round(overlap.similarity, 4),
                }
            )
    return summary


def _collect_forms(splits: Mapping[str, Sequence[str]]) -> list[_Form]:
    forms: dict[bytes, _Form] = {}
    for split, texts in splits.items():
        for index, text in enumerate(texts):
            normal = normal_form(text)
            if normal:
                form = forms.setdefault(form_digest(normal), _Form(normal, {}))
                form.places.setdefault(split, []).append(index)
    return list(forms.values())


def _exact(form: _Form, order: list[str]) -> list[Overlap]:
    found = [split for split in order if split in form.places]
    return [
        Overlap("exact", left, form.places[left][0], right, index, 1.0)
        for place, right in enumerate(found)
        for left in found[:place]
        for index in form.places[right]
    ]


def _near_pairs(forms: list[_Form], order: list[str]) -> Iterable[tuple[str, str, _Form, _Form, float]]:
    """`(left split, right split, left, right, similarity)`, the first partner of each right form per left split."""
    longer = [form for form in forms if len(form.text) >= LEAST_LENGTH - 1]  # the partner may have one more
    candidates = _candidates(longer, order)
    for (right, left_split, right_split), lefts in sorted(candidates.items()):
        for left in sorted(lefts):
            value = near_similarity(longer[left].text, longer[right].text, LEAST_SIMILARITY)
            if value is not None:
                yield left_split, right_split, longer[left], longer[right], value
                break


def _candidates(forms: list[_Form], order: list[str]) -> dict[tuple[int, str, str], set[int]]:
    """`(right, left split, right split)` -> places of forms that share a key with it."""
    candidates: dict[tuple[int, str, str], set[int]] = {}
    splits_of = [frozenset(form.places) for form in forms]
    groups = []
    for owners, starts in shared_keys([form.text for form in forms]):
        for start, end in pairwise(starts.tolist()):
            group = owners[start:end]
            if len(frozenset().union(*(splits_of[member] for member in group))) > 1:
                groups.append(group)
    # a key that few texts share says more than the opening words of a template: those pairs get their place first
    for group in sorted(groups, key=len):
        _pair_up(group.tolist(), splits_of, order, candidates)
    return candidates


def _pair_up(
    group: list[int],
    splits_of: list[frozenset[str]],
    order: list[str],
    candidates: dict[tuple[int, str, str], set[int]],
) -> None:
    for place, right_split in enumerate(order):
        rights = [member for member in group if right_split in splits_of[member]]
        for left_split in order[:place] if rights else ():
            lefts = [member for member in group if left_split in splits_of[member]][:_MOST_CANDIDATES]
            for right in rights:
                known = candidates.setdefault((right, left_split, right_split), set())
                if len(known) < _MOST_CANDIDATES:
                    known.update(left for left in lefts if left != right)
