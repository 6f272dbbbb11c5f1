from __future__ import annotations

import pytest

from groundswell.text.language import detect_language, main_language

CHINESE = [
    "房间很大，服务好",
    "电池很耐用，但屏幕太暗。",
    "不错",
    "太难吃了！！！",
    "送餐太慢，等了2个小时",
    "iPhone 13 Pro Max 很好",
    "鲜の每日的果汁很好喝",
    "酒店位置非常方便，早餐一般",
    "很好👍",
    "房間很乾淨，服務態度也好",
    "這家餐廳的菜太鹹了",
    "後悔買了這個",
    "物流很快，OK的",
]
ENGLISH = [
    "Great noodles.",
    "The room was clean but small",
    "ok",
    "Terrible",
    "I <3 it",
    "Didn't work, don't buy!",
    "Super comfy shoes",
    "The crème brûlée was great",
    "We loved the café",
    "5 stars",
    "not good at all 😡",
    "Works as described",
    "Fast shipping",
    "The 火锅 was great but the service was slow and rude",
]
OTHER = [
    "部屋がとても広かったです",
    "サービス最高！",
    "この店は美味しい",
    "방이 아주 넓어요",
    "서비스가 좋지 않았습니다",
    "좋아요",
    "Das Zimmer war sehr gut",
    "Nicht gut.",
    "Leider zu laut und teuer",
    "Schönes Hotel",
    "La chambre était très propre",
    "C'est nul, je ne recommande pas",
    "Très bon produit",
    "La habitación era muy pequeña",
    "¡Excelente servicio!",
    "No me gusta nada este producto",
    "Номер очень чистый",
    "Ужасный сервис",
    "الغرفة نظيفة",
    "ห้องสะอาดมาก",
    "Non è buono",
    "Não gostei",
    "👍",
    "😡😡😡",
    "12345 67",
    "",
    "   ",
    "!!! ...",
    "10/10 👍",
]


@pytest.mark.parametrize("text", CHINESE)
def test_chinese(text: str) -> None:
    assert detect_language(text) == "zh"


@pytest.mark.parametrize("text", ENGLISH)
def test_english(text: str) -> None:
    assert detect_language(text) == "en"


@pytest.mark.parametrize("text", OTHER)
def test_other_languages_and_no_language(text: str) -> None:
    assert detect_language(text) == "other"


def test_enough_texts_are_tried() -> None:
    assert len(CHINESE + ENGLISH + OTHER) >= 40


def test_the_language_of_most_texts() -> None:
    assert main_language(["很好", "屏幕太暗", "good"]) == "zh"
    assert main_language(["good"] * 300 + ["很好"] * 200) == "en"
    assert main_language([]) == "other"
