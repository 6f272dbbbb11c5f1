"""Records of logging: one line each, without personal data."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from groundswell.serving.security.redacted_records import redact_record


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def logger(stream: io.StringIO) -> Iterator[logging.Logger]:
    handler = logging.StreamHandler(stream)
    handler.addFilter(redact_record)
    found = logging.getLogger("groundswell.test_redacted_records")
    found.propagate = False
    found.addHandler(handler)
    yield found
    found.removeHandler(handler)


def test_the_message_with_its_arguments(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.warning("%s asked from %s", "joe@example.com", "203.0.113.7")
    assert stream.getvalue() == "[EMAIL] asked from [IP]\n"


def test_the_traceback_too_and_all_in_one_line(logger: logging.Logger, stream: io.StringIO) -> None:
    try:
        raise ValueError("bad text: 打我电话13812345678\n2026 forged line")
    except ValueError:
        logger.exception("failed")
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert text.startswith("failed\\nTraceback (most recent call last):\\n")
    assert text.endswith("ValueError: bad text: 打我电话[PHONE]\\n2026 forged line\n")


def test_control_characters_are_written_out(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.error("\x1b[31m\r\n\u2028\u202e\x7f%d", 7)
    assert stream.getvalue() == "\\x1b[31m\\r\\n\\u2028\\u202e\\x7f7\n"


def test_a_record_that_passes_two_handlers_is_the_same(logger: logging.Logger, stream: io.StringIO) -> None:
    second = logging.StreamHandler(stream)
    second.addFilter(redact_record)
    logger.addHandler(second)
    logger.warning("100 %% of %s", "13812345678")
    logger.removeHandler(second)
    assert stream.getvalue() == "100 % of [PHONE]\n" * 2
