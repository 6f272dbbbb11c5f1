"""Findings about what texts begin or end with: the same words everywhere, or words that tell the label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from groundswell.data.findings import Finding, concerning, counted
from groundswell.types import Example

AFFIX = 4  # characters that texts must share at least
SHARE = 0.5  # of the texts
MOST_ELSEWHERE = 0.03  # of the texts with it, for a beginning or end that tells a label
_LEAST_ROWS = 20
_SHOWN = 60


def check_affixes(source: str, examples: Sequence[Example]) -> list[Finding]:
    """A beginning or end that half of all texts share, and one that half of a label's texts share and few others."""
    found = []
    for side, turned in _SIDES.items():
        texts = [turned(example.text) for example in examples]
        told = _telling(source, examples, texts, side)
        shared = _common(texts)
        if shared is not None and not told:
            affix, rows = _shown(shared.affix, side), [examples[place] for place in shared.places]
            what = f"{counted(len(rows), 'text')} ({len(rows) / len(examples):.0%}) {side} with {affix!r}"
            mend = "cut it off: it is read with every text, and takes the place of words that say something"
            found.append(concerning("note", f"common_{side}", source, rows, (what, mend)))
        found += told
    return found


def _telling(source: str, examples: Sequence[Example], texts: Sequence[str], side: str) -> list[Finding]:
    by_label: dict[str, list[int]] = {}
    for place, example in enumerate(examples):
        if isinstance(example.target, str):
            by_label.setdefault(example.target, []).append(place)
    found = []
    for label, own in by_label.items() if len(by_label) > 1 else ():
        shared = _common([texts[place] for place in own])
        if shared is None:
            continue
        num_texts = sum(text.startswith(shared.affix) for text in texts)
        elsewhere = num_texts - len(shared.places)
        if elsewhere > MOST_ELSEWHERE * num_texts:
            continue
        rows = [examples[own[place]] for place in shared.places]
        what = f"{counted(len(rows), 'text')} {side} with {_shown(shared.affix, side)!r}: "
        what += f"{len(rows) / len(own):.0%} of the label {label!r}, and {counted(elsewhere, 'text')} of others"
        mend = "cut it off: it tells the label, and will not be there in new texts"
        found.append(concerning("serious", "label_in_text", source, rows, (what, mend)))
    return found


class _Shared(NamedTuple):
    affix: str
    places: list[int]


def _common(texts: Sequence[str]) -> _Shared | None:
    """The longest common beginning of the texts that share the most frequent first characters; None below a half."""
    if len(texts) < _LEAST_ROWS:
        return None
    start, count = Counter(text[:AFFIX] for text in texts).most_common(1)[0]
    if count < SHARE * len(texts) or len(start) < AFFIX:
        return None
    places = [place for place, text in enumerate(texts) if text.startswith(start)]
    least, most = min(texts[place] for place in places), max(texts[place] for place in places)
    # what the first and the last in alphabetical order share, all between them share
    length = next((at for at, pair in enumerate(zip(least, most, strict=False)) if pair[0] != pair[1]), len(least))
    return _Shared(least[:length], places)


def _shown(affix: str, side: str) -> str:
    return affix[:_SHOWN] if side == "begin" else affix[:_SHOWN][::-1]


def _forwards(text: str) -> str:
    return text.strip()


def _backwards(text: str) -> str:
    return text.strip()[::-1]


_SIDES: dict[str, Callable[[str], str]] = {"begin": _forwards, "end": _backwards}
