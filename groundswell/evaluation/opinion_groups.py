"""What people say about what: opinions under their category and aspect, counted, with intervals and quotes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from groundswell.data.analysed_records import AnalysedDocument
from groundswell.evaluation.aspect_names import AspectNames, fold
from groundswell.evaluation.opinion_quotes import BestQuotes, Quote
from groundswell.evaluation.proportions import Proportion, wilson
from groundswell.types import Opinion, Polarity

POLARITIES: tuple[Polarity, ...] = ("positive", "neutral", "negative")
Origin = Literal["named", "implied", "unnamed"]


@dataclass(frozen=True)
class Tally:
    """What some opinions come to.

    num_named, num_implied, num_unnamed   opinions whose aspect stands in the text, follows from the words of the
                                          opinion, or is not known; they add up to `num_opinions`
    num_documents    with at least one of the opinions
    shares           polarity -> share of the opinions with its 95 % Wilson interval
    net              share of positive less share of negative, -1 to 1
    mean_score       0-1
    mean_intensity   0-1; None when no opinion has one
    """

    num_opinions: int
    num_named: int
    num_implied: int
    num_unnamed: int
    num_documents: int
    shares: dict[Polarity, Proportion]
    net: float
    mean_score: float
    mean_intensity: float | None


@dataclass(frozen=True)
class AspectGroup:
    """The opinions on one aspect within a category.

    aspect   None: neither named nor implied
    names    spellings in the texts with how often they occur, the most frequent first
    """

    category: str | None
    aspect: str | None
    tally: Tally
    names: tuple[tuple[str, int], ...]
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class CategoryGroup:
    """The opinions of one category and its aspects, the most frequent first; None: opinions without a category."""

    category: str | None
    tally: Tally
    aspects: tuple[AspectGroup, ...]


@dataclass(frozen=True)
class Counts:
    """What became of every record and every opinion.

    num_records           all of them
    num_errors            texts that could not be analysed
    num_repeated          left out: id and text both stood in an earlier record
    num_shared_ids        kept: the id stood in an earlier record, with another text
    num_without_opinions  kept: records without any opinion
    num_below             opinions left out because of a score below `min_score`
    """

    num_records: int
    num_errors: int
    num_repeated: int
    num_shared_ids: int
    num_without_opinions: int
    num_below: int


@dataclass(frozen=True)
class OpinionGroups:
    """All groups of a source, the most frequent category first.

    min_score   opinions with a lower score were left out
    languages   language -> number of records with opinions
    """

    counts: Counts
    min_score: float
    overall: Tally
    categories: tuple[CategoryGroup, ...]
    languages: dict[str, int]

    @property
    def aspects(self) -> list[AspectGroup]:
        """Every aspect of every category, the most frequent first."""
        return sorted((group for each in self.categories for group in each.aspects), key=_by_size)


def group_opinions(
    documents: Iterable[AnalysedDocument], names: AspectNames, *, min_score: float = 0.0, num_quotes: int = 4
) -> OpinionGroups:
    """The groups of all opinions whose score is at least `min_score`; each document is looked at once.

    num_quotes   most quotes of an aspect
    """
    grouping = _Grouping(names, min_score, num_quotes)
    for document in documents:
        grouping.add(document)
    return grouping.result()


@dataclass
class _Sums:
    """A tally that is still being counted."""

    polarities: Counter[Polarity] = field(default_factory=Counter)
    origins: Counter[Origin] = field(default_factory=Counter)
    num_documents: int = 0
    last_line: int = 0
    score: float = 0.0
    intensity: float = 0.0
    num_intensities: int = 0

    def add(self, opinion: Opinion, origin: Origin, line: int) -> None:
        self.polarities[opinion.polarity] += 1
        self.origins[origin] += 1
        self.score += opinion.score
        if opinion.intensity is not None:
            self.intensity += opinion.intensity
            self.num_intensities += 1
        if line != self.last_line:
            self.num_documents += 1
            self.last_line = line

    def tally(self) -> Tally:
        total = self.polarities.total()
        shares = {polarity: wilson(self.polarities[polarity], total) for polarity in POLARITIES}
        return Tally(
            num_opinions=total,
            num_named=self.origins["named"],
            num_implied=self.origins["implied"],
            num_unnamed=self.origins["unnamed"],
            num_documents=self.num_documents,
            shares=shares,
            net=shares["positive"].value - shares["negative"].value,
            mean_score=self.score / total if total else 0.0,
            mean_intensity=self.intensity / self.num_intensities if self.num_intensities else None,
        )


class _Aspect:
    def __init__(self, num_quotes: int) -> None:
        self.listed: str | None = None
        self.sums = _Sums()
        self.names: Counter[str] = Counter()
        self.quotes = BestQuotes(num_quotes)

    def group(self, category: str | None) -> AspectGroup:
        names = tuple(sorted(self.names.items(), key=lambda item: (-item[1], item[0])))
        name = self.listed or (names[0][0] if names else None)
        return AspectGroup(category, name, self.sums.tally(), names, self.quotes.chosen())


class _Grouping:
    def __init__(self, names: AspectNames, min_score: float, num_quotes: int) -> None:
        self._names, self._min_score, self._num_quotes = names, min_score, num_quotes
        self._overall = _Sums()
        self._categories: dict[str | None, _Sums] = {}
        self._aspects: dict[str | None, dict[str | None, _Aspect]] = {}
        self._languages: Counter[str] = Counter()
        self._texts_of: dict[str, set[bytes]] = {}  # id -> digests, so that a long file fits into memory
        self._counts: Counter[str] = Counter()

    def add(self, document: AnalysedDocument) -> None:
        self._counts["records"] += 1
        if document.error is not None:
            self._counts["errors"] += 1
        elif not self._stood_before(document):
            self._counts["without_opinions"] += not document.opinions
            kept = [opinion for opinion in document.opinions if opinion.score >= self._min_score]
            self._counts["below"] += len(document.opinions) - len(kept)
            self._languages[document.language] += bool(kept)
            for opinion in kept:
                self._add(document, opinion)

    def _stood_before(self, document: AnalysedDocument) -> bool:
        if document.id is None:
            return False
        digest = hashlib.blake2b(document.text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        known = self._texts_of.setdefault(document.id, set())
        if digest in known:
            self._counts["repeated"] += 1
            return True
        self._counts["shared_ids"] += bool(known)
        known.add(digest)
        return False

    def _add(self, document: AnalysedDocument, opinion: Opinion) -> None:
        name, listed, origin = self._named(document, opinion)
        aspects = self._aspects.setdefault(opinion.category, {})
        aspect = aspects.setdefault(name, _Aspect(self._num_quotes))
        aspect.listed = aspect.listed or listed
        if opinion.aspect is not None:
            aspect.names[" ".join(opinion.aspect.text.split())] += 1
        aspect.quotes.offer(document, opinion)
        for sums in (self._overall, self._categories.setdefault(opinion.category, _Sums()), aspect.sums):
            sums.add(opinion, origin, document.line)

    def _named(self, document: AnalysedDocument, opinion: Opinion) -> tuple[str | None, str | None, Origin]:
        """The key of the aspect, its listed name if it has one, and where it comes from."""
        if opinion.aspect is not None:
            listed = self._names.canonical(opinion.aspect.text, document.language)
            return fold(listed or opinion.aspect.text), listed, "named"
        implied = opinion.opinion and self._names.implied_by(opinion.opinion.text, document.language)
        if implied:
            listed = self._names.canonical(implied, document.language) or implied
            return fold(listed), listed, "implied"
        return None, None, "unnamed"

    def result(self) -> OpinionGroups:
        categories = [
            CategoryGroup(
                category,
                sums.tally(),
                tuple(sorted((each.group(category) for each in self._aspects[category].values()), key=_by_size)),
            )
            for category, sums in self._categories.items()
        ]
        names = ("records", "errors", "repeated", "shared_ids", "without_opinions", "below")
        return OpinionGroups(
            counts=Counts(**{f"num_{name}": self._counts[name] for name in names}),
            min_score=self._min_score,
            overall=self._overall.tally(),
            categories=tuple(sorted(categories, key=_by_size)),
            languages={name: count for name, count in self._languages.most_common() if count},
        )


def _by_size(group: AspectGroup | CategoryGroup) -> tuple[bool, int, str, str]:
    """The largest first; what has no name comes after all that has one."""
    name = group.aspect if isinstance(group, AspectGroup) else group.category
    return name is None, -group.tally.num_opinions, group.category or "", name or ""
