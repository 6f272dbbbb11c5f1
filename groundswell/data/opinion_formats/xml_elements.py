"""XML elements with a place each, read without touching anything outside the file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from groundswell.data.opinion_formats.document import Document, Place
from groundswell.data.opinion_formats.drafts import BadElementError
from groundswell.errors import DataError

# What XML 1.0 cannot say, not even as a character reference.
UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_LEVELS = 100
_IN_TEXT = {"\r": "&#13;"}


@dataclass
class Element:
    """An element; `text` holds its characters, without those of the elements in it."""

    name: str
    attributes: dict[str, str]
    place: Place
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, name: str) -> list[Element]:
        """Every element of that name, however deep, in the order of the file."""
        found = [self] if self.name == name else []
        for child in self.children:
            found += child.all(name)
        return found

    def child(self, name: str) -> Element | None:
        """The first element of that name right below."""
        return next((child for child in self.children if child.name == name), None)

    def need(self, attribute: str) -> str:
        """The value of an attribute; BadElementError when it is missing."""
        if attribute not in self.attributes:
            raise BadElementError(
                f"no attribute {attribute!r}",
                self.place,
                f"<{self.name}> has no attribute {attribute!r}, but {', '.join(self.attributes) or 'none'}. Add it.",
            )
        return self.attributes[attribute]

    def offset(self, attribute: str) -> int:
        """The value of an attribute that holds an offset."""
        value = self.need(attribute)
        if not re.fullmatch("-?[0-9]{1,9}", value.strip()):
            raise BadElementError(
                "not an offset",
                self.place,
                f"{attribute}={value!r} in <{self.name}>, expected a whole number. Mend the offset.",
            )
        return int(value)


def parse_xml(document: Document) -> Element:
    """The outermost element.

    Raises DataError with line and column for XML that is not well-formed, and for a DOCTYPE that declares entities:
    nothing is expanded and nothing is fetched.
    """
    builder = _Builder(document)
    try:
        builder.parser.Parse(builder.encoded, True)
    except expat.ExpatError as error:
        finding = expat.errors.messages.get(error.code, str(error))
        raise DataError(f"{builder.here()}: not well-formed XML ({finding}). Mend the file.") from error
    return builder.outermost.children[0]


def attribute(value: object) -> str:
    """A value between quotes, such that it is read as it was."""
    return quoteattr(str(value), {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})


def characters(text: str) -> str:
    """A text between tags, such that it is read as it was."""
    return escape(text, _IN_TEXT)


class _Builder:
    """Builds the tree while expat reads UTF-8."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.encoded = document.text.encode("utf-8", errors="surrogatepass")
        self.outermost = Element("", {}, document.at(0))
        self._open = [self.outermost]
        self._counted = (0, 0)  # bytes, and the code points they are
        self.parser = expat.ParserCreate("utf-8")  # whatever the declaration says: the document is decoded already
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._refuse_entity

    def here(self) -> Place:
        """Where the parser is."""
        byte, code_points = self._counted
        now = max(byte, min(self._byte(), len(self.encoded)))
        code_points += len(self.encoded[byte:now].decode("utf-8", errors="ignore"))
        self._counted = (now, code_points)
        return self._document.at(code_points)

    def _byte(self) -> int:
        at_error = self.parser.ErrorByteIndex
        return int(at_error if at_error >= 0 else self.parser.CurrentByteIndex)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = Element(name, attributes, self.here())
        if len(self._open) > _MOST_LEVELS:
            raise DataError(
                f"{element.place}: <{name}> lies within {_MOST_LEVELS} other elements, expected a few levels. Mend the "
                "file."
            )
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].text += text

    def _refuse_entity(self, name: str, *declaration: Any) -> None:
        raise DataError(
            f"{self.here()}: the DOCTYPE declares the entity {name!r}, expected no such declarations: they can make a "
            "small file endless or read other files. Remove the DOCTYPE and write out what the entity stands for."
        )
