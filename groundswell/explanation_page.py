"""The page of explanations: texts with their words shaded for and against, in one file that loads nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundswell.evaluation.report_markup import Html, joined, tag
from groundswell.evaluation.report_page import page
from groundswell.explanation.record import Explanation, WordWeight
from groundswell.types import Span

FAINT = 0.05  # words of a smaller share of the largest weight are not shaded
SHOWN_GAP = 0.01
STYLE = """
:root { --for: 11 107 115; --against: 196 88 32; --strong: .55; }
@media (prefers-color-scheme: dark) { :root { --for: 64 176 180; --against: 226 116 62; --strong: .62; } }
.text { margin: .2rem 0 1rem; font-size: 1.06rem; line-height: 2; white-space: pre-line; overflow-wrap: anywhere;
  unicode-bidi: plaintext; }
mark { color: inherit; border-radius: 4px; padding: .12em .06em; background: none;
  -webkit-box-decoration-break: clone; box-decoration-break: clone; }
mark.for { background: rgb(var(--for) / calc(var(--weight) * var(--strong))); }
mark.against { background: rgb(var(--against) / calc(var(--weight) * var(--strong))); }
mark.top { border-bottom: 2px solid rgb(var(--for)); border-radius: 4px 4px 0 0; }
mark.top.against { border-bottom: 2px dashed rgb(var(--against)); }
.unread { color: var(--muted); text-decoration: line-through; text-decoration-color: var(--rule); }
.verdict { font-size: 1.1rem; margin: 0 0 .5rem; } .verdict b { font-weight: 650; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; font-size: .85rem; color: var(--muted); margin: 0; }
.legend i { display: inline-block; width: 1.1rem; height: .8rem; border-radius: 3px 3px 0 0; margin-right: .35rem;
  vertical-align: -1px; }
.legend i.for { background: rgb(var(--for) / .5); border-bottom: 2px solid rgb(var(--for)); }
.legend i.against { background: rgb(var(--against) / .5); border-bottom: 2px dashed rgb(var(--against)); }
.bars { list-style: none; margin: 0; padding: 0; font-size: .92rem; font-variant-numeric: tabular-nums; }
.bars li { display: grid; grid-template-columns: minmax(5rem, 9rem) 4.2rem 1fr; gap: .6rem; align-items: center;
  padding: .16rem 0; }
.bars .word { overflow-wrap: anywhere; unicode-bidi: plaintext; } .bars .weight { text-align: right; }
.bars .bar { height: .72rem; border-radius: 3px; min-width: 2px; width: calc(var(--weight) * 100%); }
.bars .for .bar { background: rgb(var(--for)); }
.bars .against .bar { background: rgb(var(--against)); }
.how { color: var(--muted); font-size: .85rem; margin: .9rem 0 0; overflow-wrap: anywhere; }
.caution { color: var(--warn); font-size: .88rem; margin: .5rem 0 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { .bars li { grid-template-columns: minmax(4rem, 7.5rem) 3.8rem 1fr; } }
"""


@dataclass(frozen=True)
class _Wording:
    """The page's own words in one language."""

    title: str
    result: str
    speaks_for: str
    speaks_against: str
    unread: str
    nothing: str
    methods: dict[str, str]
    steps: str
    total: str
    missing: str
    error: str


WORDINGS = {
    "en": _Wording(
        title="Explanations", result="Which words speak for what {model} says", speaks_for="speaks for the label",
        speaks_against="speaks against it", unread="struck through: not read by the model",
        nothing="No word has a weight.",
        methods={
            "integrated_gradients": "Integrated gradients",
            "occlusion": "Occlusion: what the score loses without the word",
            "attention": "Attention: shares, neither for nor against", "weights": "Weights times features",
        },
        total="the words sum to {total}; the score is {score}, without words {start}",
        steps=" in {steps} steps",
        missing="; {missing} is missing, more steps would find it",
        error="could not be explained",
    ),
    "zh": _Wording(
        title="解释", result="{model} 的判断依据哪些词", speaks_for="支持该标签", speaks_against="反对该标签",
        unread="划去：模型没有读到", nothing="没有词有权重。",
        methods={
            "integrated_gradients": "积分梯度", "occlusion": "遮挡：去掉该词后得分的损失",
            "attention": "注意力：份额，不分支持与反对", "weights": "权重乘以特征",
        },
        total="各词之和 {total}；得分 {score}，没有词时 {start}",
        steps="（{steps} 步）",
        missing="；还差 {missing}，步数更多即可补足",
        error="无法解释",
    ),
}  # fmt: skip


def render_explanations(explanations: Sequence[Explanation], *, top: int = 10) -> str:
    """The page of some explanations, in the language of most of their texts.

    top   words listed below each text
    """
    languages = Counter(one.language for one in explanations)
    language = "zh" if languages["zh"] > languages["en"] else "en"
    words = WORDINGS[language]
    model = next((one.model for one in explanations if one.model), "").split(" ")[0]
    header = tag(
        "header",
        tag("h1", f"groundswell · {words.title}"),
        tag("p", words.result.format(model=model), class_="result"),
        tag(
            "p",
            tag("span", tag("i", class_="for"), words.speaks_for),
            tag("span", tag("i", class_="against"), words.speaks_against),
            tag("span", words.unread)
            if any(word.weight is None for one in explanations for word in one.words)
            else None,
            class_="legend",
        ),
    )
    return page(
        words.title,
        header,
        *(explanation_section(one, language, top) for one in explanations),
        style=STYLE,
        language=language,
    )


def explanation_section(one: Explanation, language: str, top: int = 10) -> Html:
    """What is said of one output: the verdict, the text with its words shaded, the first of them as bars, the method.

    top   words listed below the text
    """
    words = WORDINGS[language]
    if one.error is not None:
        verdict = tag("p", tag("b", words.error), f": {one.error.get('message', '')}", class_="caution")
        return tag("section", _number(one), verdict, tag("p", one.text[:2000], class_="text") if one.text else None)
    largest = max((abs(word.weight) for word in one.words if word.weight), default=0.0)
    first = one.top(top)
    cautions = [tag("p", warning, class_="caution") for warning in one.warnings]
    if not one.words:
        return tag("section", _verdict(one), tag("p", one.text, class_="text"), *cautions)
    bars = [_bar(word, largest) for word in first]
    return tag(
        "section",
        _verdict(one),
        tag("p", *_pieces(one, largest, {word.start for word in first}), class_="text"),
        tag("ul", *bars, class_="bars") if bars else tag("p", words.nothing, class_="how"),
        tag("p", _how(one, words), class_="how"),
        *cautions,
    )


def _number(one: Explanation) -> Html | None:
    return None if one.id is None else tag("p", str(one.id), class_="how")


def _verdict(one: Explanation) -> Html:
    parts: list[object] = [] if one.id is None else [tag("span", f"{one.id}  ", class_="muted")]
    if one.label is not None:
        parts += [tag("b", one.label), "" if one.value is None else f" {one.value:.2f}"]
    if one.opinion is not None:
        parts.append(f" · {_span(one.opinion.aspect)} → {_span(one.opinion.opinion)}")
        parts.append(f" · {one.opinion.category}" if one.opinion.category else None)
    return tag("p", *parts, class_="verdict")


def _span(span: Span | None) -> str:
    return "–" if span is None else span.text


def _pieces(one: Explanation, largest: float, first: set[int]) -> Iterator[object]:
    """The text with a mark around each word that has a weight."""
    position = 0
    for word in one.words:
        yield one.text[position : word.start]
        position = max(position, word.end)
        if word.weight is None:
            yield tag("span", word.text, class_="unread")
        elif abs(word.weight) < FAINT * largest or not word.weight:
            yield word.text
        else:
            kind = f"{_kind(word)} top" if word.start in first else _kind(word)
            yield tag("mark", word.text, class_=kind, style=_share(word, largest), title=signed(word.weight))
    yield one.text[position:]


def _bar(word: WordWeight, largest: float) -> Html:
    assert word.weight is not None  # only words with a weight are listed
    return tag(
        "li",
        tag("span", " ".join(word.text.split()), class_="word"),
        tag("span", signed(word.weight), class_="weight"),
        tag("span", tag("div", class_="bar", style=_share(word, largest))),
        class_=_kind(word),
    )


def _how(one: Explanation, words: _Wording) -> Html:
    told = words.methods.get(one.method or "", one.method or "")
    if one.start is None or one.score is None:
        return joined([told])
    total = sum(word.weight for word in one.words if word.weight)
    named = words.total.format(total=signed(total), score=signed(one.score), start=signed(one.start))
    if one.steps is not None:
        told += words.steps.format(steps=one.steps)
    if falls_short(one):
        named += words.missing.format(missing=signed(-(one.gap or 0.0)))
    return joined([f"{told} · {named}"])


def _kind(word: WordWeight) -> str:
    return "for" if (word.weight or 0.0) > 0 else "against"


def _share(word: WordWeight, largest: float) -> str:
    return f"--weight: {abs(word.weight or 0.0) / largest:.3f}"


def falls_short(one: Explanation) -> bool:
    """Whether more steps would bring the sum nearer to what it should be."""
    tried_all = any(warning.startswith("incomplete:") for warning in one.warnings)
    return one.gap is not None and abs(one.gap) > SHOWN_GAP and not tried_all


def signed(weight: float) -> str:
    """A weight with its sign, three decimals or as many as it takes.

    >>> signed(1.5), signed(-0.25), signed(0.00004)
    ('+1.500', '\N{MINUS SIGN}0.250', '+4.0e-05')
    """
    sign = "+" if weight >= 0 else "\N{MINUS SIGN}"
    size = abs(weight)
    return f"{sign}{size:.1e}" if 0 < size < 0.0005 else f"{sign}{size:.3f}"
