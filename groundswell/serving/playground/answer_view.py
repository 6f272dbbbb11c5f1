"""Records as markup: label, scores, what abstaining means, and opinions marked in the text; everything is escaped."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from groundswell.errors import RequestError
from groundswell.evaluation.report_markup import Html, joined, tag
from groundswell.explanation.record import Explanation
from groundswell.explanation_page import explanation_section
from groundswell.serving.playground.wording import WORDINGS

Record = Mapping[str, Any]
SIGNS = {"positive": "+", "neutral": "~", "negative": "\N{MINUS SIGN}"}


def notice(told: str) -> Html:
    """What a person must do before there is an answer."""
    return tag("p", told, class_="gw-notice", role="status")


def refusal(error: RequestError, language: str) -> Html:
    """Why the service gave no answer at all."""
    return tag("p", tag("b", WORDINGS[language]["error"]), f": {error}", class_="gw-caution", role="alert")


def side_by_side(cards: Sequence[Html]) -> Html:
    """The cards next to one another, below one another on a phone."""
    return tag("div", *cards, class_="gw-columns")


def answer_card(model: str, record: Record, asked_confidence: float, language: str) -> Html:
    """What one model says of a text.

    asked_confidence   below which it was to abstain; 0 when it always answers
    """
    words = WORDINGS[language]
    if record.get("error"):
        told = tag("p", tag("b", words["error"]), f": {record['error']['message']}", class_="gw-caution", role="alert")
        return _card(model, "", told)
    parts = [
        _verdict(record, asked_confidence, words),
        *(_head(name, said, words) for name, said in record.get("heads", {}).items()),
        _scores(record.get("scores") or {}, words),
        _opinions(record, words) if "opinions" in record else None,
        tag("p", words["truncated"], class_="gw-caution") if record.get("truncated") else None,
        *(tag("p", warning, class_="gw-caution") for warning in record.get("warnings", ())),
    ]
    return _card(model, str(record.get("model", "")), *parts)


def explanation_card(model: str, record: Record, language: str) -> Html:
    """The words that speak for and against what one model says, and the method that found them."""
    words = WORDINGS[language]
    if record.get("error"):
        return answer_card(model, record, 0.0, language)
    found = [_worded(Explanation.from_dict(each), words) for each in record["explanations"]]
    legend = tag(
        "p",
        tag("span", tag("i", class_="for"), words["for"]),
        tag("span", tag("i", class_="against"), words["against"]),
        class_="legend",
    )
    sections = [explanation_section(each, language) for each in found]
    return tag("article", tag("h3", words["explained"].format(model=model)), legend, *sections, class_="gw-card")


def model_line(model: Record, language: str) -> Html:
    """What is known of a model, in a line."""
    words = WORDINGS[language]
    length = model.get("max_tokens")
    reads = words["reads_all"] if length is None else words["reads"].format(count=f"{length:,}")
    facts = [model["state"], model.get("task"), ", ".join(model.get("labels", ())), reads]
    told = " · ".join(str(fact) for fact in facts if fact)
    return tag("p", tag("b", model["name"]), f" {told}", class_="gw-model")


def short_answer(record: Record) -> str:
    """What is said of a text, in a few words, for a table."""
    if record.get("error"):
        return str(record["error"]["message"])
    if record.get("label") is not None:
        confidence = record.get("confidence")
        return f"{record['label']}" if confidence is None else f"{record['label']} {confidence:.2f}"
    if record.get("labels"):
        return ", ".join(record["labels"])
    if record.get("opinions"):
        return "; ".join(_short(opinion) for opinion in record["opinions"])
    return ", ".join(f"{name} {score:.2f}" for name, score in (record.get("scores") or {}).items())


def _card(model: str, version: str, *parts: object) -> Html:
    title = tag("h3", model, tag("span", version, class_="gw-muted") if version else None)
    return tag("article", title, *parts, class_="gw-card")


def _worded(one: Explanation, words: Mapping[str, str]) -> Explanation:
    return one if one.label is None else replace(one, label=_label(one.label, words))


def _label(name: str, words: Mapping[str, str]) -> str:
    """A label in the language of the page; a label of the user's own stays, also where the page knows its name."""
    return words[name] if name in SIGNS else name


def _verdict(record: Record, asked_confidence: float, words: Mapping[str, str]) -> Html | None:
    label, confidence = record.get("label"), record.get("confidence")
    labels = record.get("labels")
    if label is None:
        return tag("p", ", ".join(labels) or "–", class_="gw-label") if labels is not None else None
    lines: list[object] = [tag("p", _label(label, words), class_=f"gw-label {label if label in SIGNS else ''}")]
    if record.get("intensity") is not None:
        lines.append(tag("p", words["intensity"].format(value=f"{record['intensity']:.2f}"), class_="gw-muted"))
    if confidence is not None:
        shown = words["confidence"].format(value=f"{confidence:.2f}")
        lines.append(tag("p", tag("b", shown), f": {words['calibrated'].format(share=round(100 * confidence))}"))
        lines.append(_abstention(record, confidence, asked_confidence, words))
    if record.get("prediction_set") is not None:
        left = ", ".join(_label(one, words) for one in record["prediction_set"])
        lines.append(tag("p", words["set"].format(labels=left)))
    return tag("div", *lines)


def _abstention(record: Record, confidence: float, asked: float, words: Mapping[str, str]) -> Html:
    if not asked:
        return tag("p", words["would_abstain"], class_="gw-muted")
    said = "abstains" if record.get("abstained") else "answers"
    told = words[said].format(confidence=f"{confidence:.2f}", threshold=f"{asked:.2f}")
    return tag("p", told, class_=f"gw-{said}")


def _head(name: str, said: Record, words: Mapping[str, str]) -> Html:
    label = said.get("label") or ", ".join(said.get("labels") or ())
    confidence = said.get("confidence")
    shown = "" if confidence is None else f" · {words['confidence'].format(value=f'{confidence:.2f}')}"
    told = f": {_label(label, words)}{shown}"
    return tag("div", tag("p", tag("b", name), told), _scores(said.get("scores") or {}, words))


def _scores(scores: Mapping[str, float], words: Mapping[str, str]) -> Html | None:
    if not scores:
        return None
    ranked = sorted(scores.items(), key=lambda each: -each[1])
    rows = [
        tag(
            "li",
            tag("span", _label(name, words), class_="gw-name"),
            tag("span", f"{score:.3f}", class_="gw-number"),
            tag("span", tag("i", style=f"--share: {min(1.0, max(0.0, score)):.3f}"), class_="gw-bar"),
        )
        for name, score in ranked
    ]
    return tag("ul", *rows, class_="gw-scores")


def _opinions(record: Record, words: Mapping[str, str]) -> Html | None:
    opinions = record["opinions"]
    if not opinions:
        # a run that gives a label and no opinions was not asked to find any
        told = tag("p", words["no_opinions"], class_="gw-muted")
        return told if record.get("label") is None and not record.get("scores") else None
    rows = [
        tag(
            "li",
            tag("span", SIGNS[opinion["polarity"]], class_=f"gw-sign {opinion['polarity']}"),
            tag("span", *_told(opinion, words)),
        )
        for opinion in opinions
    ]
    legend = tag(
        "p",
        tag("span", tag("u", words["aspect"])),
        *(tag("span", tag("mark", words[name], class_=name)) for name in SIGNS),
        class_="gw-legend",
    )
    text = tag("p", *_marked(record["text"], opinions), class_="gw-text", dir="auto")
    return tag("section", tag("h4", words["opinions"]), legend, text, tag("ul", *rows, class_="gw-opinions"))


def _told(opinion: Record, words: Mapping[str, str]) -> list[object]:
    def span(name: str) -> str:
        found = opinion.get(name)
        return words["implicit"] if found is None else found["text"]

    facts = [opinion.get("category"), words[opinion["polarity"]], f"{opinion['score']:.2f}"]
    facts += [words["negated"]] if opinion.get("negated") else []
    told = " · ".join(str(fact) for fact in facts if fact)
    return [tag("u", span("aspect")), " → ", tag("b", span("opinion")), tag("span", f" · {told}", class_="gw-muted")]


def _marked(text: str, opinions: Sequence[Record]) -> list[object]:
    """The text in pieces: words of an opinion as marks of its polarity, aspects underlined."""
    cuts, marks = {0, len(text)}, []
    for opinion in opinions:
        for name in ("aspect", "opinion"):
            span = opinion.get(name)
            if span is not None:
                cuts |= {span["start"], span["end"]}
                marks.append((span["start"], span["end"], name, opinion["polarity"]))
    places = sorted(cuts)
    pieces: list[object] = []
    for start, end in itertools.pairwise(places):
        inside = [mark for mark in marks if mark[0] <= start and end <= mark[1]]
        piece: object = text[start:end]
        if any(name == "aspect" for _, _, name, _ in inside):
            piece = tag("u", piece)
        polarity = next((said for _, _, name, said in inside if name == "opinion"), None)
        pieces.append(piece if polarity is None else tag("mark", piece, class_=polarity))
    return pieces


def _short(opinion: Record) -> str:
    spans = [opinion[name]["text"] for name in ("aspect", "opinion") if opinion.get(name)]
    return f"{' '.join(spans)} {SIGNS[opinion['polarity']]}"


def columns_table(caption: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Html:
    """A small table that scrolls sideways by itself."""
    head = tag("tr", *(tag("th", name, scope="col") for name in header))
    body = joined(tag("tr", *(tag("td", cell, dir="auto") for cell in row)) for row in rows)
    table = tag("table", tag("thead", head), tag("tbody", body))
    return joined([tag("p", caption, class_="gw-muted"), tag("div", table, class_="gw-scroll", tabindex=0)])
