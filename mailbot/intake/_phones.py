"""Telephone numbers in a folded line, by the numbering plan and rules 18 to 21 of docs/subjects.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class NumberKind(StrEnum):
    """What a run of digits can be."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    """With its area code."""
    LOCAL = "local"
    """Seven or eight digits alone."""
    SHORT = "short"
    """Four to six digits: a number only in a contact's place."""
    BAD = "bad"
    """Meant as a number, with digits too many, too few or hidden."""
    ADDRESS = "address"
    """An e-mail, QQ or WeChat address: no contact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """text[start:end] read as a number; `value` is how it is registered."""

    start: int
    end: int
    kind: NumberKind
    value: str


_AREA = r"0(?:1\d|2\d|[3-9]\d\d)"
_COUNTRY = r"(?:\(?(?:\+|00?)?86\)? ?[- ]{0,2})"
_LOCAL = r"[2-8]\d{2}[- ]?\d{4}(?!\d)|[2-8]\d{3}[- ]?\d{4}(?!\d)"
_EXTENSION = (
    r"(?: ?\(? ?(?:转|分机号?|ext\.?|x|#|内线) ?:? ?(?:分机)?(?P<{0}>\d{{1,6}})(?!\d) ?\)?"
    r"| ?-{{1,2}} ?(?P<{1}>\d{{3,5}})(?![\d年月日]))?"
)
_START = r"(?<!\d)(?<!\d\.)"
_NUMBER = re.compile(
    r"(?P<address>[a-z0-9_.+-]{1,40}@[a-z0-9.-]{1,40}"
    r"|(?<![/&和、(及同])(?:qq|微信|vx|wx|wechat|weixin|扣扣)(?:账号|帐号|号码|号)?[ :]{0,3}"
    r"(?!同)[a-z0-9_-]{5,24})"
    rf"|{_START}(?P<mobile>{_COUNTRY}?0?(?P<m>1 ?[3-9](?:[- ]{{0,2}}\d){{9}}))(?!\d|[- ]\d{{1,3}}(?!\d))"
    rf"|{_START}(?P<mobile2>{_COUNTRY}?0?(?P<m2>1[3-9]\d{{9}}))(?!\d)"
    rf"|{_START}(?P<landline>(?:{_COUNTRY}\(?0?(?P<a2>[3-9]\d\d)\)?|[(\[]?(?P<a1>{_AREA})[)\]]?)"
    rf"[-/ _]{{0,3}}(?P<l>{_LOCAL}){_EXTENSION.format('x1', 'x2')})"
    rf"|{_START}(?P<local>(?P<n>{_LOCAL}){_EXTENSION.format('x3', 'x4')})"
    rf"|{_START}(?P<bad>1[3-9]\d[\d*x×]{{4,17}}|\d{{3,4}}[*x×]{{3,6}}\d{{2,4}}|\d{{9,40}})(?!\d)"
    rf"|{_START}(?P<short>\d{{4,6}})(?!\d)",
    re.ASCII,
)
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$|(?:19|20)\d\d[- ](?:19|20)\d\d$")
_MEASURES = frozenset("元万亿千户人件名亩吨个条次%年号家台米公里项只头棵株平方斤余多例张份辆")


def find_numbers(norm: str) -> list[Number]:
    """All runs that can be numbers, in order, without overlaps; linear, for each pattern is bounded."""
    found = []
    for match in _NUMBER.finditer(norm):
        number = _read(match)
        if number and not _is_figure(norm, number):
            found.append(number)
    return found


def _read(match: re.Match[str]) -> Number | None:
    start, end = match.span()
    if match["address"]:
        return Number(start=start, end=end, kind=NumberKind.ADDRESS, value="")
    if match["mobile"] or match["mobile2"]:
        value = _digits(match["m"] or match["m2"])
        return Number(start=start, end=end, kind=NumberKind.MOBILE, value=value)
    if match["landline"]:
        area = match["a1"] or "0" + match["a2"]
        value = f"{area}-{_digits(match['l'])}{_tail(match['x1'] or match['x2'])}"
        return Number(start=start, end=end, kind=NumberKind.LANDLINE, value=value)
    if match["local"]:
        value = _digits(match["n"]) + _tail(match["x3"] or match["x4"])
        kind = NumberKind.BAD if _DATE.match(match["n"]) else NumberKind.LOCAL
        return None if kind is NumberKind.BAD else Number(start=start, end=end, kind=kind, value=value)
    kind = NumberKind.BAD if match["bad"] else NumberKind.SHORT
    return Number(start=start, end=end, kind=kind, value=match[0])


def _is_figure(norm: str, number: Number) -> bool:
    """Whether the digits count or date something: 1862件, 6784072元."""
    if number.kind in (NumberKind.MOBILE, NumberKind.LANDLINE, NumberKind.ADDRESS):
        return False
    return norm[number.end : number.end + 1] in _MEASURES and number.end < len(norm)


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _tail(extension: str | None) -> str:
    return f"转{extension}" if extension else ""
