"""Records of Python's logging without personal data, and in one line each.

handler.addFilter(redact_record)
"""

from __future__ import annotations

import logging
import re

from groundswell.text.redaction import redact

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_formatter = logging.Formatter()


def redact_record(record: logging.LogRecord) -> bool:
    """True, after the message, its arguments and its traceback were put into one redacted line.

    Control characters are written out, so that no message can pretend to be several.
    """
    message = record.getMessage()
    if record.exc_info and not record.exc_text:
        record.exc_text = _formatter.formatException(record.exc_info)
    if record.exc_text:
        message = f"{message}\n{record.exc_text}"
    record.msg, record.args = _one_line(redact(message).text), None
    record.exc_info = record.exc_text = record.stack_info = None
    return True


def _one_line(text: str) -> str:
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
