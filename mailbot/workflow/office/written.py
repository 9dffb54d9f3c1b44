"""Days, months and lists as people write them, on the command line and in tables."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from mailbot.errors import ConfigError
from mailbot.model import Month

_DAY = re.compile(r"(\d{4})[-/.\u5e74](\d{1,2})[-/.\u6708](\d{1,2})\u65e5?(?: 00:00:00)?")
_MONTH = re.compile(r"(\d{4})[-/.\u5e74]?(\d{1,2})\u6708?(?:\u4efd)?")
_BETWEEN = re.compile(r"[\s,;/\uff0c\uff1b\u3001]+")


def day(text: str) -> date:
    """2019-03-05, 2019/3/5, 2019.3.5 or with the Chinese signs; ConfigError 'bad_day'."""
    match = _DAY.fullmatch(_plain(text))
    try:
        return date(*map(int, match.groups())) if match else date.fromisoformat(_plain(text))
    except ValueError:
        raise ConfigError("bad_day", day=text.strip()) from None


def month(text: str) -> Month:
    """2019-03, 2019/3, 201903 or with the Chinese signs, or a day of it; ConfigError 'bad_month'."""
    match = _MONTH.fullmatch(_plain(text))
    if match is not None and 1 <= int(match[2]) <= 12:
        return Month(int(match[1]), int(match[2]))
    try:
        return Month.of(day(text))
    except ConfigError:
        raise ConfigError("bad_month", month=text.strip()) from None


def several(text: str) -> tuple[str, ...]:
    """What stands between commas, enumeration marks, slashes or blanks."""
    return tuple(part for part in _BETWEEN.split(text.strip()) if part)


def persons(text: str) -> tuple[str, ...]:
    """Names as several() takes them apart; one of two characters is often set with a blank between them."""
    found: list[str] = []
    alone = False
    for part in several(text):
        if alone and len(part) == 1:
            found[-1] += part
            alone = False
        else:
            found.append(part)
            alone = len(part) == 1
    return tuple(found)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()
