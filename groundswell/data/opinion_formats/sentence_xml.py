"""Sentences with their text and opinions, as both SemEval formats have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from groundswell.data.opinion_formats.drafts import BadElementError, DraftOpinion, DraftText, draft_each
from groundswell.data.opinion_formats.intake import OUT_OF_SCOPE, Intake
from groundswell.data.opinion_formats.writing import Tally
from groundswell.data.opinion_formats.xml_elements import UNWRITABLE, Element, attribute, characters
from groundswell.errors import DataError
from groundswell.types import Example


def read_sentences(
    root: Element, intake: Intake, names: Sequence[str], draft_opinion: Callable[[Element], DraftOpinion]
) -> None:
    """Gives every sentence below `root` to the intake.

    names  of the elements that are opinions; a file without one of them has not been annotated
    """
    groups = [(review.attributes.get("rid"), review.all("sentence")) for review in root.all("Review")]
    sentences = [(group, sentence) for group, found in groups or [(None, root.all("sentence"))] for sentence in found]
    if not sentences:
        raise DataError(f"{root.place}: <{root.name}> without a <sentence>. Expected sentences with their opinions.")
    annotated = any(root.all(name) for name in names)
    for row, (group, sentence) in enumerate(sentences, start=1):
        text = sentence.child("text")
        if sentence.attributes.get("OutOfScope", "").upper() == "TRUE":
            intake.drop_text(OUT_OF_SCOPE, row)
        elif text is None:
            bad = BadElementError("no text", sentence.place, "<sentence> without <text>, expected one. Add it.")
            intake.reject_text(bad, row, "")
        else:
            elements = [element for name in names for element in sentence.all(name)]
            opinions = draft_each(elements, draft_opinion) if annotated else None
            name = sentence.attributes.get("id")
            intake.add(DraftText(name, text.text, row, text.place, text.text, opinions, group=group))


def writable(examples: Sequence[Example], tally: Tally) -> Iterator[Example]:
    """The examples whose texts XML can hold; others are counted."""
    for example in examples:
        strings = [example.text, example.id, example.group or "", *(o.category or "" for o in example.opinions or ())]
        if any(map(UNWRITABLE.search, strings)):
            tally.lost["texts with characters that XML cannot hold, not written"] += 1
        else:
            yield example


def render_sentence(example: Example, inner: str) -> str:
    """A sentence of which `inner` holds the opinions."""
    text = characters(example.text)
    return f"  <sentence id={attribute(example.id)}>\n    <text>{text}</text>\n{inner}  </sentence>\n"
