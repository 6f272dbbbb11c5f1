"""Tokens with their tags, one per line, a blank line between texts (BIO and BIEOS columns).

One text in each form, as it stands in the file (our own sentences):

    屏 B-ASP        noodles S-ASP        noodles S-POS
    幕 I-ASP        were O               were O
    很 B-OPN        superb S-OPN         superb O
    亮 I-OPN

ASP tags aspects and OPN opinion words, neither paired nor with a polarity: each span is read as an opinion of its own,
neutral, and counted. POS, NEU and NEG tag aspects with their polarity. Written are ASP and OPN where any opinion has
words, else POS, NEU and NEG. A span cannot overlap another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from groundswell.data.opinion_formats.document import Document, Line
from groundswell.data.opinion_formats.drafts import BadElementError, DraftOpinion, DraftText, Role
from groundswell.data.opinion_formats.intake import Intake
from groundswell.data.opinion_formats.polarity_names import SHORT_NAMES
from groundswell.data.opinion_formats.tag_schemes import Scheme, TaggedSpan, WrongTag, read_tags, write_tags
from groundswell.data.opinion_formats.tokens import Tokens, split_tokens, token_range
from groundswell.data.opinion_formats.writing import Holding, Render, Tally, tokenized
from groundswell.types import Example, Span

HOLDS = Holding(frozenset({"aspect", "opinion", "polarity"}), needs=(frozenset({"aspect", "opinion"}),))
_ROLES: dict[str, Role] = {"ASP": "aspect", "OPN": "opinion"}
KINDS = (*_ROLES, *SHORT_NAMES.values())
_ROW = re.compile(r"(.+?)[ \t]+([^ \t]+)[ \t]*")


def reader(scheme: Scheme) -> ReadTags:
    """A reader of one scheme; the row of a text is the line of its first token."""
    return ReadTags(scheme)


class ReadTags:
    """Gives every text of a file of tags to the intake."""

    def __init__(self, scheme: Scheme) -> None:
        self._scheme = scheme

    def __call__(self, document: Document, intake: Intake) -> None:
        for lines in _blocks(document):
            raw = "\n".join(line.text for line in lines)
            try:
                intake.add(self._draft(document, lines, raw))
            except BadElementError as bad:
                intake.reject_text(bad, lines[0].number, raw)

    def _draft(self, document: Document, lines: list[Line], raw: str) -> DraftText:
        rows = [_split(document, line) for line in lines]
        tokens = Tokens([token for token, _ in rows])
        places = [document.at(line.offset + line.text.rindex(tag)) for line, (_, tag) in zip(lines, rows, strict=True)]

        def draft(found: TaggedSpan | WrongTag) -> DraftOpinion | BadElementError:
            if isinstance(found, WrongTag):
                return BadElementError(
                    f"no valid {self._scheme.upper()}", places[found.token], f"{found.finding}. Mend the tag."
                )
            place = places[found.first]
            mention = tokens.mention(_ROLES.get(found.kind, "aspect"), found.first, found.end, place)
            is_words = mention.role == "opinion"
            polarity = None if found.kind in _ROLES else found.kind
            return DraftOpinion(place, None if is_words else mention, None, mention if is_words else None, polarity)

        opinions = tuple(map(draft, read_tags([tag for _, tag in rows], self._scheme, KINDS)))
        return DraftText(None, tokens.text, lines[0].number, document.at(lines[0].offset), raw, opinions)


def renderer(scheme: Scheme) -> Render:
    """A writer of one scheme."""

    def render(examples: Sequence[Example], tally: Tally) -> str:
        with_words = any(opinion.opinion for example in examples for opinion in example.opinions or ())
        blocks = []
        for example in examples:
            held = tokenized(example, tally)
            if held is None:
                continue
            spans = _tagged_spans(held, with_words, tally)
            tokens = split_tokens(held.text)
            tags, num_left_out = write_tags(spans, len(tokens), scheme)
            tally.lost["spans that overlap another one, not written"] += num_left_out
            blocks.append("".join(f"{token} {tag}\n" for token, tag in zip(tokens, tags, strict=True)))
            tally.texts += 1
            tally.opinions += len(spans) - num_left_out
        return "\n".join(blocks)

    return render


def _tagged_spans(example: Example, with_words: bool, tally: Tally) -> list[TaggedSpan]:
    """Every span once, by where it begins."""
    found: dict[TaggedSpan, None] = {}
    for opinion in example.opinions or ():
        if with_words:
            tally.lost["polarities"] += 1
            tally.lost["links between aspect and opinion words"] += bool(opinion.aspect and opinion.opinion)
        kind = "ASP" if with_words else SHORT_NAMES[opinion.polarity]
        for span, name in ((opinion.aspect, kind), (opinion.opinion, "OPN")):
            if span is not None:
                found[_tagged(span, name, example.text)] = None
    return sorted(found, key=lambda span: (span.first, span.end))


def _tagged(span: Span, kind: str, text: str) -> TaggedSpan:
    numbers = token_range(span, text)
    return TaggedSpan(numbers.start, numbers.stop, kind)


def _blocks(document: Document) -> Iterator[list[Line]]:
    block: list[Line] = []
    for line in document.lines():
        if line.text.strip():
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _split(document: Document, line: Line) -> tuple[str, str]:
    match = _ROW.fullmatch(line.text)
    if match is None:
        raise BadElementError(
            "no token and tag",
            document.at(line.offset),
            f"{line.text!r}, expected a token and its tag with a blank between, such as: noodles B-ASP. Mend the line.",
        )
    return match[1], match[2]
