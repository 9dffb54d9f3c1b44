"""Dates of mails in every form seen: RFC 5322, old and half Chinese ones.  Without a zone: Beijing time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from mailbot.clock import SHANGHAI

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CHINESE_MONTHS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_EARLIEST, _LATEST = 1970, 2100
_LONGEST = 300
_TIME = r"(?:(?P<half>上午|下午|晚上|中午|凌晨|AM|PM)\s*)?(?P<hour>\d{1,2})\s*[:：时.]\s*(?P<minute>\d{1,2})"
_TIME += r"(?:\s*[:：分.]\s*(?P<second>\d{1,2})(?:\.\d{1,9})?秒?)?(?:\s*(?P<half2>AM|PM))?"
_ZONE = r"(?:\s*(?P<zone>(?:GMT|UTC)?\s?[+-]\d{2}:?\d{2}|GMT|UTC|UT|Z|[ECMP][SD]T)\b)?"
_MONTH = r"(?P<month>[A-Za-z]{3,9}|(?:十[一二]?|[一二三四五六七八九]|\d{1,2})\s*月)"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?P<day>\d{{1,2}})[\s-]+{_MONTH}\.?[\s,-]+(?P<year>\d{{4}}|\d{{2}})[\s,]+{_TIME}{_ZONE}",
        rf"{_MONTH}\s+(?P<day>\d{{1,2}})\s+{_TIME}{_ZONE}\s+(?P<year>\d{{4}})",
        rf"{_MONTH}\s+(?P<day>\d{{1,2}})\s*,\s*(?P<year>\d{{4}})[\s,]+{_TIME}{_ZONE}",
        r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
        rf"(?:[T\s,，]*(?:\(?(?:星期|周|礼拜)[一二三四五六日天]\)?)?\s*{_TIME}{_ZONE})?",
    )
)


def lenient(written: str) -> datetime | None:
    """The date that a text states, in Asia/Shanghai; None where it states none that can be.

    CST is China's here, not North America's as in RFC 5322 section 4.3: Java clients in China write it.
    """
    text = " ".join(written[:_LONGEST].split())
    match = next((m for form in _FORMS if (m := form.search(text))), None)
    return _datetime(match) if match else None


def _datetime(match: re.Match[str]) -> datetime | None:
    month = _month(match["month"])
    if month is None:
        return None
    year = int(match["year"])
    year += 0 if year > 99 else 2000 if year < 70 else 1900
    hour, minute, second = (int(match[key] or 0) for key in ("hour", "minute", "second"))
    half = (match["half"] or match["half2"] or "").lower()
    if half in ("下午", "晚上", "pm", "中午") and hour < 12 and not (half == "中午" and hour > 9):
        hour += 12
    elif half in ("上午", "凌晨", "am") and hour == 12:
        hour = 0
    try:
        there = datetime(
            year, month, int(match["day"]), hour, minute, min(second, 59), tzinfo=_zone(match["zone"])
        )
    except ValueError:
        return None
    return in_shanghai(there)


def _month(written: str) -> int | None:
    text = written.replace(" ", "").rstrip("月").lower()
    if text.isdigit():
        return int(text)
    if text in _CHINESE_MONTHS:
        return _CHINESE_MONTHS.index(text) + 1
    return _MONTHS.index(text[:3]) + 1 if text[:3] in _MONTHS else None


def _zone(written: str | None) -> tzinfo:
    text = (written or "").upper().replace(" ", "").replace(":", "")
    number = re.search(r"([+-])(\d{2})(\d{2})", text)
    if number:
        minutes = int(number[2]) * 60 + int(number[3])
        # Zones reach from -12 to +14: a figure beyond is a slip, and the sender's clock is Beijing's.
        if minutes <= 14 * 60:
            return timezone(timedelta(minutes=-minutes if number[1] == "-" else minutes))
        return SHANGHAI
    american = {"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
    if text in american:
        return timezone(timedelta(hours=american[text]))
    return UTC if text in ("GMT", "UTC", "UT", "Z") else SHANGHAI


def chinese_zone(written: str) -> bool:
    """Whether the only zone given is CST."""
    return "CST" in written and not re.search(r"[+-]\d{4}|GMT|UTC", written)


def in_shanghai(when: datetime) -> datetime | None:
    """The same moment there; None for years that no mail is from."""
    if not _EARLIEST <= when.year <= _LATEST:
        return None
    return when.astimezone(SHANGHAI)
