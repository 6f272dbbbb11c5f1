"""Which encoding a file of text has, and its text, with a place for every broken byte.

UTF-8 checks itself, so text that is valid UTF-8 is UTF-8. GB18030 and Big5 decode almost any pair of high bytes, so
between them the Chinese decides: decoded rightly, most characters are among the few hundred that every text uses.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Generator
from pathlib import Path
from typing import NoReturn

from groundswell.data.byte_source import ByteSource, find_bytes
from groundswell.data.suggestion import did_you_mean
from groundswell.errors import DataError
from groundswell.text.cleaning import clean

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "big5", "big5hkscs", "utf-16", "utf-16-le", "utf-16-be")
_SAMPLE_BYTES = 2**18
_SCAN_BYTES = 2**16
_JUDGED_CHARACTERS = 20_000
# Accented Latin letters misread as Chinese give rare characters: fewer common ones than this is no Chinese text.
_LEAST_COMMON_SHARE = 0.5
_LEAST_FREQUENT_SHARE = 0.2
# Text saved as UTF-8 with a few broken bytes, as against another encoding with a few lucky pairs.
_VALID_PER_BROKEN = 5

_USUAL_IN_UTF_16 = re.compile("[\t\n\r -\u024f\u2000-\u206f\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]")
_FREQUENT = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家"
    "种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十"
    "民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯"
    "月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女"
    "变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基"
    "眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今"
    "切院让识候带导争运吃味服快店房间差送慢价格便宜满评酒店早餐客环境质量包装喜欢推荐谢错贵买票机"
    "，。！？、；：“”（）《》「」…"
)


def detect_encoding(source: str | Path | bytes) -> str:
    """One of `ENCODINGS`, from the first 256 KiB.

    source  a path (decompressed by its suffix), or the bytes themselves
    raises  DataError with line and byte offset when the bytes are none of these
    """
    if isinstance(source, bytes):
        content = source
        return encoding_of(ByteSource("bytes", "", lambda: io.BytesIO(content)))
    return encoding_of(find_bytes(str(source)))


def encoding_of(source: ByteSource) -> str:
    """`detect_encoding` of an opened source."""
    sample, complete = source.head(_SAMPLE_BYTES)
    found = _by_mark(sample) or _by_nuls(sample)
    if found is None:
        found = "utf-8" if _decode(sample, "utf-8", complete) is not None else _by_content(sample, complete)
    if found is None:
        _raise_broken(source, "utf-8", "is valid in none of utf-8, gb18030 and big5")
    return found


def check_encoding(encoding: str) -> str:
    """The same name; raises DataError when Python knows no such encoding of text."""
    try:
        "a".encode(encoding)
    except LookupError:
        hint = did_you_mean(encoding, [*ENCODINGS, "latin-1", "cp1252", "gbk", "gb2312"])
        raise DataError(
            f"data.encoding: unknown encoding {encoding!r}.{hint} Leave it out to have it detected, or choose one of "
            f"{', '.join(ENCODINGS)}."
        ) from None
    return encoding


def text_lines(source: ByteSource, encoding: str, newline: str) -> Generator[str, None, None]:
    """The lines of the source with their ends, without a byte order mark at the start; closing it closes the file.

    newline  "" splits at CR, LF and CRLF; "\\n" at LF only, so that a CR inside a line stays
    raises   DataError with line and byte offset at the first byte that does not decode
    """
    with source.open() as stream, io.TextIOWrapper(stream, encoding, newline=newline) as text:
        try:
            for number, line in enumerate(text):
                yield line.lstrip("\ufeff") if number == 0 else line
        except UnicodeDecodeError:
            _raise_broken(source, encoding, f"is not valid {encoding}")


def bounded_lines(source: ByteSource, encoding: str, most_characters: int) -> Generator[str | None, None, None]:
    """The lines of the source without their ends (LF, CRLF); None for a line that is longer than `most_characters`.

    Of a line no more than that is held at a time, however long it is. Raises as `text_lines` does.
    """
    asked = most_characters + 2  # a line that just fits, with CR and LF
    with source.open() as stream, io.TextIOWrapper(stream, encoding, newline="\n") as text:
        try:
            start = True
            while piece := text.readline(asked):
                whole = piece.endswith("\n") or len(piece) < asked
                line = piece.removesuffix("\n").removesuffix("\r")
                line, start = line.lstrip("\ufeff") if start else line, False
                while not piece.endswith("\n") and len(piece) == asked:
                    piece = text.readline(asked)
                yield line if whole and len(line) <= most_characters else None
        except UnicodeDecodeError:
            _raise_broken(source, encoding, f"is not valid {encoding}")


def is_misread_utf_8(line: str, encoding: str) -> bool:
    """Whether a line that was decoded as GB18030 or Big5 is UTF-8 after all, as in a file that mixes encodings.

    Both decode nearly any high bytes, so nothing is raised. Four characters of three bytes that fit together by chance
    are rarer in Chinese text than one line in a hundred million.
    """
    if encoding not in ("gb18030", "big5", "big5hkscs") or line.isascii():
        return False
    try:
        return len(re.findall("[\u0800-\uffff]", line.encode(encoding).decode("utf-8"))) >= 4
    except UnicodeError:
        return False


def _by_mark(sample: bytes) -> str | None:
    if sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    return "utf-16" if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else None


def _by_nuls(sample: bytes) -> str | None:
    """UTF-16 without a mark: ASCII characters, at least line breaks and commas, have a NUL on one side."""
    first, second = sample[0::2].count(0), sample[1::2].count(0)
    few, many = sorted((first, second))
    if many < 0.01 * len(sample) or few > 0.5 * many:
        return None
    # A stray NUL in UTF-8 text is not UTF-16: there half of all the bytes of English are NULs.
    if many < 0.2 * len(sample) and _decode(sample, "utf-8", False) is not None:
        return None
    encoding = "utf-16-le" if second > first else "utf-16-be"
    decoded = _decode(sample, encoding, False)
    if not decoded:
        return None
    return encoding if len(_USUAL_IN_UTF_16.findall(decoded)) >= 0.9 * len(decoded) else None


def _by_content(sample: bytes, complete: bool) -> str | None:
    """UTF-8 with a few broken bytes, or a Chinese encoding; None when neither is likely."""
    decoded = sample.decode("utf-8", errors="replace")
    least_valid = _VALID_PER_BROKEN * decoded.count("\ufffd")
    # three bytes that fit together are proof; pairs are not, for 很好 in GB18030 holds pairs that are valid UTF-8
    if len(re.findall("[\u0800-\ufffc\U00010000-\U0010ffff]", decoded)) >= least_valid:
        return "utf-8"
    chinese, frequent = _by_chinese(sample, complete)
    if frequent < _LEAST_FREQUENT_SHARE and len(re.findall("[^\x00-\x7f\ufffd]", decoded)) >= least_valid:
        return "utf-8"
    return chinese


def _by_chinese(sample: bytes, complete: bool) -> tuple[str | None, float]:
    """The likeliest Chinese encoding, and the share of frequent characters under it."""
    best: tuple[float, str | None, float] = (0.0, None, 0.0)
    for encoding in ("gb18030", "big5", "big5hkscs"):
        decoded = _decode(sample, encoding, complete)
        if decoded is None:
            continue
        common, frequent = _chinese_shares(decoded, encoding)
        if common >= _LEAST_COMMON_SHARE and common + frequent > best[0]:
            best = (common + frequent, encoding, frequent)
    return best[1], best[2]


def _chinese_shares(decoded: str, encoding: str) -> tuple[float, float]:
    """Of the characters beyond ASCII: the share in the common half of the character set, and of frequent ones."""
    characters = re.findall("[^\x00-\x7f]", decoded)[:_JUDGED_CHARACTERS]
    first_bytes = [character.encode(encoding)[0] for character in characters]
    low, high = (0xA1, 0xD7) if encoding == "gb18030" else (0xA1, 0xC6)
    # GB18030 has its common characters where both bytes are high, the region of GB2312
    second_bytes = [(character.encode(encoding) + b"\x00")[1] for character in characters]
    least_second = 0xA1 if encoding == "gb18030" else 0x40
    common = sum(
        low <= first <= high and second >= least_second for first, second in zip(first_bytes, second_bytes, strict=True)
    )
    simplified = clean("".join(characters), ["traditional_to_simplified"])
    frequent = sum(character in _FREQUENT for character in simplified)
    return common / len(characters), frequent / len(characters)


def _decode(sample: bytes, encoding: str, complete: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample, complete)
    except UnicodeDecodeError:
        return None


def _raise_broken(source: ByteSource, encoding: str, finding: str) -> NoReturn:
    line, offset, byte = _first_broken(source, encoding)
    raise DataError(
        f"{source.name}:{line}: byte 0x{byte:02x} at offset {offset} {finding}. Save the file as UTF-8, or name its "
        "encoding: data.encoding: gb18030 (or big5, utf-16, latin-1 ...)."
    )


def _first_broken(source: ByteSource, encoding: str) -> tuple[int, int, int]:
    """1-based line, 0-based byte offset and value of the first byte that does not decode."""
    # the decoder of utf-8-sig counts from behind the mark, so offsets come from the plain one
    decoder = codecs.getincrementaldecoder("utf-8" if encoding == "utf-8-sig" else encoding)()
    num_lines, offset = 1, 0
    with source.open() as stream:
        while True:
            chunk = stream.read(_SCAN_BYTES)
            pending = decoder.getstate()[0]
            try:
                num_lines += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                valid = error.object[: error.start].decode(error.encoding, errors="ignore")
                start = offset - len(pending) + error.start
                return num_lines + valid.count("\n"), start, error.object[error.start]
            offset += len(chunk)
            if not chunk:
                raise AssertionError(f"{source.name} decodes as {encoding} after all")
