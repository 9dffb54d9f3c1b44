"""The day of the event that a text begins with: “4月11日，港上镇举办……” (notice 二(四): 当天报送)."""

from __future__ import annotations

import re
from datetime import date, timedelta

_READ = 80
_FUTURE = timedelta(days=1)
_OLDEST = timedelta(days=200)
_DAY = re.compile(
    r"(?<![\d年月])(?:(?P<year>20\d\d)年)?(?P<month>1[0-2]|0?[1-9])月(?:\d{1,2}日?[-至—、到])?"
    r"(?P<day>3[01]|[12]\d|0?[1-9])日(?:上午|下午|晚|清晨|凌晨|中午|夜|早)?(?P<after>.?)",
    re.ASCII,
)
_NOT_AN_EVENT = re.compile(r"(?:截至|截止|截止到|截至到|自|从|到|至|自从|于|计划|预计|定于|将于|拟于|至于)$")
_NOT_AFTER = frozenset("前起止底后之以至到-—、")


def event_date(title: str, opening: str, arrived: date) -> date | None:
    """The day named at the beginning of title or text, seen from the day of arrival; None where unclear."""
    return _first_day(title, arrived) or _first_day(opening, arrived)


def _first_day(text: str, arrived: date) -> date | None:
    match = _DAY.search(text[:_READ])
    if not match or (match["after"] in _NOT_AFTER and match["after"]):
        return None
    if _NOT_AN_EVENT.search(text[: match.start()]) or len(text[: match.start()].strip()) > 30:
        return None
    years = [int(match["year"])] if match["year"] else [arrived.year, arrived.year - 1]
    for year in years:
        day = _date(year, int(match["month"]), int(match["day"]))
        if day and arrived - _OLDEST <= day <= arrived + _FUTURE:
            return day
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
