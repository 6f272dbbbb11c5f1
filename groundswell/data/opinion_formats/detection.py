"""Which format of opinions a file has, from the end of its name and its first lines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from groundswell.data.opinion_formats.acos import QUAD
from groundswell.data.opinion_formats.csv_fields import read_names
from groundswell.data.opinion_formats.document import Document
from groundswell.errors import DataError

# Ends of names to write to that say it all; .xml, .csv and .txt have several formats each.
_FORMAT_OF_SUFFIX = {
    ".jsonl": "records",
    ".ndjson": "records",
    ".json": "label_studio",
    ".aste": "aste",
    ".asqp": "asqp",
    ".acos": "acos",
    ".bio": "bio",
    ".bieos": "bieos",
}
_SNIFFED_CHARACTERS = 2**16
_ASTE = re.compile(r"####\s*\[\s*\(")
_ASQP = re.compile(r"####\s*\[\s*\[")
_ECPE = re.compile(r"\s*\S+ \d+\s*\n\s*\(\d+,\s*\d+\)")
_TAG = re.compile(r"\S+[ \t]+(O|([BIES])-[A-Z]+)[ \t]*")


def format_of_name(path: Path, known: list[str]) -> str:
    """The format that the end of a name stands for; DataError when it stands for several or none."""
    suffix = path.suffix.lower()
    if suffix in _FORMAT_OF_SUFFIX:
        return _FORMAT_OF_SUFFIX[suffix]
    raise DataError(
        f"{path}: the name does not say which format to write, expected one of {', '.join(_FORMAT_OF_SUFFIX)} at its "
        f"end. Name the format with --to: {', '.join(known)}."
    )


def detect(document: Document, known: list[str]) -> str:
    """The name of the format; DataError when the first lines are those of none."""
    head = document.text[:_SNIFFED_CHARACTERS]
    start = head.lstrip()
    sniff = next((sniff for mark, sniff in _SNIFFERS.items() if start.startswith(mark)), _by_lines)
    found = sniff(head)
    if found is None:
        raise DataError(
            f"{document.name}:1: the format cannot be told from the first lines. Name it as data.format: "
            f"{', '.join(known)}."
        )
    return found


def _by_element(head: str) -> str | None:
    if "<aspectTerm" in head or "<aspectCategor" in head:
        return "semeval14"
    if "<Review" in head or "<Opinion" in head:
        return "semeval16"
    return "semeval14" if "<sentences" in head else None


def _by_keys(head: str) -> str | None:
    try:
        row = json.loads(head.lstrip().partition("\n")[0])
    except ValueError:
        return None
    keys = row.keys() if isinstance(row, dict) else ()
    if "Text" in keys:
        return "dimabsa"
    if "text" in keys:
        return "acos" if "labels" in keys and "opinions" not in keys else "records"
    return None


def _by_array(head: str) -> str | None:
    return "label_studio" if re.match(r'\[\s*(\{[\s\S]*"data"\s*:|\]\s*$)', head.lstrip()) else None


def _by_lines(head: str) -> str | None:
    lines = [line.rstrip("\r") for line in head.split("\n") if line.strip()]
    if _ECPE.match(head.replace("\r", "")):
        return "ecpe"
    names = read_names(lines[0])
    if {"span", "label", "ordinal"} <= set(names):
        return "setfit"
    if "Reviews" in names or "AspectTerms" in names:
        return "zh_quads"
    if any(map(_ASTE.search, lines)):
        return "aste"
    if any(map(_ASQP.search, lines)):
        return "asqp"
    if any(QUAD.fullmatch(part) for line in lines for part in re.split("\t|####", line)[1:]):
        return "acos"
    # the last line may be cut off
    tags = [_TAG.fullmatch(line) for line in lines[:-1] or lines]
    if all(tags):
        return "bieos" if any(tag[2] in ("E", "S") for tag in tags if tag and tag[2]) else "bio"
    return "aste" if all(line.endswith("####[]") for line in lines) else None


_SNIFFERS: dict[str, Callable[[str], str | None]] = {"<": _by_element, "{": _by_keys, "[": _by_array}
