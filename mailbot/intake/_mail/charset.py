"""Bytes to text where the declared charset may be missing, unknown or a lie (docs/intake.md, Decoding)."""

from __future__ import annotations

import re

# Labels are looked up here and nowhere else: a mail does not get to choose among all of Python's codecs, of
# which some (idna, unicode_escape) are slow or are no charsets of mail.
_TABLE = """
gb18030 gb18030-2000 gb18030-2005 gb gb2312 gb_2312 gb_2312-80 gb2312-80 csgb2312 csiso58gb231280 iso-ir-58
gb18030 gbk x-gbk cp936 x-cp936 936 ms936 windows-936 cn-gb euc-cn euccn x-euc-cn eucgb2312_cn
gb18030 chinese iso-2022-cn
utf-8 utf8 utf_8 x-utf-8 utf-8-sig unicode-1-1-utf-8 cp65001 utf8mb4
hz hz-gb-2312 hzgb hz-gb
big5hkscs big5 big-5 csbig5 x-x-big5 cp950 big5-hkscs cn-big5
cp1252 windows-1252 iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 ansi x-ansi
utf-7 unicode-1-1-utf-7
utf-16
utf-16-le utf-16le
utf-16-be utf-16be
iso2022_jp iso-2022-jp
cp932 shift_jis shift-jis
euc_jp euc-jp
cp949 euc-kr ks_c_5601-1987
cp1251 windows-1251
koi8-r
iso8859_2 iso-8859-2
iso8859_15 iso-8859-15
"""
_CODECS = {label: row.split()[0] for row in _TABLE.strip().split("\n") for label in row.split()}
"""Label to codec: the first word of a row names the codec, all of them are labels of it."""

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_HIGH_PAIRS = re.compile(rb"(?:[\x00-\x7f]+|(?:[\xa1-\xf7][\xa1-\xfe])+)*+")
_ENOUGH = 4


def codec_of(label: str) -> str | None:
    """Python's codec for a charset label, every GB label being gb18030; None where the label says nothing."""
    return _CODECS.get(label.strip(" \t\"'").partition("*")[0].strip().lower())


def decode(data: bytes, label: str = "") -> str:
    """As declared if that is possible, then strict UTF-8, then strict GB18030, then with replacements.

    UTF-8 proves itself, so that bytes which are well-formed Chinese UTF-8 are read as such under a GB or
    Latin label as well.
    """
    if data.isascii():
        return _decode_ascii(data, codec_of(label))
    codec = codec_of(label)
    if codec in ("gb18030", "cp1252") and (text := _proven_utf8(data)) is not None:
        return text
    if codec == "cp1252" and (text := _paired_gb(data)) is not None:
        return text
    tries = (codec, "utf-8", "gb18030") if codec else ("utf-8", "gb18030")
    for candidate in tries:
        text = _strict(data, candidate)
        if text is None and candidate == "utf-8":
            text = _mostly_utf8(data)
        if text is not None:
            return text
    return _least_damage(data, codec)


def _decode_ascii(data: bytes, codec: str | None) -> str:
    if codec in ("hz", "utf-7", "iso2022_jp", "utf-16-le", "utf-16-be", "utf-16"):
        text = _strict(data, codec)
        if text is not None:
            return text
    return data.decode("ascii")


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeError:
        return None


def _proven_utf8(data: bytes) -> str | None:
    """Well-formed UTF-8 in which East Asian characters outnumber those of two bytes.

    Two bytes are what a GBK character can pass for; three in a row, all through a text, it cannot.
    """
    text = _strict(data, "utf-8")
    if text is None:
        return None
    foreign = _NOT_ASCII.findall(text)
    wide = sum(c >= "\u2e80" for c in foreign)
    return text if wide >= 2 and wide > sum(c < "\u0800" for c in foreign) else None


def _paired_gb(data: bytes) -> str | None:
    """GB2312 under a Latin label: all high bytes come in pairs of its rows, as no Western text has them."""
    high = sum(b > 0x7F for b in data)
    return _strict(data, "gb18030") if high >= _ENOUGH and _HIGH_PAIRS.fullmatch(data) else None


def _mostly_utf8(data: bytes) -> str | None:
    """UTF-8 with a character cut at its end or a few broken: GB18030 would make it all other characters."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = len(_NOT_ASCII.findall(text)) - bad
    if good > _ENOUGH * bad:
        return text
    cut_only = bad == 1 and good and text.endswith("\ufffd") and _strict(data, "gb18030") is None
    return text if cut_only else None


def _least_damage(data: bytes, codec: str | None) -> str:
    candidates = [data.decode(c, "replace") for c in dict.fromkeys((codec or "utf-8", "utf-8", "gb18030"))]
    return min(candidates, key=lambda text: text.count("\ufffd"))
