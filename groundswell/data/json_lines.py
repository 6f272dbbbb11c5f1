"""JSON Lines: one object per line, UTF-8 as a rule.

    {"id": 17, "text": "Great noodles.", "label": "positive"}

A line ends with LF or CRLF and with nothing else: U+2028 and the like may stand inside a text. Blank lines are no
rows, but they count as lines.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import closing
from itertools import islice
from typing import Any

from groundswell.data.byte_source import ByteSource
from groundswell.data.encoding import text_lines
from groundswell.data.rows import BadRow, OnBadRow, Row
from groundswell.errors import DataError

_PEEKED_ROWS = 100
_RAW_CHARACTERS = 4000


def read_keys(source: ByteSource, encoding: str) -> tuple[str, ...]:
    """Every key of the first 100 objects, in order of appearance; empty when there is no object among them."""
    keys: dict[str, None] = {}
    with closing(read_json_lines(source, encoding, lambda bad: None)) as rows:
        for row in islice(rows, _PEEKED_ROWS):
            keys |= dict.fromkeys(row.values)
    return tuple(keys)


def read_json_lines(source: ByteSource, encoding: str, on_bad_row: OnBadRow) -> Generator[Row, None, None]:
    """One row per object, numbered by line; a line that holds no JSON object goes to `on_bad_row`."""
    with closing(text_lines(source, encoding, newline="\n")) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            values, reason = _parse(line)
            if reason:
                raw = line.rstrip("\r\n")[:_RAW_CHARACTERS]
                on_bad_row(BadRow(number, f"{source.name}:{number}", reason, raw))
            else:
                yield Row(number, values)


def refuse_array(source: ByteSource) -> None:
    """Nothing; raises DataError for a file that is one JSON array."""
    raise DataError(
        f"{source.name}: one JSON array, but one object per line (JSON Lines) is expected. "
        f"Convert it: jq -c '.[]' {source.name} > rows.jsonl"
    )


def _parse(line: str) -> tuple[dict[str, Any], str]:
    """The object, or an empty one and what is wrong."""
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        return {}, f"not JSON ({error.msg} at character {error.pos + 1})"
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets without end
        return {}, f"not readable JSON ({error})"
    if not isinstance(value, dict):
        kind = {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}.get(type(value), "a number")
        return {}, f"not a JSON object but {kind}"
    return value, ""
