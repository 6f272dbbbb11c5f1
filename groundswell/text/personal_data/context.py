"""What the words right before a number say it is: somebody's, or the number of a thing."""

from __future__ import annotations

import re

_REACH = 24  # characters before a number that are looked at
_LINK = r"(?:\s|[:#=*·,\"'(]|-|no\.?|nr\.?|numbers?|is|was|are|号码|号|码|是|为|的)*"
_OF_A_THING = re.compile(
    r"(?:订单|单号|编号|型号|货号|款号|条码|条形码|序列号|批号|流水号|房号|版本|卷号"
    r"|\b(?:order|tracking|shipment|serial|model|item|part|product|invoice|receipt|ticket|booking|confirmation|reference"
    r"|ref|sku|isbn|issn|asin|upc|ean|case|batch|lot|patent|imei|version))" + _LINK + r"\Z",
    re.IGNORECASE,
)
_OF_A_PHONE = re.compile(
    r"(?:电话|電話|手机|手機|联系|聯繫|致电|打了?|打给|来电|座机|热线|传真|短信|微信"
    r"|\b(?:phone|telephone|tel|mobile|mob|cell|call(?:ing|ed)?|text(?:ed)?|dial(?:ed)?|ring|rang|fax|sms|whatsapp"
    r"|contact))(?:me|us|him|her|them|at|on|to|\s)*" + _LINK + r"(?:at|on)?\s*\+?\Z",
    re.IGNORECASE,
)
_A_CALL_BEFORE = re.compile(r"电话|手机|打给|拨打|\b(?:phone|tel|mobile|cell|call\w*|text|dial|cal)\b", re.IGNORECASE)
_OF_AN_ADDRESS = re.compile(r"(?:\b(?:ip|dns|server|host|ping|address)|地址|服务器)" + _LINK + r"\Z", re.IGNORECASE)
_OF_AN_ID_CARD = re.compile(r"(?:身份证|身份證|证件|\b(?:id|identity)(?: card)?)" + _LINK + r"\Z", re.IGNORECASE)
_OF_A_CARD = re.compile(
    r"(?:银行卡|银行账号|银行帐号|信用卡|储蓄卡|借记卡|卡号"
    r"|\b(?:(?:credit|debit|bank) card|card number|card no|visa|mastercard|amex|unionpay))" + _LINK + r"\Z",
    re.IGNORECASE,
)
_OF_A_VERSION = re.compile(
    r"(?:\b(?:version|ver|v|firmware|release|build|update[ds]?(?: to)?|section|chapter|rev|revision|driver"
    r"|android|ios|windows|chrome|firefox)"
    r"|版本|固件|系统|驱动|升级到|更新到|第|章|节)[\s:.]*\Z",
    re.IGNORECASE,
)


def numbers_a_thing(text: str, start: int) -> bool:
    """Whether the number at `start` is said to be that of an order, a parcel, a model …"""
    return _OF_A_THING.search(text, max(0, start - _REACH), start) is not None


def names_a_phone(text: str, start: int) -> bool:
    """Whether the number at `start` is said to be one to call."""
    return _OF_A_PHONE.search(text, max(0, start - _REACH), start) is not None


def mentions_a_call(text: str, start: int) -> bool:
    """Whether calling is spoken of shortly before `start`."""
    return _A_CALL_BEFORE.search(text, max(0, start - 2 * _REACH), start) is not None


def names_an_address(text: str, start: int) -> bool:
    """Whether the number at `start` is said to be an address of a computer."""
    return _OF_AN_ADDRESS.search(text, max(0, start - _REACH), start) is not None


def names_an_id_card(text: str, start: int) -> bool:
    """Whether the number at `start` is said to be that of an identity card."""
    return _OF_AN_ID_CARD.search(text, max(0, start - _REACH), start) is not None


def names_a_card(text: str, start: int) -> bool:
    """Whether the number at `start` is said to be that of a bank card."""
    return _OF_A_CARD.search(text, max(0, start - _REACH), start) is not None


def names_a_version(text: str, start: int) -> bool:
    """Whether the number at `start` is said to be that of a version or of a chapter."""
    return _OF_A_VERSION.search(text, max(0, start - _REACH), start) is not None
