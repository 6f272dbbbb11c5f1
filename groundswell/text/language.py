"""The language of a text, as far as groundswell tells languages apart: Chinese, English, or another one.

Scripts decide first; between languages in Latin letters the short words that every sentence needs decide, and
letters with marks that English does not use. No model, no library: a text costs some ten microseconds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from groundswell.types import Language

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile("[\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fd\u30fe\u31f0-\u31ff\uff66-\uff9d]")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_LATIN_WORD = re.compile("[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]+(?:['’][A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]+)?")
_OTHER_LETTER = re.compile(
    "[^\\W\\d_A-Za-zªº\u00c0-\u024f\u1e00-\u1eff\u1100-\u11ff\u3041-\u318f\u31f0-\u31ff\u3400-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\uff21-\uff9d\U00020000-\U0003ffff]"
)
_SAMPLE = 200
_KANA_SHARE = 0.15  # Chinese shop names borrow a の; a Japanese sentence has a kana in every phrase
# How much one piece says about the language, in Chinese characters. Chinese texts name products in Latin letters, so
# letters weigh little beside a function word, which only a sentence in that language has.
_WEIGHT_OF_LATIN_LETTER = 0.1
_WEIGHT_OF_FUNCTION_WORD = 1.0
_WEIGHT_OF_HANGUL = 0.6
_WEIGHT_OF_OTHER_LETTER = 0.3

# Words shared with English (war, hat, son, plus, super, pour) are left out of the other tables.
_WORDS = {
    "english": """the a an and or but of to in on at for with from by is are was were be been am it its it's this that
        these those i you he she we they my your his her our their me him us them not no don't didn't doesn't isn't
        wasn't can't won't very so too as if than then there here what which who when how all just only also good bad
        great love loved like have has had do does did will would can could should nice best worst never again really
        well get got out up""",
    "german": """der das und ist nicht ich sie wir ein eine einen einem einer mit auf für auch sehr gut schlecht aber
        oder wenn wie nur noch schon mehr zu zum zur von vom bei nach aus dem waren haben habe kein keine wurde immer
        wieder leider sich essen schön toll danke alles mir mich uns""",
    "french": """le la les un une du et est pas je il elle nous vous ils mais où donc avec dans cette ces ses très trop
        bien bon bonne mauvais mauvaise tout tous moins que qui c'est j'ai n'est ça été était sont suis avez avons
        merci jamais toujours rien produit livraison au aux qualité""",
    "spanish": """el los las unos y pero con para muy que está fue su sus más mucho bueno buena malo mala gracias nunca
        siempre todo nada como cuando también del este esta ese eso yo ella tiene tengo servicio recomiendo excelente
        calidad gusta encanta""",
    "italian": "gli che non sono molto questo questa anche della nel buono ottimo perché",
    "portuguese": "não muito uma você isso bom ótimo foi dos obrigado",
    "dutch": "het een niet zijn heel goed slecht maar voor ik jij dit dat deze",
    "indonesian": "yang tidak saya sangat bagus ini itu dengan untuk",
    "turkish": "çok bir güzel değil iyi için",
    "polish": "jest nie bardzo dobry się że",
    "swedish": "och är inte jag mycket",
}
_ENGLISH = frozenset(_WORDS["english"].split())
_OTHER_LANGUAGES = frozenset(word for words in _WORDS.values() for word in words.split()) - _ENGLISH
_ENGLISH_LOANS = frozenset(
    word
    for words in (
        "café cafés naïve résumé cliché clichés fiancé fiancée déjà entrée entrées crème brûlée purée sauté sautéed",
        "jalapeño jalapeños piñata façade décor pâté soufflé à née señor touché blasé passé maître roué fête",
    )
    for word in words.split()
)


def main_language(texts: Sequence[str]) -> Language:
    """The language of most texts, judged by 200 of them spread evenly; `other` for none.

    >>> main_language(["很好", "屏幕太暗", "good"])
    'zh'
    """
    sample = texts[:: max(1, len(texts) // _SAMPLE)]
    counts = Counter(map(detect_language, sample))
    return counts.most_common(1)[0][0] if counts else "other"


def detect_language(text: str) -> Language:
    """`zh`, `en` or `other`; `other` also for a text without a letter.

    Chinese is simplified or traditional. A text of both languages counts as what most of it is written in;
    a short text in ASCII letters counts as English unless its words speak against it.

    >>> detect_language("屏幕很好，but 电池不行"), detect_language("Nicht gut."), detect_language("👍 10/10")
    ('zh', 'other', 'other')
    """
    num_han = len(_HAN.findall(text))
    num_kana = len(_KANA.findall(text))
    words = [word.lower().replace("’", "'") for word in _LATIN_WORD.findall(text)]
    latin = _WEIGHT_OF_LATIN_LETTER * sum(map(len, words))
    latin += _WEIGHT_OF_FUNCTION_WORD * sum(word in _ENGLISH or word in _OTHER_LANGUAGES for word in words)
    foreign = _WEIGHT_OF_HANGUL * len(_HANGUL.findall(text))
    foreign += _WEIGHT_OF_OTHER_LETTER * len(_OTHER_LETTER.findall(text))
    if num_kana > _KANA_SHARE * (num_kana + num_han):
        foreign += num_han + num_kana
        num_han = 0
    if foreign == latin == num_han == 0 or foreign > max(num_han, latin):
        return "other"
    if num_han >= latin:
        return "zh"
    return "en" if _reads_as_english(text, words) else "other"


def count_languages(texts: Sequence[str], at_most: int = 1000) -> dict[Language, int]:
    """How many texts are in each language, the most frequent first; of many texts so many are read, evenly spread.

    >>> count_languages(["很好", "It was good.", "非常好"])
    {'zh': 2, 'en': 1}
    """
    step = -(-len(texts) // at_most) or 1
    return dict(Counter(map(detect_language, texts[::step])).most_common())


def _reads_as_english(text: str, words: list[str]) -> bool:
    english = sum(word in _ENGLISH for word in words)
    other = sum(word in _OTHER_LANGUAGES for word in words)
    marked = sum(not word.isascii() and word not in _ENGLISH_LOANS and word not in _OTHER_LANGUAGES for word in words)
    inverted = text.count("¿") + text.count("¡")
    return english >= other + marked + 2 * inverted
