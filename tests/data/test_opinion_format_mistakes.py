"""Mistakes in files of XML and of lines with token numbers or strings, each named by line and column."""

from __future__ import annotations

from pathlib import Path

import pytest
from opinion_samples import refusal

MISTAKES = [
    (
        "semeval14",
        (
            '<sentences>\n<sentence id="1"><text>noodles</text>\n  <aspectTerm term="noodles" '
            'polarity="postive" from="0" to="7"/></sentence></sentences>'
        ),
        (
            "FILE:3:3: polarity 'postive' is unknown, expected positive, neutral or negative (also "
            "POS, NEU, NEG, 正面, 中性, 负面), or conflict, which is dropped. Did you mean 'positive'? "
            "Mend the word."
        ),
    ),
    (
        "semeval14",
        (
            '<sentences>\n<sentence id="1"><text>the noodles</text>\n  <aspectTerm term="noodles" '
            'polarity="positive" from="3" to="10"/></sentence></sentences>'
        ),
        (
            "FILE:3:3: aspect 'noodles' has the offsets 3-10, but the text holds ' noodle' there. "
            "'noodles' stands at 4-11: mend the offsets, or set data.repair=true."
        ),
    ),
    (
        "semeval14",
        (
            '<sentences>\n<sentence id="1"><text>the noodles</text>\n  <aspectTerm term="noodles" '
            'polarity="positive" from="4" to="70"/></sentence></sentences>'
        ),
        (
            "FILE:3:3: aspect 'noodles' has the offsets 4-70, but the text has 11 code points. "
            "'noodles' stands at 4-11: mend the offsets, or set data.repair=true."
        ),
    ),
    (
        "semeval14",
        (
            '<sentences>\n<sentence id="1"><text>the noodles</text>\n  <aspectTerm term="soup" '
            'polarity="positive" from="4" to="8"/></sentence></sentences>'
        ),
        (
            "FILE:3:3: aspect 'soup' does not occur in its text, expected a piece of the text, "
            "letter by letter. Mend the term."
        ),
    ),
    (
        "semeval14",
        (
            '<sentences>\n<sentence id="1"><text>the noodles</text>\n  <aspectTerm term="noodles" '
            'from="4" to="11"/></sentence></sentences>'
        ),
        "FILE:3:3: <aspectTerm> has no attribute 'polarity', but term, from, to. Add it.",
    ),
    (
        "semeval14",
        (
            '<sentences>\n<sentence id="1"><text>the noodles</text>\n  <aspectTerm term="noodles" '
            'polarity="positive" from="4" to="x"/></sentence></sentences>'
        ),
        "FILE:3:3: to='x' in <aspectTerm>, expected a whole number. Mend the offset.",
    ),
    (
        "semeval14",
        '<sentences>\n<sentence id="1"><text>好👍<b></text>\n  </sentence></sentences>',
        "FILE:2:31: not well-formed XML (mismatched tag). Mend the file.",
    ),
    (
        "semeval14",
        '<!DOCTYPE s [\n<!ENTITY a "b">]>\n<sentences/>',
        (
            "FILE:2:12: the DOCTYPE declares the entity 'a', expected no such declarations: they can "
            "make a small file endless or read other files. Remove the DOCTYPE and write out what "
            "the entity stands for."
        ),
    ),
    (
        "semeval14",
        "<sentences>\n</sentences>",
        "FILE:1:1: <sentences> without a <sentence>. Expected sentences with their opinions.",
    ),
    (
        "semeval16",
        (
            '<Reviews><Review><sentences><sentence id="1"><text>好</text><Opinions>\n<Opinion '
            'polarity="positive" target="NULL" from="0" '
            'to="0"/></Opinions></sentence></sentences></Review></Reviews>'
        ),
        (
            "FILE:2:1: an opinion that names neither aspect nor category nor opinion words, expected "
            "at least one. Remove it."
        ),
    ),
    (
        "semeval16",
        '<Reviews><sentence id="1"><Opinions/></sentence></Reviews>',
        "FILE:1:10: <sentence> without <text>, expected one. Add it.",
    ),
    (
        "aste",
        "The noodles were superb .\n",
        (
            "FILE:1:1: no #### between text and triplets, expected: text####[([aspect token "
            "numbers], [opinion token numbers], 'POS'), …]. Mend the line."
        ),
    ),
    (
        "aste",
        "The noodles were superb .####[([1], [9], 'POS')]\n",
        ("FILE:1:37: opinion names token 9, but the text has 5 tokens, numbered from 0. Mend the number."),
    ),
    (
        "aste",
        "The noodles were superb .####[([1], [1, 3], 'POS'), ([1], [3], 'GOOD')]\n",
        (
            "FILE:1:64: polarity 'GOOD' is unknown, expected positive, neutral or negative (also "
            "POS, NEU, NEG, 正面, 中性, 负面), or conflict, which is dropped. Mend the word."
        ),
    ),
    (
        "aste",
        "The noodles were superb .####[([1], [3], 'POS'\n",
        (
            "FILE:1:31: not a list ('(' was never closed), expected [([aspect token numbers], "
            "[opinion token numbers], 'POS'), …]. Mend the list."
        ),
    ),
    (
        "aste",
        "The noodles were superb .####[([1], 'POS')]\n",
        ("FILE:1:31: ([1], 'POS'), expected ([aspect token numbers], [opinion token numbers], 'POS'). Mend the list."),
    ),
    (
        "aste",
        "The noodles were superb .####[([1], [], 'POS')]\n",
        ("FILE:1:37: opinion [], expected the numbers of its tokens, such as [1, 2]. Mend the list."),
    ),
    (
        "aste",
        "The noodles were superb .####[([1], [3], __import__('os').system('true'))]\n",
        ("FILE:1:42: \"__import__('os').system('true')\", expected strings and numbers. Mend the list."),
    ),
    (
        "aste",
        "屏 幕####[((0, 2), (-1, -1), 'POS')]\n",
        ("FILE:1:10: aspect names token 2, but the text has 2 tokens, numbered from 0. Mend the number."),
    ),
    (
        "aste",
        "屏 幕####[((-2, 0), (-1, -1), 'POS')]\n",
        ("FILE:1:10: aspect names token -2, but the text has 2 tokens, numbered from 0. Mend the number."),
    ),
    (
        "asqp",
        "The noodles were superb .####[['soup', 'food', 'positive', 'superb']]\n",
        (
            "FILE:1:32: aspect 'soup' does not occur in its text, expected a piece of the text, "
            "letter by letter. Mend the term."
        ),
    ),
    (
        "asqp",
        "The noodles were superb .####[['noodles', 'food', 'positive']]\n",
        (
            "FILE:1:31: ['noodles', 'food', 'positive'], expected ['aspect', 'category', 'positive', "
            "'opinion words']. Mend the list."
        ),
    ),
    (
        "asqp",
        "The noodles were superb .####[['NULL', 'NULL', 'positive', 'NULL']]\n",
        (
            "FILE:1:31: an opinion that names neither aspect nor category nor opinion words, "
            "expected at least one. Remove it."
        ),
    ),
    (
        "acos",
        "The noodles were superb .####1,2 FOOD 3 3,4\n",
        ("FILE:1:39: polarity '3' is unknown, expected 0 (negative), 1 (neutral) or 2 (positive). Mend the number."),
    ),
    (
        "acos",
        "The noodles were superb .\t1,2 FOOD 2 3,3\n",
        ("FILE:1:38: opinion from token 3 up to token 3 is empty, expected at least one token. Mend the numbers."),
    ),
    (
        "acos",
        "The noodles were superb .\t1,2 FOOD\n",
        (
            "FILE:1:27: '1,2 FOOD' is no quad, expected: first,end CATEGORY 0-2 first,end, such as "
            "1,2 FOOD#QUALITY 2 3,4. Mend the quad."
        ),
    ),
    (
        "acos",
        '{"text": "a", "lables": []}\n',
        "FILE:1:1: no value of 'labels', but text, lables. Did you mean 'lables'? Add it.",
    ),
    (
        "acos",
        '{"text": "a", "labels": [{"aspect": "a", "opinion": 7, "polarity": "positive"}]}\n',
        "FILE:1:53: 'opinion' is a number, expected a string. Mend the value.",
    ),
]


@pytest.mark.parametrize(("format", "content", "message"), MISTAKES)
def test_a_mistake_is_named_by_line_and_column(tmp_path: Path, format: str, content: str, message: str) -> None:
    path = tmp_path / "a"
    path.write_text(content, encoding="utf-8", newline="")
    found = refusal(path, format)
    assert (found.partition("The first: ")[2] or found) == message.replace("FILE", str(path))
