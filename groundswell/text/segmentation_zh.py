"""Chinese words: jieba's dictionary and hidden Markov model, with the user's own words kept whole."""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path

from groundswell.errors import DataError
from groundswell.runtime import cache_folder

HAN = re.compile(r"([\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")


class ChineseWords:
    """The words of a text: runs of Chinese characters cut by jieba, everything else by the pattern `otherwise`.

    Safe to call from several threads; the dictionary is read at the first call (about a second, then from a cache).
    """

    def __init__(self, user_words: Sequence[str], *, otherwise: re.Pattern[str]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # jieba's source has old escapes, and asks setuptools for its files
            import jieba
        jieba.setLogLevel(logging.WARNING)
        self._otherwise = otherwise
        self._lock = threading.Lock()
        self._jieba = jieba.Tokenizer()
        # jieba's own place for its cache is the shared temporary folder, where anybody could put another one.
        folder = cache_folder() / "jieba"
        folder.mkdir(parents=True, exist_ok=True)
        self._jieba.tmp_dir = str(folder)
        self._jieba.initialize()
        for word in user_words:
            self._jieba.add_word(word)

    def __call__(self, text: str) -> list[str]:
        """The words of one text, in order."""
        words: list[str] = []
        for number, part in enumerate(HAN.split(text)):
            if number % 2:
                with self._lock:
                    words.extend(self._jieba.cut(part))
            else:
                words.extend(self._otherwise.findall(part))
        return words


def read_user_dictionary(path: Path) -> tuple[str, ...]:
    """The words of a dictionary file in UTF-8: one a line, what follows the first blank is ignored; DataError."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise DataError(f"{path}: the user dictionary cannot be read ({error.strerror}). Check the path") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: the user dictionary is not UTF-8 (byte {error.start}). Save it as UTF-8") from error
    words = [line.split()[0] for line in lines if line.strip()]
    if not words:
        raise DataError(f"{path}: the user dictionary holds no word. Write one word on each line")
    return tuple(dict.fromkeys(words))
