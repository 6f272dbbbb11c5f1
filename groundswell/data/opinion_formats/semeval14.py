"""Aspect terms and aspect categories of sentences (SemEval-2014 task 4).

One row, as it stands in the file (our own sentence; the data sets are for research use, cite Pontiki et al. 2014):

    <sentence id="s1"><text>The noodles were superb.</text>
      <aspectTerms><aspectTerm term="noodles" polarity="positive" from="4" to="11"/></aspectTerms>
      <aspectCategories><aspectCategory category="food" polarity="positive"/></aspectCategories></sentence>

Offsets are code points of the decoded text, end-exclusive. Terms and categories are opinions of their own: the format
does not say which term belongs to which category, and has no opinion words. `conflict` is dropped and counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.data.opinion_formats.document import Document
from groundswell.data.opinion_formats.drafts import DraftOpinion, Mention
from groundswell.data.opinion_formats.intake import Intake
from groundswell.data.opinion_formats.sentence_xml import read_sentences, render_sentence, writable
from groundswell.data.opinion_formats.writing import Holding, Tally
from groundswell.data.opinion_formats.xml_elements import Element, attribute, parse_xml
from groundswell.types import Example, Opinion

HOLDS = Holding(frozenset({"aspect", "category", "polarity", "id"}), needs=(frozenset({"aspect", "category"}),))


def read(document: Document, intake: Intake) -> None:
    """Gives every sentence to the intake; its row is its number in the file."""
    root = parse_xml(document)
    read_sentences(root, intake, ("aspectTerm", "aspectCategory"), _draft_opinion)


def render(examples: Sequence[Example], tally: Tally) -> str:
    """The whole document; an opinion with aspect and category becomes a term and a category."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>\n<sentences>\n']
    for example in writable(examples, tally):
        opinions = example.opinions or ()
        every_term = [_term(opinion) for opinion in opinions if opinion.aspect is not None]
        every_category = [_category(opinion) for opinion in opinions if opinion.category is not None]
        terms, categories = dict.fromkeys(every_term), dict.fromkeys(every_category)
        tally.lost["terms that stand twice in their text, written once"] += len(every_term) - len(terms)
        tally.lost["categories that stand twice in their text, written once"] += len(every_category) - len(categories)
        tally.lost["links between aspect and category"] += sum(
            opinion.aspect is not None and opinion.category is not None for opinion in opinions
        )
        inner = _group("aspectTerms", list(terms)) + _group("aspectCategories", list(categories))
        lines.append(render_sentence(example, inner))
        tally.texts += 1
        tally.opinions += len(terms) + len(categories)
    return "".join([*lines, "</sentences>\n"])


def _group(name: str, elements: list[str]) -> str:
    return f"    <{name}>{''.join(elements)}</{name}>\n" if elements else ""


def _term(opinion: Opinion) -> str:
    span = opinion.aspect
    if span is None:
        return ""
    return (
        f'<aspectTerm term={attribute(span.text)} polarity="{opinion.polarity}" from="{span.start}" to="{span.end}"/>'
    )


def _category(opinion: Opinion) -> str:
    return f'<aspectCategory category={attribute(opinion.category)} polarity="{opinion.polarity}"/>'


def _draft_opinion(element: Element) -> DraftOpinion:
    is_term = element.name == "aspectTerm"
    term = element.need("term") if is_term else ""
    start, end = (element.offset("from"), element.offset("to")) if is_term else (0, 0)
    return DraftOpinion(
        place=element.place,
        aspect=Mention("aspect", term, start, end, element.place) if is_term else None,
        category=None if is_term else element.need("category"),
        opinion=None,
        polarity=element.need("polarity"),
    )
