"""Mistakes worth reading and the words behind answers, as parts of the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groundswell.evaluation import report_wording as words
from groundswell.evaluation.report_facts import ReportFacts, Values
from groundswell.evaluation.report_markup import (
    Html,
    details,
    excerpt,
    joined,
    number,
    percent,
    table,
    tag,
    with_interval,
)
from groundswell.evaluation.report_metrics import split_name
from groundswell.evaluation.report_wording import Say

MOST_CHARACTERS = 600
MOST_CHARACTERS_OF_A_NEIGHBOUR = 240
MOST_MISTAKES, MOST_LABEL_ERRORS, MOST_CLUSTERS, MOST_EXAMPLES = 12, 20, 10, 12
FAINTEST = 0.08  # of the heaviest word: what weighs less is not marked


def errors_part(facts: ReportFacts, say: Say) -> list[Html]:
    """Confident mistakes with the training texts nearest to them, gold labels that look wrong, kinds of mistakes."""
    found = facts.findings.get("errors") or {}
    parts = [
        *_titled(say(words.CONFIDENT), _mistakes(found.get("confident") or [], say)),
        *_titled(say(words.LABEL_ERRORS), _label_errors(found.get("label_errors") or [], say)),
        *_titled(say(words.CLUSTERS), _clusters(found.get("clusters") or [], say)),
    ]
    return [*_from_split(facts, say), *parts] if parts else []


def evidence_part(facts: ReportFacts, say: Say) -> list[Html]:
    """Answers with the words that speak for and against them, and how faithful such words are."""
    found = facts.findings.get("evidence") or {}
    examples = (found.get("examples") or [])[:MOST_EXAMPLES]
    parts = []
    if examples:
        note = say(words.EVIDENCE_NOTE, method=say.term(found.get("method", "")))
        items = (_example(example, say) for example in examples)
        parts += [tag("p", note, class_="note"), tag("ul", *items, class_="mistakes evidence")]
    return parts + _faithfulness(found.get("faithfulness") or {}, say)


def label_text(value: object, say: Say) -> str:
    """A label, several of them, or a number, for people."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or say(words.NONE)
    return number(value)


def _titled(title: str, content: Sequence[Html]) -> list[Html]:
    return [tag("h3", title), *content] if content else []


def _from_split(facts: ReportFacts, say: Say) -> list[Html]:
    split = facts.findings.get("split")
    return [tag("p", say(words.FROM_SPLIT, split=split_name(split, say)), class_="note")] if split else []


def _shown(text: object, say: Say, most: int = MOST_CHARACTERS) -> Html:
    written = str(text or "")
    return tag("p", excerpt(written, most, say(words.CHARACTERS_IN_ALL, count=len(written))), dir="auto")


def _mistakes(mistakes: Sequence[Values], say: Say) -> list[Html]:
    if not mistakes:
        return []
    return [tag("ul", *(_mistake(mistake, say) for mistake in mistakes[:MOST_MISTAKES]), class_="mistakes")]


def _mistake(mistake: Values, say: Say) -> Html:
    nearest = mistake.get("nearest") or []
    folded = details(say(words.NEAREST), tag("ul", *(_neighbour(one, say) for one in nearest), class_="neighbours"))
    return tag("li", _shown(mistake.get("text"), say), _verdict(mistake, say), folded if nearest else None)


def _verdict(mistake: Values, say: Say) -> Html:
    confidence, row = mistake.get("confidence"), mistake.get("row")
    return tag(
        "p", f"{say(words.GOLD)} ", tag("b", label_text(mistake.get("gold"), say), dir="auto"),
        f" · {say(words.PREDICTED)} ",
        tag("span", label_text(mistake.get("predicted"), say), class_="wrong", dir="auto"),
        None if confidence is None else f" · {say(words.CONFIDENCE)} {percent(confidence)}",
        None if row is None else f" · #{row}", class_="verdict",
    )  # fmt: skip


def _neighbour(one: Values, say: Say) -> Html:
    about = f" · {say(words.SIMILARITY)} {number(one.get('similarity'), 2)}"
    label = tag("b", label_text(one.get("label"), say), dir="auto")
    text = _shown(one.get("text"), say, MOST_CHARACTERS_OF_A_NEIGHBOUR)
    row = None if one.get("row") is None else f" · #{one['row']}"
    return tag("li", text, tag("p", label, about, row, class_="verdict"))


def _label_errors(found: Sequence[Values], say: Say) -> list[Html]:
    if not found:
        return []
    shown = found[:MOST_LABEL_ERRORS]
    rows = [
        (
            number(one.get("row")),
            _shown(one.get("text"), say, MOST_CHARACTERS_OF_A_NEIGHBOUR),
            label_text(one.get("label"), say),
            tag("b", label_text(one.get("suggested"), say)),
            percent(one.get("probability")),
        )
        for one in shown
    ]
    caption = say(words.AND_MORE, shown=len(shown), all=len(found))
    header = ("#", *map(say, (words.TEXT, words.LABEL, words.SUGGESTED, words.PROBABILITY)))
    return [table(caption, header, rows, numbers=(4,))]


def _clusters(found: Sequence[Values], say: Say) -> list[Html]:
    return [
        details(
            say(words.CLUSTER, count=cluster["num_rows"], words=" · ".join(map(str, cluster.get("words") or []))),
            *_mistakes(cluster.get("examples") or [], say),
        )
        for cluster in found[:MOST_CLUSTERS]
    ]


def _example(example: Values, say: Say) -> Html:
    gold, answer, confidence = example.get("gold"), example.get("label"), example.get("confidence")
    wrong = gold is not None and gold != answer
    verdict = tag(
        "p", f"{say(words.ANSWER)} ", tag("span", label_text(answer, say), class_="wrong" if wrong else "right"),
        None if confidence is None else f" · {say(words.CONFIDENCE)} {percent(confidence)}",
        None if gold is None else f" · {say(words.GOLD)} {label_text(gold, say)}", class_="verdict",
    )  # fmt: skip
    return tag("li", tag("p", *_marked(example, say), dir="auto"), verdict)


def _marked(example: Values, say: Say) -> Iterator[Html]:
    """The text with its weighty words marked; of a long one the part around the heaviest word."""
    text = str(example.get("text", ""))
    weighed = sorted(example.get("words") or [], key=lambda word: int(word["start"]))
    heaviest = max(weighed, key=lambda word: abs(word["weight"]), default=None)
    most = abs(heaviest["weight"]) if heaviest else 0.0
    begin = 0 if heaviest is None or len(text) <= MOST_CHARACTERS else max(0, heaviest["start"] - MOST_CHARACTERS // 3)
    end = min(len(text), begin + MOST_CHARACTERS)
    place = begin
    if begin:
        yield Html("… ")
    for word in weighed:
        if word["start"] >= place and word["end"] <= end and most and abs(word["weight"]) >= FAINTEST * most:
            yield joined([text[place : word["start"]], _word(text[word["start"] : word["end"]], word["weight"], most)])
            place = word["end"]
    yield joined([text[place:end]])
    if len(text) > MOST_CHARACTERS:
        yield joined([" … ", say(words.CHARACTERS_IN_ALL, count=len(text))])


def _word(text: str, weight: float, most: float) -> Html:
    """A word with a shade and a line by how much it weighs; the kind of line says for what, without colour."""
    share, speaks_for = abs(weight) / most, weight > 0
    sign = tag("sup", "＋" if speaks_for else "−") if share >= 0.5 else None
    side = "for" if speaks_for else "against"
    return tag("mark", text, sign, class_=side, style=f"--share:{share:.2f}", title=f"{weight:+.3f}")


def _faithfulness(found: Values, say: Say) -> list[Html]:
    if not found:
        return []
    keys = ("comprehensiveness", "random_comprehensiveness", "sufficiency", "random_sufficiency")
    rows = [
        (say.term(method), *(with_interval(measured.get(key)) for key in keys)) for method, measured in found.items()
    ]
    comprehensiveness, sufficiency = say(words.COMPREHENSIVENESS), say(words.SUFFICIENCY)
    header = (
        say(words.METHOD), comprehensiveness, say(words.RANDOM, name=comprehensiveness), sufficiency,
        say(words.RANDOM, name=sufficiency),
    )  # fmt: skip
    return [table(say(words.FAITHFULNESS_CAPTION), header, rows, numbers=(1, 2, 3, 4))]
