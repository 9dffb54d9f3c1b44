"""How facts and marks are told on the command line, whichever command tells them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailbot.cli.home import open_app
from mailbot.cli.shape import number_shown, table
from mailbot.cli.words import label, say
from mailbot.model import Submission
from mailbot.scoring import Mark
from mailbot.store import Entry
from mailbot.workflow.desk import Desk
from mailbot.workflow.marks import explaining
from mailbot.workflow.marks.explaining import Account

SHOWN_TITLE = 30
_COLUMNS = ("month", "unit", "date", "points", "label", "clause", "about", "state", "fact")


def this_desk() -> Desk:
    return open_app(complete=False).desk()


# ---- facts -------------------------------------------------------------------------------------------------


def told(desk: Desk, entry: Entry) -> tuple[str, ...]:
    """One fact on one line: id, day, kind, what it names, who entered it, how it stands."""
    return (
        entry.fact.id,
        str(entry.fact.at),
        label("fact_kinds", entry.kind),
        "　".join(part for part in _about(desk, entry) if part),
        say("fact_by", by=entry.fact.by, day=f"{entry.entered_at:%Y-%m-%d}"),
        _standing(entry),
    )


def _about(desk: Desk, entry: Entry) -> Iterator[str]:
    one = explaining.told(desk, entry)
    yield from (one.unit, one.what, one.detail) if one.unit else (f"{one.what}{one.detail}",)
    for item in one.items:
        yield item_name(item) + (say("fact_exempt") if item.number in one.exempt else "")
    yield entry.note if len(entry.note) <= SHOWN_TITLE else f"{entry.note[:SHOWN_TITLE]}…"


def item_name(item: Submission) -> str:
    """Number, unit and title."""
    title = item.fields.title.value if item.fields.title else ""
    short = title if len(title) <= SHOWN_TITLE else f"{title[:SHOWN_TITLE]}…"
    return " ".join(
        part for part in (item.number, item.fields.unit.value if item.fields.unit else "", short) if part
    )


def _standing(entry: Entry) -> str:
    if entry.withdrawn is not None:
        gone = entry.withdrawn
        return say("fact_gone", by=gone.by, day=f"{gone.at:%Y-%m-%d}", reason=gone.reason)
    if entry.answer_by is None:
        return ""
    if entry.answers:
        return say("fact_answered", mails="、".join(map(str, entry.answers)))
    return say("fact_answer_by", day=entry.answer_by)


# ---- marks -------------------------------------------------------------------------------------------------


def account(desk: Desk, marks: Sequence[Mark]) -> Iterator[str]:
    """Each mark on a line: month, unit, day, points, label, clause, item, how it counts, fact and person."""
    if not marks:
        yield say("marks_none")
        return
    heads = [say(f"marks_column_{name}") for name in _COLUMNS]
    yield from table([heads, *map(_line, explaining.accounts(desk, marks))])
    total = sum((mark.points for mark in marks), start=marks[0].points * 0)
    yield say("marks_sum", points=number_shown(total))


def _line(one: Account) -> list[str]:
    mark = one.mark
    about = [item_name(one.item) if one.item else mark.item, one.solicitation, mark.person]
    return [
        str(mark.month),
        mark.unit,
        str(mark.at),
        str(number_shown(mark.points)),
        mark.label or mark.name,
        mark.clause,
        "　".join(part for part in about if part),
        _counts(mark),
        _whence(one),
    ]


def _counts(mark: Mark) -> str:
    state = label("mark_states", mark.state)
    if mark.corrects is not None:
        return say("marks_corrects", state=state, month=mark.corrects)
    return say("marks_instead", state=state, fact=mark.instead) if mark.instead else state


def _whence(one: Account) -> str:
    """The fact with its person, or the mail that told it."""
    if one.mail_id is not None:
        return say("fact_of_mail", mail=one.mail_id)
    if one.entry is None:
        return one.mark.fact
    gone = say("fact_gone_short") if one.entry.withdrawn else ""
    by = say("fact_by", by=one.entry.fact.by, day=f"{one.entry.entered_at:%Y-%m-%d}")
    return f"{one.entry.fact.id} {by}{gone}"
