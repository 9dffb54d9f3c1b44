"""The rows of each exported table, out of the store and the reckoning.  Heads stand in templates/sheets/."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial

from mailbot import scoring
from mailbot.errors import ConfigError
from mailbot.marking import scheme_on
from mailbot.model import Letter, Month, Submission
from mailbot.render import masking
from mailbot.render.sheets import Cell, Row, Sheet
from mailbot.scoring import Mark, Period, PersonRecord, Standing, Standings
from mailbot.workflow.bulletins import year
from mailbot.workflow.desk import Desk
from mailbot.workflow.mail.showing import is_sealed
from mailbot.workflow.marks import standings
from mailbot.workflow.marks.standings import Reckoning

_EVERYTHING = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What of the office is shown: which days, up to when marks are reckoned, contacts in full or masked."""

    desk: Desk
    holds: Callable[[date], bool]
    last: date
    full: bool
    _titles: dict[str, str] = field(default_factory=dict)

    def word(self, key: str, **values: object) -> str:
        """A word of templates/sheets; ConfigError where an office's own file lacks it."""
        text = self.desk.policy.wording.sheets.get(key)
        if text is None:
            file, _, rest = key.partition(".")
            raise ConfigError("config_missing_key", file=f"templates/sheets/{file}.toml", key=rest)
        return text.format(**values)

    def heads(self, table: str, *keys: str) -> tuple[str, ...]:
        return tuple(self.word(f"{table}.heads.{key}") for key in keys)

    def text(self, text: str) -> str:
        """Free text: whatever contact somebody wrote into it is masked too."""
        return text if self.full else masking.masked(text)

    def contacts(self, entries: Sequence[str]) -> str:
        shown = entries if self.full else [masking.masked_contact(one) for one in entries]
        return self.joined(shown)

    def joined(self, parts: Sequence[str]) -> str:
        return self.word("common.words.comma").join(parts)

    def title(self, item: Submission) -> str:
        """Never of what has a secrecy mark."""
        if is_sealed(self.desk.store.verdict(item.mail_id)):
            return self.word("common.words.sealed")
        return self.text(item.fields.title.value if item.fields.title else "")

    def title_of(self, number: str) -> str:
        if number and number not in self._titles:
            self._titles[number] = self.title(self.desk.store.submission(number))
        return self._titles.get(number, "")


def unit_of(item: Submission) -> str:
    """The unit as the register has it."""
    return item.fields.unit.value if item.fields.unit else item.fields.unit_as_written or ""


# ---- submissions -------------------------------------------------------------------------------------------


def submissions(view: View) -> tuple[Sheet, ...]:
    """Every item by arrival, whatever became of it, with the labels and points it has as of now."""
    store, marks = view.desk.store, defaultdict[str, list[Mark]](list)
    for mark in standings.reckon(view.desk).marks:
        marks[mark.item].append(mark)
    found = [item for item in store.submissions(limit=_EVERYTHING) if view.holds(item.arrived_at.date())]
    keys: tuple[str, ...] = (
        "number",
        "arrived_at",
        "unit",
        "co_units",
        "title",
        "submitters",
        "contacts",
        "reviewer",
    )
    keys += ("signer", "state", "solicitation", "document", "words", "versions", "labels", "points")
    rows = tuple(_submission(view, item, marks.get(item.number, ())) for item in found)
    heads = view.heads("submissions", *keys)
    return (Sheet(name=view.word("submissions.name"), heads=heads, rows=rows, fixed=1),)


def _submission(view: View, item: Submission, marks: Sequence[Mark]) -> Row:
    fields, verdict = item.fields, view.desk.store.verdict(item.mail_id)
    opening: Row = (item.number, item.arrived_at)
    state = view.word(f"submissions.words.{item.state}")
    if is_sealed(verdict):
        blank: Row = (None,) * 4
        return (*opening, "", "", view.word("common.words.sealed"), *blank, state, *blank, None, None)
    reply = view.desk.store.solicitation_reply(item.number)
    labels = dict.fromkeys(mark.label for mark in marks if mark.listed and mark.label)
    return (
        *opening,
        view.text(unit_of(item)),
        view.joined(fields.co_units),
        view.title(item),
        view.joined(fields.submitters.value if fields.submitters else ()),
        view.contacts(fields.contacts.value if fields.contacts else ()),
        fields.reviewer or "",
        fields.signer or "",
        state,
        (reply.code if reply else None) or fields.solicitation or "",
        view.text(item.document_name),
        item.words.whole,
        item.versions,
        view.joined(list(labels)),
        sum((mark.points for mark in marks), Decimal(0)) if marks else None,
    )


# ---- standings ---------------------------------------------------------------------------------------------


def standings_table(view: View) -> tuple[Sheet, ...]:
    """得分累积 of every unit month by month, and each mark with its clause and fact (promise P10)."""
    last = Month.of(view.last)
    reckoning = standings.reckon(view.desk)
    found = standings.standings(view.desk, Period(year=last.year, last=last.month), reckoning)
    months = [Month(last.year, number) for number in range(1, last.month + 1)]
    heads = (
        *view.heads("standings", "rank", "group", "group_rank", "unit", "submissions"),
        *(view.word("common.words.month_column", month=month.month) for month in months),
        *view.heads("standings", "plus", "minus", "total", "disqualified"),
    )
    reported = standings.reported(reckoning, months[0], last)
    names = _groups(view, last)
    rows = tuple(
        _standing(view, row, months, names.get(row.group, ""), reported[row.unit]) for row in found.rows
    )
    first = Sheet(name=view.word("standings.name"), heads=heads, rows=rows, fixed=4)
    return (first, _detail(view, found))


def _groups(view: View, month: Month) -> dict[str, str]:
    scheme = scheme_on(view.desk.policy.schemes, standings.last_day(month))
    return {group.code: group.name for group in scheme.groups}


def _standing(view: View, row: Standing, months: Sequence[Month], group: str, reported: int) -> Row:
    by_month = {one.month: one.points for one in row.months if one.counts}
    disqualified = view.word("common.words.yes") if row.disqualified else None
    place: Row = (row.rank, group, row.group_rank, row.unit, reported)
    return (*place, *(by_month.get(m) for m in months), row.plus, row.minus, row.total, disqualified)


def _detail(view: View, found: Standings) -> Sheet:
    keys: tuple[str, ...] = (
        "month",
        "unit",
        "date",
        "points",
        "tariff",
        "name",
        "label",
        "clause",
        "item",
        "title",
    )
    keys += ("solicitation", "person", "state", "fact", "instead", "corrects")
    ordered = sorted(found.marks, key=lambda mark: (mark.month, mark.unit, mark.at.starts, mark.fact))
    rows = tuple(_mark(view, mark) for mark in ordered if view.holds(mark.at.day))
    heads = view.heads("standings", *keys)
    return Sheet(name=view.word("standings.detail"), heads=heads, rows=rows, fixed=2)


def _ground(fact: str) -> str:
    """The number by which people look a fact up: of an entry, an item, a 约稿."""
    kind, _, name = fact.partition(":")
    return name.partition(":")[0] if kind in ("reply", "solicit") else fact


def _mark(view: View, mark: Mark) -> Row:
    return (
        str(mark.month),
        mark.unit,
        mark.at.day,
        mark.points,
        mark.tariff,
        view.text(mark.name),
        mark.label,
        mark.clause,
        mark.item,
        view.title_of(mark.item),
        mark.solicitation,
        mark.person,
        view.word(f"standings.words.{mark.state}"),
        _ground(mark.fact),
        _ground(mark.instead),
        str(mark.corrects) if mark.corrects else "",
    )


# ---- 约稿 --------------------------------------------------------------------------------------------------


def solicitations(view: View) -> tuple[Sheet, ...]:
    """How each unit stands to each 约稿 due in the span; and each 约稿 with its counts."""
    reckoning = standings.reckon(view.desk)
    answers = [
        answer
        for answer in scoring.answers(reckoning.facts, reckoning.schemes, reckoning.as_of)
        if answer.asks and view.holds(answer.deadline.day)
    ]
    codes = list(dict.fromkeys(answer.solicitation for answer in answers))
    titles = {one.code: one.title for one in view.desk.store.solicitations_among(codes)}
    states = {(answer.unit, answer.solicitation): answer.state for answer in answers}
    roster = [unit.name for unit in view.desk.policy.roster.units]
    units = dict.fromkeys([*roster, *(unit for unit, _ in states)])
    column = partial(view.word, "solicitations.words.column")
    heads = (*view.heads("solicitations", "unit"), *(column(code=c, title=titles.get(c, "")) for c in codes))
    rows = tuple((unit, *(_state(view, states.get((unit, code))) for code in codes)) for unit in units)
    matrix = Sheet(name=view.word("solicitations.name"), heads=heads, rows=rows, fixed=1)
    return (matrix, _each(view, answers))


def _state(view: View, state: scoring.AnswerState | None) -> str:
    return view.word(f"solicitations.words.{state}") if state else ""


def _each(view: View, answers: Sequence[scoring.Answer]) -> Sheet:
    keys: tuple[str, ...] = ("code", "title", "source", "asked_at", "deadline", "state")
    keys += ("due", "on_time", "late", "missed", "void", "open")
    by_topic: defaultdict[str, list[scoring.Answer]] = defaultdict(list)
    for answer in answers:
        by_topic[answer.solicitation].append(answer)
    rows = []
    for one in view.desk.store.solicitations():
        found = by_topic.get(one.topic)
        if found is None:
            continue
        counts = standings.counted(found, view.desk.policy.schemes)
        still_open = sum(answer.state is scoring.AnswerState.OPEN for answer in found)
        ask, word = one.asks[-1], partial(view.word)
        told: Row = (one.code, view.text(one.title), word(f"solicitations.words.source_{ask.source}"))
        state = word(f"solicitations.words.state_{one.state}")
        figures = (counts.due, counts.on_time, counts.late, counts.missed, counts.void, still_open)
        rows.append((*told, one.asks[0].asked_at, ask.deadline, state, *figures))
    heads = view.heads("solicitations", *keys)
    return Sheet(name=view.word("solicitations.detail"), heads=heads, rows=tuple(rows), fixed=2)


# ---- letters -----------------------------------------------------------------------------------------------


def letters(view: View) -> tuple[Sheet, ...]:
    """Every letter of the outbox, oldest first."""
    store = view.desk.store
    units = {one.address: one.unit for one in store.correspondents()}
    found = [one for one in store.letters(limit=_EVERYTHING) if view.holds(one.created_at.date())]
    keys: tuple[str, ...] = ("id", "kind", "state", "unit", "recipient", "subject", "number")
    keys += ("created_at", "sent_at", "attempts", "reply")
    rows = tuple(_letter(view, one, units.get(one.recipient.lower(), "")) for one in sorted(found, key=_id))
    heads = view.heads("letters", *keys)
    return (Sheet(name=view.word("letters.name"), heads=heads, rows=rows, fixed=1),)


def _id(letter: Letter) -> int:
    return letter.id


def _letter(view: View, letter: Letter, unit: str) -> Row:
    recipient = letter.recipient if view.full else masking.masked_address(letter.recipient)
    return (
        letter.id,
        view.word(f"letters.words.{letter.kind}"),
        view.word(f"letters.words.state_{letter.state}"),
        unit,
        recipient,
        view.text(letter.subject),
        letter.number or "",
        letter.created_at,
        letter.sent_at,
        letter.attempts,
        view.text(letter.reply),
    )


# ---- 先进 --------------------------------------------------------------------------------------------------


def selection(view: View) -> tuple[Sheet, ...]:
    """What the year's choice of units and persons rests on (annex 1, 四).  People decide, not this."""
    last = Month.of(view.last)
    reckoning = standings.reckon(view.desk)
    period = Period(year=last.year, last=last.month)
    found = standings.standings(view.desk, period, reckoning)
    rows = tuple(_candidates(view, found, reckoning, last))
    keys: tuple[str, ...] = ("rank", "group", "group_rank", "order", "unit", "submissions", "solicited_due")
    keys += ("solicited_missed", "adopted", "instructions", "total", "disqualified", "silent")
    units = Sheet(name=view.word("selection.name"), heads=view.heads("selection", *keys), rows=rows, fixed=5)
    rules = scheme_on(reckoning.schemes, standings.last_day(last)).rules
    people = scoring.people(
        reckoning.facts, reckoning.marks, period, credit=rules.person_credit, decimals=rules.decimals
    )
    return (units, _people(view, people))


def _candidates(view: View, found: Standings, reckoning: Reckoning, last: Month) -> Iterator[Row]:
    order = {unit: place for place, unit in enumerate(found.selection_order, 1)}
    units = [row.unit for row in found.rows]
    silent = standings.silent(reckoning, units, date(last.year, 1, 1), view.last)
    reported = standings.reported(reckoning, Month(last.year, 1), last)
    figures = {one.unit: one for one in year.unit_figures(view.desk, last, reckoning)}
    names, yes = _groups(view, last), view.word("common.words.yes")
    for row in found.rows:
        mine = figures[row.unit]
        flags: tuple[Cell, Cell] = (
            yes if row.disqualified else None,
            yes if row.unit in silent else None,
        )
        place: Row = (row.rank, names.get(row.group, ""), row.group_rank, order.get(row.unit), row.unit)
        asked = (reported[row.unit], mine.solicited.due, mine.solicited.missed)
        yield (*place, *asked, mine.adopted.total, mine.instructions, row.total, *flags)


def _people(view: View, people: Sequence[PersonRecord]) -> Sheet:
    keys = ("unit", "name", "reported", "replied", "adopted", "instructed", "faults", "seconded", "points")
    rows = tuple(
        (p.unit, p.name, p.reported, p.replied, p.adopted, p.instructed, p.faults, p.seconded, p.points)
        for p in people
    )
    heads = view.heads("selection", *keys)
    return Sheet(name=view.word("selection.detail"), heads=heads, rows=rows, fixed=2)
