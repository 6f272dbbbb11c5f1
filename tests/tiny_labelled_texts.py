"""Made-up labelled texts: every text different, no two nearly the same, and labels that its words tell."""

from __future__ import annotations

import random

from groundswell.types import Example

GOOD = [
    "lovely", "superb", "delightful", "charming", "excellent", "bright", "splendid", "tasty", "friendly",
    "spotless", "generous", "graceful", "cosy", "brilliant", "marvellous", "pleasant", "reliable", "smooth",
    "sturdy", "thoughtful", "tidy", "tranquil", "witty", "wonderful",
]  # fmt: skip
BAD = [
    "awful", "dreadful", "nasty", "terrible", "horrid", "dismal", "shabby", "poor", "bitter", "broken", "clumsy",
    "damp", "dirty", "dull", "faulty", "gloomy", "greasy", "hostile", "noisy", "rude", "rusty", "sloppy", "stale",
    "tasteless",
]  # fmt: skip
THINGS = [
    "kitchen", "garden", "window", "station", "village", "teacher", "picture", "morning", "engine", "bridge",
    "letter", "summer", "market", "island", "basket", "blanket", "candle", "doctor", "feather", "giraffe", "hammer",
    "jacket", "kettle", "lantern", "mirror", "needle", "orchard", "pencil", "quarry", "ribbon", "saddle", "tunnel",
    "umbrella", "violin", "wagon", "yard", "zebra", "anchor", "button", "carpet", "desert", "elbow", "forest",
    "glove", "harbour",
]  # fmt: skip
GOOD_ZH = [
    "很好", "不错", "喜欢", "满意", "漂亮", "干净", "美味", "舒服", "热情", "周到", "划算", "新鲜",
    "方便", "安静", "贴心", "精致", "实惠", "宽敞", "可靠", "正宗", "香甜", "耐用", "整洁", "齐全",
]  # fmt: skip
BAD_ZH = [
    "很差", "难吃", "讨厌", "失望", "糟糕", "肮脏", "冷淡", "吵闹", "破旧", "昂贵", "潮湿", "敷衍",
    "恶心", "拥挤", "发霉", "粗鲁", "骗人", "后悔", "劣质", "麻烦", "迟到", "油腻", "刺鼻", "故障",
]  # fmt: skip
THINGS_ZH = [
    "房间", "早餐", "位置", "服务", "价格", "前台", "电梯", "窗户", "空调", "浴室", "车场", "地铁",
    "枕头", "毛巾", "灯光", "网络", "电视", "茶水", "走廊", "阳台", "沙发", "衣柜", "拖鞋", "牙刷",
    "热水", "门锁", "楼梯", "花园", "泳池", "餐厅",
]  # fmt: skip


def make_texts(count: int, *, seed: int = 0) -> list[Example]:
    """Half good, half bad, in mixed order; `row` counts from 1, and the id is the row."""
    words = (GOOD, BAD, THINGS)
    return [_make(row, words, " ", ".", random.Random(seed * 1_000_003 + row)) for row in range(1, count + 1)]


def make_chinese_texts(count: int, *, seed: int = 0) -> list[Example]:
    """The same in Chinese."""
    words = (GOOD_ZH, BAD_ZH, THINGS_ZH)
    return [_make(row, words, "，", "。", random.Random(seed * 1_000_003 + row)) for row in range(1, count + 1)]


def _make(row: int, words: tuple[list[str], ...], between: str, end: str, chances: random.Random) -> Example:
    good, bad, things = words
    is_good = chances.random() < 0.5
    chosen = [*chances.sample(things, 9), *chances.sample(good if is_good else bad, 3)]
    chances.shuffle(chosen)
    return Example(str(row), between.join(chosen) + end, "good" if is_good else "bad", row)
