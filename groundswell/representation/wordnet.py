"""WordNet: senses of English words and how they hang together, read by nltk from files of this machine.

>>> wordnet = open_wordnet()                                         # doctest: +SKIP
>>> wordnet.synsets("good")[0].definition()                          # doctest: +SKIP
'benefit'
>>> [sense.name() for sense in closure(wordnet.synset("panda.n.01"))][:3]   # doctest: +SKIP
['procyonid.n.01', 'carnivore.n.01', 'placental.n.01']
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from groundswell.errors import MissingExtraError

SYSTEM = Path("/usr/share/wordnet")
# Names of the lexicographers' files by number, as lexnames(5WN) lists them: Debian's package leaves that file out.
LEXNAMES = (
    "adj.all", "adj.pert", "adv.all", "noun.Tops", "noun.act", "noun.animal", "noun.artifact", "noun.attribute",
    "noun.body", "noun.cognition", "noun.communication", "noun.event", "noun.feeling", "noun.food",
    "noun.group", "noun.location", "noun.motive", "noun.object", "noun.person", "noun.phenomenon", "noun.plant",
    "noun.possession", "noun.process", "noun.quantity", "noun.relation", "noun.shape", "noun.state",
    "noun.substance", "noun.time", "verb.body", "verb.change", "verb.cognition", "verb.communication",
    "verb.competition", "verb.consumption", "verb.contact", "verb.creation", "verb.emotion", "verb.motion",
    "verb.perception", "verb.possession", "verb.social", "verb.stative", "verb.weather", "adj.ppl",
)  # fmt: skip
HOW_TO_GET_IT = (
    "WordNet's files are not on this machine. Install them in one of three ways: `apt-get install wordnet-base`; "
    "`python -m nltk.downloader wordnet`; or unpack WordNet 3.0's dict folder and set NLTK_DATA to the folder above "
    "corpora/wordnet"
)
Relation = Literal[
    "hypernyms", "hyponyms", "member_holonyms", "part_holonyms", "substance_holonyms", "member_meronyms",
    "part_meronyms", "substance_meronyms", "similar_tos", "also_sees", "entailments", "causes", "attributes",
]  # fmt: skip


def open_wordnet(folder: Path | None = None) -> Any:
    """nltk's reader: `synsets(word)`, `synset(name)`, `lemmas(word)`.

    folder   WordNet's dict folder; without it nltk's own data, then the system's package

    Raises MissingExtraError, which names three ways to get the data.
    """
    import nltk.data

    places = [folder] if folder else [_of_nltk(), SYSTEM]
    for place in places:
        if place is not None and (place / "data.noun").is_file():
            nltk.data.path.append(str(place))  # nltk reads only below the folders it was told of
            return _reader(place)
    raise MissingExtraError(HOW_TO_GET_IT + (f". Looked in {folder}" if folder else ""))


def closure(synset: Any, relation: Relation = "hypernyms") -> Iterator[Any]:
    """Everything that is reached by following a relation again and again, nearest first, each once."""
    waiting, seen = [synset], {synset}
    while waiting:
        reached = [other for one in waiting for other in getattr(one, relation)()]
        waiting = [other for other in dict.fromkeys(reached) if other not in seen]
        seen.update(waiting)
        yield from waiting


def path_similarity(first: Any, second: Any) -> float | None:
    """1 / (1 + steps of the shortest way over hypernyms), 0-1; None when there is no way.

    Verbs, and senses of two kinds, meet at a root that nltk puts above them all.
    """
    found: float | None = first.path_similarity(second)
    return found


def wu_palmer_similarity(first: Any, second: Any) -> float | None:
    """2 depth(c) / (depth(first) + depth(second)), c the deepest common hypernym; None when there is none.

    Wu & Palmer 1994 (https://aclanthology.org/P94-1019), depth counted in nodes from the root.
    """
    found: float | None = first.wup_similarity(second)
    return found


def _of_nltk() -> Path | None:
    import nltk.data

    try:
        return Path(str(nltk.data.find("corpora/wordnet")))
    except LookupError:
        return None


def _reader(folder: Path) -> Any:
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    class Reader(WordNetCorpusReader):  # type: ignore[misc]
        """nltk's reader, given the list of names where the folder lacks it; English only."""

        def open(self, file: str) -> Any:
            if file == "lexnames" and not (folder / file).is_file():
                return io.StringIO("".join(f"{number:02}\t{name}\t0\n" for number, name in enumerate(LEXNAMES)))
            return super().open(file)

        def map_wn(self, version: str = "wordnet") -> None:
            """No map to other languages, which would need nltk's own copy of the files."""

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*multilingual functions.*")  # other languages are not read here
        return Reader(str(folder), None)
