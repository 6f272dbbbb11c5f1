"""The user's dictionary of Chinese words."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundswell.errors import DataError
from groundswell.text.segmentation_zh import read_user_dictionary


def test_one_word_a_line_and_the_rest_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("\ufeff蓝瘦香菇 5 n\n\n快充\n快充 3\n", encoding="utf-8")
    assert read_user_dictionary(path) == ("蓝瘦香菇", "快充")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the user dictionary cannot be read (No such file or directory). Check the path"),
        ("快充".encode("gb18030"), "the user dictionary is not UTF-8 (byte 0). Save it as UTF-8"),
        (b" \n", "the user dictionary holds no word. Write one word on each line"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "words.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_user_dictionary(path)
    assert str(error.value) == f"{path}: {message}"
