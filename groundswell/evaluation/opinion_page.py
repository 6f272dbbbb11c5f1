"""The page of the groups of opinions: one HTML file that needs no network and runs no script."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundswell.evaluation.opinion_groups import POLARITIES, AspectGroup, CategoryGroup, OpinionGroups, Tally
from groundswell.evaluation.opinion_quotes import Quote, marked_pieces
from groundswell.evaluation.opinion_wording import ORIGINS, WORDINGS, PageLanguage, Wording, percent, signed
from groundswell.evaluation.proportions import Proportion
from groundswell.evaluation.report_markup import Html, joined, number, pairs, scrolling, section, tag
from groundswell.evaluation.report_page import page

MOST_ASPECTS = 40  # of a category
MOST_NAMES = 12
MOST_CATEGORIES_AT_ONCE = 15  # the others can be unfolded
MARKS = {"positive": "+", "neutral": "~", "negative": "\N{MINUS SIGN}"}

OPINION_STYLE = """
:root { --neutral: #a9b4ba; --positive: #0b6b73; --negative: #b4541a; }
@media (prefers-color-scheme: dark) { :root { --neutral: #5d6a72; --positive: #55c4c8; --negative: #f09a62; } }
a { color: var(--accent); }
.stack { display: flex; gap: 2px; height: .7rem; min-width: 6rem; border-radius: 3px; overflow: hidden; }
.stack i { display: block; min-width: 2px; }
i.positive { background: var(--positive); } i.neutral { background: var(--neutral); }
i.negative { background: var(--negative); }
.interval-text { color: var(--muted); font-size: .82rem; white-space: nowrap; display: block; }
details.aspect { margin: 0; border-top: 1px solid var(--rule); padding: .6rem 0; }
details.aspect summary { display: grid; grid-template-columns: minmax(6rem, 1fr) 3.5rem minmax(6rem, 12rem) 3rem;
  gap: .75rem; align-items: center; color: var(--ink); list-style: none; }
details.aspect summary::-webkit-details-marker { display: none; }
.note + .aspects { margin-top: .8rem; }
.aspect .name { overflow-wrap: anywhere; padding-left: 1.1em; text-indent: -1.1em; }
.aspect .name::before { content: "▸"; color: var(--accent); display: inline-block; width: 1.1em;
  text-indent: 0; }
.aspect[open] .name::before { content: "▾"; }
.aspect .count, .aspect .net { text-align: right; font-variant-numeric: tabular-nums; font-weight: 400; }
.aspect .net { font-weight: 650; }
.inside { padding: .6rem 0 .3rem 1.1rem; }
.quotes { list-style: none; margin: .8rem 0 0; padding: 0; }
.quotes li { display: grid; grid-template-columns: 1.4rem 1fr; gap: .1rem .4rem; margin: 0 0 .7rem; }
.quotes .sign { font-weight: 700; font-size: 1.1rem; line-height: 1.4; text-align: center; }
.sign.positive { color: var(--positive); } .sign.negative { color: var(--negative); }
.sign.neutral { color: var(--muted); }
.quotes p { margin: 0; overflow-wrap: anywhere; unicode-bidi: plaintext; }
.quotes .from { grid-column: 2; color: var(--muted); font-size: .82rem; }
.quotes b { font-weight: 700; } .quotes u { text-decoration-thickness: 2px; text-underline-offset: 3px; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; font-size: .85rem; color: var(--muted);
  margin: 0 0 .8rem; }
.legend i { display: inline-block; width: .8rem; height: .8rem; border-radius: 3px; margin-right: .35rem;
  vertical-align: -1px; }
table.categories th { overflow-wrap: normal; } table.categories tbody th { min-width: 7rem; }
table.categories .bar { min-width: 8rem; width: 30%; }
@media (max-width: 40rem) {
  details.aspect summary { grid-template-columns: 1fr 2.6rem 5.5rem 2.6rem; gap: .5rem; }
  .stack { min-width: 4rem; } .inside { padding-left: 0; }
  table.categories tbody th { min-width: 5.5rem; max-width: 8.5rem; overflow-wrap: anywhere; }
  table.categories { font-size: .86rem; } table.categories th, table.categories td { padding: .4rem .25rem; }
  table.categories .rare { display: none; } .interval-text { font-size: .75rem; }
  dl > div { grid-template-columns: minmax(5.5rem, 7rem) 1fr; }
}
@media print { details.aspect > .inside { display: block; } }
"""


def render_opinions(groups: OpinionGroups, name: str, language: PageLanguage = "en") -> str:
    """The page as HTML text; every value in it is escaped.

    name       of the source, as the reader knows it
    language   of the page's own words; texts stay as they are
    """
    wording = WORDINGS[language]
    title = wording.title.format(name=name)
    return page(
        title,
        _header(groups, title, wording),
        _notices(groups, wording),
        section(wording.categories, *_overview(groups, wording)),
        *(_category(place, each, language) for place, each in enumerate(groups.categories)),
        section(wording.accounting, pairs(accounting(groups, wording))),
        tag("footer", wording.footer),
        style=OPINION_STYLE,
        language=wording.html_language,
    )


def accounting(groups: OpinionGroups, wording: Wording) -> dict[str, str]:
    """What became of every record and opinion, in words; lines that say none are left out."""
    counts = groups.counts
    lines = {
        wording.records: counts.num_records,
        wording.errors: counts.num_errors,
        wording.repeated: counts.num_repeated,
        wording.shared_ids: counts.num_shared_ids,
        wording.without_opinions: counts.num_without_opinions,
        wording.below: counts.num_below,
        wording.kept: groups.overall.num_opinions,
    }
    always = {wording.records, wording.kept, wording.without_opinions}
    return {name: number(count) for name, count in lines.items() if count or name in always}


def _header(groups: OpinionGroups, title: str, wording: Wording) -> Html:
    overall = groups.overall
    shares = {polarity: percent(share.value) for polarity, share in overall.shares.items()}
    about = wording.about.format(
        opinions=number(overall.num_opinions),
        aspects=number(len({(each.aspect) for each in groups.aspects if each.aspect})),
        documents=number(overall.num_documents),
    )
    if groups.min_score > 0:
        about += wording.joiner + wording.from_score.format(score=groups.min_score)
    return tag(
        "header",
        tag("h1", title),
        tag("p", wording.result.format(**shares), class_="result"),
        tag("p", about, class_="muted"),
    )


def _notices(groups: OpinionGroups, wording: Wording) -> Html:
    counts = groups.counts
    shown = {wording.errors: counts.num_errors, wording.shared_ids: counts.num_shared_ids}
    items = [tag("li", f"{number(count)} {text}") for text, count in shown.items() if count]
    return tag("section", tag("h2", wording.notices), tag("ul", *items), class_="warnings") if items else Html()


def _overview(groups: OpinionGroups, wording: Wording) -> list[Html]:
    placed = list(enumerate(groups.categories))
    first, rest = placed[:MOST_CATEGORIES_AT_ONCE], placed[MOST_CATEGORIES_AT_ONCE:]
    parts = [_legend(wording), _overview_table(first, wording)]
    if rest:
        summary = tag("summary", wording.more_categories.format(count=number(len(rest))))
        parts.append(tag("details", summary, _overview_table(rest, wording)))
    return parts


def _overview_table(placed: Sequence[tuple[int, CategoryGroup]], wording: Wording) -> Html:
    header = [
        tag("th", wording.category, scope="col"),
        tag("th", wording.opinions, scope="col", class_="number"),
        tag("th", wording.shares, scope="col", class_="rare"),
        *(tag("th", wording.polarities[each], scope="col", class_="number") for each in ("positive", "negative")),
        tag("th", wording.net, scope="col", class_="number"),
    ]
    body = [
        tag(
            "tr",
            tag("th", tag("a", _breakable(_category_name(each, wording)), href=f"#c{place}"), scope="row", dir="auto"),
            tag("td", number(each.tally.num_opinions), class_="number"),
            tag("td", _stack(each.tally, wording), class_="bar rare"),
            *(tag("td", *_share(each.tally.shares[name]), class_="number") for name in ("positive", "negative")),
            tag("td", tag("b", signed(each.tally.net)), class_="number"),
        )
        for place, each in placed
    ]
    content = tag(
        "table",
        tag("caption", wording.categories_caption),
        tag("thead", tag("tr", *header)),
        tag("tbody", *body),
        class_="categories",
    )
    return scrolling(wording.categories_caption, content)


def _legend(wording: Wording) -> Html:
    keys = [tag("span", tag("i", class_=polarity), wording.polarities[polarity]) for polarity in POLARITIES]
    return tag("div", *keys, class_="legend")


def _category(place: int, each: CategoryGroup, language: PageLanguage) -> Html:
    wording = WORDINGS[language]
    shown = each.aspects[:MOST_ASPECTS]
    rest = len(each.aspects) - len(shown)
    facts = wording.joiner.join(
        f"{number(count)} {name}"
        for name, count in ((wording.opinions, each.tally.num_opinions), (wording.documents, each.tally.num_documents))
    )
    return tag(
        "section",
        tag("h2", _breakable(_category_name(each, wording)), dir="auto"),
        tag("p", f"{facts}{wording.joiner}{_origins(each.tally, language)}", class_="note"),
        tag("div", *(_aspect(group, order == 0, language) for order, group in enumerate(shown)), class_="aspects"),
        tag("p", wording.more_aspects.format(count=number(rest)), class_="note") if rest else None,
        id=f"c{place}",
    )


def _aspect(group: AspectGroup, is_open: bool, language: PageLanguage) -> Html:
    wording, tally = WORDINGS[language], group.tally
    summary = tag(
        "summary",
        tag("span", group.aspect or wording.unnamed, class_="name", dir="auto"),
        tag("span", number(tally.num_opinions), class_="count"),
        _stack(tally, wording),
        tag("span", signed(tally.net), class_="net"),
    )
    names = wording.joiner.join(f"{name} × {count}" if count > 1 else name for name, count in group.names[:MOST_NAMES])
    facts = {
        wording.share: _shares(tally, wording),
        wording.documents: number(tally.num_documents),
        wording.origin: _origins(tally, language),
        wording.written: names + (" …" if len(group.names) > MOST_NAMES else "") if len(group.names) > 1 else "",
        wording.mean_score: f"{tally.mean_score:.2f}" if tally.mean_score < 1 else "",
        wording.mean_intensity: "" if tally.mean_intensity is None else f"{tally.mean_intensity:.2f}",
    }
    inside = tag(
        "div",
        pairs({name: value for name, value in facts.items() if value}),
        tag("ul", *(_quote(each, wording) for each in group.quotes), class_="quotes", aria_label=wording.quotes),
        class_="inside",
    )
    return tag("details", summary, inside, class_="aspect", open=is_open)


def _quote(shown: Quote, wording: Wording) -> Html:
    pieces: list[object] = ["…" if shown.cut[0] else None]
    for text, kinds in marked_pieces(shown):
        piece: object = text
        for kind, name in (("opinion", "b"), ("aspect", "u")):
            piece = tag(name, piece) if kind in kinds else piece
        pieces.append(piece)
    pieces.append("…" if shown.cut[1] else None)
    score = f" · {wording.score.format(score=shown.score)}" if shown.score < 1 else ""
    sign = tag("span", MARKS[shown.polarity], class_=f"sign {shown.polarity}", title=wording.polarities[shown.polarity])
    return tag("li", sign, tag("p", *pieces, dir="auto"), tag("span", f"{shown.id}{score}", class_="from", dir="auto"))


def _category_name(each: CategoryGroup, wording: Wording) -> str:
    return each.category or wording.no_category


def _breakable(name: str) -> Html:
    """The name with places where a line may end: after # and _."""
    return joined(
        [
            part if place % 2 == 0 else joined([part, Html("<wbr>")])
            for place, part in enumerate(re.split("([#_]+)", name))
        ]
    )


def _origins(tally: Tally, language: PageLanguage) -> str:
    counts = {"named": tally.num_named, "implied": tally.num_implied, "unnamed": tally.num_unnamed}
    return WORDINGS[language].joiner.join(
        ORIGINS[language][origin].format(count=number(count)) for origin, count in counts.items() if count
    )


def _share(share: Proportion) -> tuple[object, ...]:
    return percent(share.value), tag("span", _interval(share), class_="interval-text")


def _interval(share: Proportion) -> str:
    return f"{100 * share.low:.0f}\u2060–\u2060{100 * share.high:.0f}%"


def _shares(tally: Tally, wording: Wording) -> str:
    return wording.joiner.join(
        f"{wording.polarities[polarity]} {percent(share.value)} ({_interval(share)})"
        for polarity, share in tally.shares.items()
    )


def _stack(tally: Tally, wording: Wording) -> Html:
    told = wording.joiner.join(
        f"{wording.polarities[polarity]} {percent(tally.shares[polarity].value)}" for polarity in POLARITIES
    )
    parts = [
        tag("i", class_=polarity, style=f"flex:{tally.shares[polarity].count}")
        for polarity in POLARITIES
        if tally.shares[polarity].count
    ]
    return tag("span", *parts, class_="stack", role="img", aria_label=told)
