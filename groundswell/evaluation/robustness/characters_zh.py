"""Slips in Chinese words: a character that sounds the same, or one that looks nearly the same.

Input methods take sounds, so the commonest slip on a keyboard is a character of the same sound; hand-writing, scanners
and writers who get round filters bring the others. No slip makes a word or a character of the lexicon: 周末 does not
become 周未, for 未 negates.
"""

from __future__ import annotations

import functools
import random

from groundswell.evaluation.robustness.guarded_words import is_in_lexicon

# Characters of one group are easily taken for one another; a character may be in several. From general knowledge.
_GROUPS = """
己已巳 未末 土士 日曰 大太犬丈 人入 天夫 千干于 田由甲申电 王玉主 木术 目自 白百 午牛 刀力刁 贝见 乌鸟 今令 免兔
住往 侯候 辨辩辫 拔拨 晴睛 清请情 蓝篮 梁粱 历厉 崇祟 哀衷衰 茶荼 戌戍戊 冶治 冷泠 竟竞 密蜜 拆折析 狠狼 恨根跟 坐座
待侍 持特诗 徽微 喝渴 暑署 幕慕墓暮募 栗粟 兵乒乓 盼扮 赢羸 官宫 师帅 仓仑 抢抡 沧沦 第弟 传转 轮伦论 经径 练炼
问间闷闻 闲闭 侠狭峡挟 郎朗 即既 夏复 友反 风凤 几儿 九丸 万方 厂广 户尸 云去 石右 史吏 外处 来米 体休 村材 杯怀
抱饱 炮泡 挽晚 线钱浅 铁跌 饭饮 设役 服报 眼银 酒洒 床庆庄 客容 室空 宜宣 且旦 早旱 味昧 朋明 担但 胀账帐 场扬杨
计讨订 话活 准谁 推堆 摧催 谈淡 谅惊 拾抬 洽恰 检捡 脸险 渗掺 珍诊 蔬疏 浴裕 群郡 那哪 绵棉锦 板版扳 被披 坡玻 货贷
购构沟 勾匀 旬句 爪瓜 孤狐 各名 困因 园圆 陈阵 除徐 捕铺 博搏 薄簿 译释泽择 偏遍编 遗遣 块决 侧测 贴帖 拿拾 滴摘
搞稿 模摸膜漠 糊湖 橙澄 燥躁噪澡 撤撒 堤提踢题 辉挥 驱躯 辑缉 枯姑 杆秆肝 胡故 泊柏 沫抹 狗拘 竿竽 粒拉 细织 绍给
缓援 罐灌 耍要 聘骋 芽穿 苦若 荣菜莱 虑虚 蜡腊 裁栽载 裸棵颗 规现 视祝 详祥 误娱 调稠 谱普 贪贫 费贵 辆俩 辛幸 迷谜
迹迩 通涌 速束 遇偶 遥摇 邮油 酬酷 酱浆 醒腥 钓钩 钞抄 铭名 锁销 键健建 镜境 阅问 陪部 陆击 随堕 隔融 顶项 顺须 顾预
顿顾 颜额 馆管 馅陷 骑椅 鲜鳞 爬爪 扰忧 抖科料 彩采菜 幼幻
"""
PARTICLES = frozenset("的地得了着吧啊嘛呀哦啦哟呗")


def homophone(word: str, generator: random.Random) -> str | None:
    """One character changed for a common one with the same sound and tone, as read in this word: 在 -> 再.

    Sounds are those of pypinyin; common are the 3,755 characters of the first level of GB 2312.
    """
    readings = _readings(word)
    options = {
        place: [other for other in _of_sound().get(sound, "") if other != word[place]]
        for place, sound in enumerate(readings)
    }
    return _replaced(word, options, generator)


def look_alike_character(word: str, generator: random.Random) -> str | None:
    """One character changed for one that looks nearly the same: 己 -> 已."""
    alike = look_alikes()
    return _replaced(word, {place: list(alike.get(old, "")) for place, old in enumerate(word)}, generator)


SLIPS = {"homophone": homophone, "look-alike character": look_alike_character}


@functools.cache
def look_alikes() -> dict[str, str]:
    """Each character with those that it is easily taken for."""
    found: dict[str, dict[str, None]] = {}
    for group in _GROUPS.split():
        for one in group:
            found.setdefault(one, {}).update(dict.fromkeys(other for other in group if other != one))
    return {one: "".join(others) for one, others in found.items() if others}


def _replaced(word: str, options: dict[int, list[str]], generator: random.Random) -> str | None:
    allowed = []
    for place, others in options.items():
        for other in others:
            changed = word[:place] + other + word[place + 1 :]
            if not is_in_lexicon(other) and not is_in_lexicon(changed):
                allowed.append((place, changed))
    if not allowed:
        return None
    # a character first, then what it becomes: one with many homophones must not be preferred
    place = generator.choice(sorted({place for place, _ in allowed}))
    return generator.choice([changed for at, changed in allowed if at == place])


def _readings(word: str) -> list[str]:
    """A syllable with its tone for each character; none when a character has no reading."""
    from pypinyin import Style, lazy_pinyin

    found = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True)
    return found if len(found) == len(word) else []


@functools.cache
def _of_sound() -> dict[str, str]:
    """The common characters of each sound; a character that has several readings is under its usual one."""
    found: dict[str, str] = {}
    for character in _common_characters():
        for sound in _readings(character):
            found[sound] = found.get(sound, "") + character
    return found


def _common_characters() -> list[str]:
    """Rows 16 to 55 of GB 2312; the last row ends after 89 places."""
    codes = [(row, place) for row in range(16, 56) for place in range(1, 95 if row < 55 else 90)]
    return [bytes((row + 0xA0, place + 0xA0)).decode("gb2312") for row, place in codes]
