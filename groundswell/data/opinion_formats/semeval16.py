"""Targets with their categories in the sentences of reviews (SemEval-2015 task 12, SemEval-2016 task 5).

One row, as it stands in the file (our own sentence; the data sets are for research use, cite Pontiki et al. 2016):

    <Review rid="r1"><sentences><sentence id="r1:0"><text>The noodles were superb.</text><Opinions>
      <Opinion target="noodles" category="FOOD#QUALITY" polarity="positive" from="4" to="11"/>
      </Opinions></sentence></sentences></Review>

Offsets are code points of the decoded text, end-exclusive; target="NULL" from="0" to="0" is an implicit aspect.
Sentences marked OutOfScope are dropped and counted. Sentences of a review are one group, so that they stay in one
split. Opinions on whole reviews are not sentences' opinions: a warning counts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from groundswell.data.opinion_formats.document import Document
from groundswell.data.opinion_formats.drafts import DraftOpinion, Mention
from groundswell.data.opinion_formats.intake import Intake
from groundswell.data.opinion_formats.sentence_xml import read_sentences, render_sentence, writable
from groundswell.data.opinion_formats.writing import Holding, Tally
from groundswell.data.opinion_formats.xml_elements import Element, attribute, parse_xml
from groundswell.types import Example, Opinion

HOLDS = Holding(
    frozenset({"aspect", "category", "polarity", "id", "group"}), needs=(frozenset({"aspect", "category"}),)
)
_IMPLICIT = "NULL"


def read(document: Document, intake: Intake) -> None:
    """Gives every sentence to the intake; its row is its number in the file."""
    root = parse_xml(document)
    groups = [group for review in root.all("Review") for group in review.children if group.name == "Opinions"]
    of_reviews = sum(len(group.all("Opinion")) for group in groups)
    if of_reviews:
        intake.warn(f"{of_reviews:,} opinions on whole reviews are not read, only those on sentences")
    read_sentences(root, intake, ("Opinion",), _draft_opinion)


def render(examples: Sequence[Example], tally: Tally) -> str:
    """The whole document; examples of one group that follow one another are one review."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>\n<Reviews>\n']
    for name, sentences in groupby(writable(examples, tally), key=lambda example: example.group):
        review = "<Review>" if name is None else f"<Review rid={attribute(name)}>"
        lines.append(f"{review}<sentences>\n")
        for example in sentences:
            opinions = example.opinions or ()
            elements = "".join(map(_element, opinions))
            lines.append(render_sentence(example, f"    <Opinions>{elements}</Opinions>\n" if elements else ""))
            tally.texts += 1
            tally.opinions += len(opinions)
        lines.append("</sentences></Review>\n")
    return "".join([*lines, "</Reviews>\n"])


def _element(opinion: Opinion) -> str:
    span = opinion.aspect
    target, start, end = (_IMPLICIT, 0, 0) if span is None else (span.text, span.start, span.end)
    category = f" category={attribute(opinion.category)}" if opinion.category is not None else ""
    return f'<Opinion target={attribute(target)}{category} polarity="{opinion.polarity}" from="{start}" to="{end}"/>'


def _draft_opinion(element: Element) -> DraftOpinion:
    target = element.attributes.get("target", _IMPLICIT)
    aspect = None
    if target != _IMPLICIT or element.attributes.get("to", "0").strip() != "0":
        aspect = Mention("aspect", target, element.offset("from"), element.offset("to"), element.place)
    return DraftOpinion(
        place=element.place,
        aspect=aspect,
        category=element.attributes.get("category") or None,
        opinion=None,
        polarity=element.need("polarity"),
    )
