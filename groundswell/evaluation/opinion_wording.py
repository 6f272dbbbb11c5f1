"""The words of the opinion page and its pictures, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from groundswell.types import Polarity

PageLanguage = Literal["en", "zh"]


@dataclass(frozen=True)
class Wording:
    """Every phrase that is shown; those with braces are filled by `str.format`."""

    html_language: str
    polarities: dict[Polarity, str]
    title: str
    result: str
    about: str
    from_score: str
    no_category: str
    unnamed: str
    categories: str
    categories_caption: str
    category: str
    aspect: str
    opinions: str
    documents: str
    shares: str
    share: str
    net: str
    written: str
    origin: str
    mean_score: str
    mean_intensity: str
    quotes: str
    score: str
    more_aspects: str
    more_categories: str
    notices: str
    accounting: str
    records: str
    errors: str
    repeated: str
    shared_ids: str
    without_opinions: str
    below: str
    kept: str
    footer: str
    heat_title: str
    bar_title: str
    share_of_opinions: str
    more_rows: str
    joiner: str


WORDINGS: Mapping[PageLanguage, Wording] = {
    "en": Wording(
        html_language="en",
        polarities={"positive": "positive", "neutral": "neutral", "negative": "negative"},
        title="Opinions in {name}",
        result="{positive} positive, {neutral} neutral, {negative} negative",
        about="{opinions} opinions on {aspects} aspects in {documents} documents",
        from_score="only opinions with a score of at least {score:g}",
        no_category="without a category",
        unnamed="no aspect named",
        categories="What people talk about",
        categories_caption="Each category with the share of its opinions and the 95 % interval",
        category="category",
        aspect="aspect",
        opinions="opinions",
        documents="documents",
        shares="positive | neutral | negative",
        share="Share",
        net="net",
        written="Written as",
        origin="Aspect",
        mean_score="Mean score",
        mean_intensity="Mean intensity",
        quotes="What people wrote",
        score="score {score:.2f}",
        more_aspects="{count} rarer aspects of this category stand in opinions.csv.",
        more_categories="{count} rarer categories",
        notices="Please note",
        accounting="Every record accounted for",
        records="records read",
        errors="not analysed because of an error",
        repeated="left out: same id and text as an earlier record",
        shared_ids="kept, though an earlier record has the id with another text",
        without_opinions="without an opinion",
        below="opinions left out because of their score",
        kept="opinions counted",
        footer="Intervals: Wilson score, 95 %, as if opinions were independent of one another; those of one document "
        "are not quite. Net: share of positive less share of negative. Nothing on this page loads from the network.",
        heat_title="Share of positive, neutral and negative opinions",
        bar_title="Net sentiment: share of positive less share of negative",
        share_of_opinions="share of the opinions",
        more_rows="the {shown} most frequent of {all}",
        joiner=", ",
    ),
    "zh": Wording(
        html_language="zh-Hans",
        polarities={"positive": "正面", "neutral": "中性", "negative": "负面"},
        title="{name} 中的观点",
        result="正面 {positive}，中性 {neutral}，负面 {negative}",
        about="{documents} 篇文档，{aspects} 个评价对象，{opinions} 条观点",
        from_score="仅计得分不低于 {score:g} 的观点",
        no_category="无类别",
        unnamed="未指明对象",
        categories="大家在谈什么",
        categories_caption="各类别中观点的占比与 95% 置信区间",
        category="类别",
        aspect="评价对象",
        opinions="观点",
        documents="文档",
        shares="正面 | 中性 | 负面",
        share="占比",
        net="净情感",
        written="原文写法",
        origin="对象来源",
        mean_score="平均得分",
        mean_intensity="平均强度",
        quotes="原文摘录",
        score="得分 {score:.2f}",
        more_aspects="本类别另有 {count} 个较少提到的对象，见 opinions.csv。",
        more_categories="另有 {count} 个较少提到的类别",
        notices="请注意",
        accounting="每条记录的去向",
        records="读入记录",
        errors="因出错未分析",
        repeated="已略去：编号与正文同前面的记录相同",
        shared_ids="已保留，但编号与前面的记录相同而正文不同",
        without_opinions="没有观点",
        below="因得分低而略去的观点",
        kept="计入的观点",
        footer="区间：95% Wilson 区间，按各条观点相互独立计算；同一文档中的观点并不完全独立。"
        "净情感：正面占比减负面占比。本页不从网络加载任何内容。",
        heat_title="正面、中性、负面观点占比",
        bar_title="净情感：正面占比减负面占比",
        share_of_opinions="占观点的比例",
        more_rows="共 {all} 个，显示最常见的 {shown} 个",
        joiner="，",
    ),
}

ORIGINS: Mapping[PageLanguage, Mapping[str, str]] = {
    "en": {"named": "{count} named", "implied": "{count} implied by the opinion", "unnamed": "{count} not named"},
    "zh": {"named": "{count} 条明确提到", "implied": "{count} 条由观点推知", "unnamed": "{count} 条未指明"},
}


def percent(share: float) -> str:
    """A share as people write it.

    >>> percent(0.625), percent(0.001)
    ('62%', '<1%')
    """
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


def signed(value: float) -> str:
    """A net sentiment with its sign, in hundredths; nothing is neither.

    >>> signed(0.5), signed(-0.125), signed(0.001)
    ('+50', '−12', '0')
    """
    points = round(100 * value)
    return f"+{points}" if points > 0 else f"\N{MINUS SIGN}{-points}" if points < 0 else "0"
