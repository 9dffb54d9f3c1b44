"""Facts of the past brought in as a table (.xlsx, .csv): every row a fact, all of them or none.

docs/commands.md describes the columns.  Each row goes through the verb that a person would have used, so that
it is held to the same rules; whatever is wrong with any row is told, row by row.  Nobody is written to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailbot.clock import SHANGHAI
from mailbot.errors import ConfigError, MailbotError, NotFound
from mailbot.model import SubmissionState, title_key
from mailbot.store import Entry
from mailbot.workflow import credit, naming, register, written
from mailbot.workflow.credit import Who
from mailbot.workflow.desk import Desk

_EARLIEST = datetime(1970, 1, 2, tzinfo=SHANGHAI)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """What is wrong with one row; the head of the table is row 1."""

    row: int
    error: MailbotError


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtIn:
    """What was entered, or would be; nothing where there are faults."""

    entries: tuple[Entry, ...]
    faults: tuple[RowFault, ...]


class _UndoneError(Exception):
    """Leaves the transaction without a trace."""


def bring_in(
    desk: Desk,
    content: bytes,
    name: str,
    *,
    columns: Mapping[str, str],
    kinds: Mapping[str, str],
    by: str,
    dry_run: bool = False,
) -> BroughtIn:
    """Enter every row of the table `name`, or only see what would become of them.

    `columns` maps the heads of columns to their keys, `kinds` the words of the column 'kind' (see _VERBS).
    ConfigError 'sheet_format', 'sheet_empty', 'sheet_no_column', 'sheet_column_twice', 'register_too_large'.
    """
    rows = _rows(content, name, columns)
    entries: list[Entry] = []
    faults: list[RowFault] = []
    try:
        with desk.store.transaction():
            for number, values in rows:
                try:
                    entries += _enter(desk, _Row(values, columns), kinds, by)
                except MailbotError as error:
                    faults.append(RowFault(row=number, error=error))
            if faults or dry_run:
                raise _UndoneError
            desk.log("facts_imported", f"facts:{name}", {"count": str(len(entries))}, who=by)
    except _UndoneError:
        pass
    return BroughtIn(entries=() if faults else tuple(entries), faults=tuple(faults))


class _Row:
    """The cells of one row by key."""

    def __init__(self, values: Mapping[str, str], columns: Mapping[str, str]) -> None:
        self._values = values
        self._heads = {key: head for head, key in columns.items()}

    def get(self, key: str) -> str:
        return self._values.get(key, "").strip()

    def need(self, key: str) -> str:
        """ConfigError 'sheet_missing' naming the column."""
        if not self.get(key):
            raise ConfigError("sheet_missing", column=self._heads[key])
        return self.get(key)


def _enter(desk: Desk, row: _Row, kinds: Mapping[str, str], by: str) -> Sequence[Entry]:
    verb = _VERBS.get(kinds.get(row.need("kind"), ""))
    if verb is None:
        raise ConfigError("sheet_unknown_kind", **naming.words(row.get("kind"), kinds))
    return verb(desk, row, Who(by=by, note=row.get("note"), tell=False))


# ---- the table ---------------------------------------------------------------------------------------------


def _rows(content: bytes, name: str, columns: Mapping[str, str]) -> list[tuple[int, Mapping[str, str]]]:
    lines = [(n, line) for n, line in enumerate(_lines(content, name), 1) if any(c.strip() for c in line)]
    if len(lines) < 2:
        raise ConfigError("sheet_empty", file=name)
    places = _places(lines[0][1], name, columns)
    return [(n, {key: line[at] for key, at in places.items() if at < len(line)}) for n, line in lines[1:]]


def _lines(content: bytes, name: str) -> Iterable[Sequence[str]]:
    if len(content) > register.MAX_BYTES:
        raise ConfigError("register_too_large", file=name)
    suffix = name.lower().rpartition(".")[2]
    try:
        if suffix == "csv":
            return register.csv_rows(content)
        if suffix == "xlsx":
            return register.sheet_rows(content)
    except ValueError:
        pass
    raise ConfigError("sheet_format", file=name)


def _places(head: Sequence[str], name: str, columns: Mapping[str, str]) -> Mapping[str, int]:
    """Where each known column stands.  Further columns are left alone: people keep remarks there."""
    places: dict[str, int] = {}
    for at, cell in enumerate(head):
        key = columns.get("".join(cell.split()))
        if key in places:
            raise ConfigError("sheet_column_twice", file=name, column=cell.strip())
        if key is not None:
            places[key] = at
    if "kind" not in places:
        wanted = next(head for head, key in columns.items() if key == "kind")
        raise ConfigError("sheet_no_column", file=name, column=wanted, choices=" ".join(columns))
    return places


# ---- rows of each kind -------------------------------------------------------------------------------------


def _numbers(desk: Desk, row: _Row) -> tuple[str, ...]:
    """As written; without any, the one accepted item of the unit and title."""
    if row.get("number") or not row.get("title"):
        return written.several(row.need("number"))
    unit, title = naming.unit(desk, row.need("unit")), row.get("title")
    found = desk.store.same_title(unit=unit, title_key=title_key(title), since=_EARLIEST)
    accepted = [item.number for item in found if item.state is SubmissionState.ACCEPTED]
    if len(accepted) != 1:
        raise NotFound("sheet_no_title", unit=unit, title=title, count=len(accepted))
    return (accepted[0],)


def _adoption(desk: Desk, row: _Row, who: Who) -> Sequence[Entry]:
    """Several numbers in one row are one merged piece."""
    numbers, publication = _numbers(desk, row), row.need("publication")
    day, issue = written.day(row.need("day")), row.get("issue")
    if len(numbers) > 1:
        return credit.merge(desk, numbers, publication, day=day, who=who, issue=issue)
    return (credit.adopt(desk, numbers[0], publication, day=day, who=who, issue=issue),)


def _instruction(desk: Desk, row: _Row, who: Who) -> Sequence[Entry]:
    numbers = _numbers(desk, row)
    due = row.get("answer_by")
    return [
        credit.instruct(
            desk,
            number,
            row.need("level"),
            day=written.day(row.need("day")),
            who=who,
            leader=row.get("leader"),
            rank=row.get("rank"),
            answer_by=written.day(due) if due else None,
        )
        for number in numbers
    ]


def _secondment(desk: Desk, row: _Row, who: Who) -> Sequence[Entry]:
    month = written.month(row.get("month") or row.need("day"))
    return (credit.second(desk, row.need("unit"), month, written.several(row.need("persons")), who=who),)


def _demerit(code: str) -> Verb:
    def enter(desk: Desk, row: _Row, who: Who) -> Sequence[Entry]:
        return (
            credit.demerit(
                desk,
                code,
                _numbers(desk, row),
                day=written.day(row.need("day")),
                who=who,
                kind=row.get("fault"),
                exempt=written.several(row.get("exempt")),
            ),
        )

    return enter


def _failure(desk: Desk, row: _Row, who: Who) -> Sequence[Entry]:
    day = written.day(row.need("day"))
    solicitation = row.get("solicitation")
    return (
        credit.major_failure(
            desk, row.need("unit"), row.need("fault"), day=day, who=who, solicitation=solicitation
        ),
    )


def _adjustment(desk: Desk, row: _Row, who: Who) -> Sequence[Entry]:
    return (
        credit.adjust(desk, row.need("unit"), row.need("points"), day=written.day(row.need("day")), who=who),
    )


Verb = Callable[[Desk, _Row, Who], Sequence[Entry]]

_VERBS: Mapping[str, Verb] = {
    "adoption": _adoption,
    "instruction": _instruction,
    "secondment": _secondment,
    "low_quality": _demerit("low_quality"),
    "poor": _demerit("poor"),
    "similar": _demerit("similar"),
    "plagiarised": _demerit("plagiarised"),
    "failure": _failure,
    "adjustment": _adjustment,
}
