"""Months already issued: they stay as they went out, and what later facts change in them is booked later.

A 通报 that went to 49 units is not rewritten (promise P10).  A mark is known again by its key; the difference
between what the facts now make of it and what was issued under it is a correction, in the first month not yet
issued that is not before the fact behind it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mailbot.facts import Moment
from mailbot.model import Month
from mailbot.scoring.mark import NOUGHT, Mark, MarkState, total


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedTable:
    """The marks of a month as its 通报 was approved with, corrections of earlier months included."""

    month: Month
    marks: tuple[Mark, ...]


Key = tuple[str, ...]


def with_corrections(
    derived: Sequence[Mark], issued: Mapping[Month, IssuedTable], moments: Mapping[str, Moment]
) -> tuple[Mark, ...]:
    """Issued marks as issued, the others as derived, and the corrections between the two.

    `moments` says when each fact was, by its id.
    """
    if not issued:
        return tuple(derived)
    today = {mark.key: mark for mark in derived}
    frozen = [_as_issued(mark, today.get(mark.key)) for m in sorted(issued) for mark in issued[m].marks]
    fresh = [mark for mark in derived if mark.month not in issued]
    went_out: defaultdict[Key, list[Mark]] = defaultdict(list)
    for mark in frozen:
        went_out[mark.key].append(mark)
    now = {key: mark for key, mark in today.items() if mark.month in issued}
    corrections = (
        _correction(now.get(key), went_out.get(key, []), issued, moments)
        for key in dict.fromkeys([*now, *went_out])
    )
    return (*frozen, *fresh, *(mark for mark in corrections if mark))


def _as_issued(mark: Mark, now: Mark | None) -> Mark:
    """Points and label as they went out; who is out of the selection is a matter of the present facts."""
    return replace(
        mark,
        disqualifies=now is not None and now.disqualifies,
        typical=now is not None and now.typical,
    )


def _correction(
    now: Mark | None,
    before: Sequence[Mark],
    issued: Mapping[Month, IssuedTable],
    moments: Mapping[str, Moment],
) -> Mark | None:
    """The difference, dated by the fact that brought it about: what supersedes, or the late-coming one."""
    change = (now.points if now else NOUGHT) - total(before)
    if not change:
        return None
    mark = now or before[0]
    at = moments.get(mark.instead, mark.at) if now else mark.at
    return replace(
        mark,
        at=at,
        month=_open_month(max(mark.month, at.month), issued),
        points=change,
        state=MarkState.CORRECTION,
        instead=mark.instead if now else "",
        listed=mark.listed and not before,
        disqualifies=mark.disqualifies and now is not None,
        corrects=mark.corrects or mark.month,
    )


def _open_month(month: Month, issued: Iterable[Month]) -> Month:
    closed = set(issued)
    while month in closed:
        month = month.following()
    return month
