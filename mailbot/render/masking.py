"""Telephone numbers and mail addresses in texts: taken out of what circulates, masked in what is exported.

A person's only: mobile numbers, numbers with an area code, mail addresses; in digits of any width.  The
section's own numbers of seven digits are no person's.
"""

from __future__ import annotations

import re

_DIGIT = r"[\d\uff10-\uff19]"
_GAP = r"[-\u2010-\u2015\u2212\uff0d\s\u3000]?"
CONTACT = re.compile(
    rf"(?<!{_DIGIT})(?:(?:(?:\+|\uff0b|00)86{_GAP})?"
    rf"[1\uff11][3-9\uff13-\uff19]{_DIGIT}{_GAP}{_DIGIT}{{4}}{_GAP}{_DIGIT}{{4}}"
    rf"|[0\uff10][1-9\uff11-\uff19]{_DIGIT}{{1,2}}[)\uff09]?{_GAP}{_DIGIT}{{7,8}})(?!{_DIGIT})"
    r"|[\w.+-]+[@\uff20][\w-]+(?:[.\uff0e][\w-]+)+"
)
"""What is a person's contact wherever it stands."""
_ANY_DIGIT = re.compile(_DIGIT)
_HIDDEN = 4
STAR = "*"


def without_contacts(text: str) -> str:
    """The text with no contact in it, whatever a sender wrote there."""
    return " ".join(CONTACT.sub(" ", text).split())


def masked(text: str) -> str:
    """The text with every contact in it masked: 139****1234, m***@oa.tancheng.example."""
    return CONTACT.sub(lambda match: _hidden(match[0]), text)


def masked_contact(text: str) -> str:
    """One entry of a column of contacts: short numbers are masked too."""
    return masked(text) if "@" in text else masked_digits(text)


def masked_digits(text: str) -> str:
    """Four digits hidden: those before the last four, or the middle ones of a short number."""
    places = [match.start() for match in _ANY_DIGIT.finditer(text)]
    first = max(0, len(places) - 2 * _HIDDEN) if len(places) > 2 * _HIDDEN else (len(places) - _HIDDEN) // 2
    hidden = set(places[max(first, 0) :][:_HIDDEN])
    return "".join(STAR if place in hidden else char for place, char in enumerate(text))


def masked_address(text: str) -> str:
    """Its first character and where it lies."""
    local, at, host = text.rpartition("@")
    return f"{local[:1]}{STAR * 3}@{host}" if at else text


def _hidden(found: str) -> str:
    found = found.replace("\uff20", "@")
    return masked_address(found) if "@" in found else masked_digits(found)
