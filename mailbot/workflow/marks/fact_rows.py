"""One fact out of named fields: a form that was filled in, or a row of a table.

Every door's fields bear the same keys ('kind', 'day', 'number', 'publication' ...) and go through the verb of
credit.py that a person would have used, so that all are held to the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from mailbot.clock import SHANGHAI
from mailbot.errors import ConfigError, NotFound
from mailbot.model import SubmissionState, title_key
from mailbot.store import Entry
from mailbot.workflow.desk import Desk
from mailbot.workflow.marks import credit, naming
from mailbot.workflow.marks.credit import Who
from mailbot.workflow.office import written

_EARLIEST = datetime(1970, 1, 2, tzinfo=SHANGHAI)


class FactFields:
    """What is written under each key; `columns` maps what people call a field to its key."""

    def __init__(self, values: Mapping[str, str], columns: Mapping[str, str]) -> None:
        self._values = values
        self._columns = columns
        self._heads = {key: head for head, key in columns.items()}

    def get(self, key: str) -> str:
        return self._values.get(key, "").strip()

    def need(self, key: str) -> str:
        """ConfigError 'sheet_missing' naming the field."""
        if not self.get(key):
            raise ConfigError("sheet_missing", column=self._heads[key])
        return self.get(key)

    def about(self, number: str) -> FactFields:
        """The same of one item alone."""
        return FactFields({**self._values, "number": number}, self._columns)


def enter(desk: Desk, kind: str, fields: FactFields, who: Who) -> tuple[Entry, ...]:
    """The fact of a kind among KINDS; of several numbers 采用 is one merged piece, 批示 a fact for each.

    Errors as the verb's, and ConfigError 'sheet_missing', 'bad_day', 'bad_month'; NotFound 'sheet_no_title'.
    """
    with desk.store.transaction():
        return tuple(_VERBS[kind](desk, fields, who))


def enter_each(desk: Desk, kind: str, fields: FactFields, who: Who) -> tuple[Entry, ...]:
    """A fact of its own for each of the numbers: all of them, or none."""
    numbers = tuple(dict.fromkeys(written.several(fields.need("number"))))
    with desk.store.transaction():
        return tuple(entry for one in numbers for entry in enter(desk, kind, fields.about(one), who))


# ---- each kind ---------------------------------------------------------------------------------------------


def _numbers(desk: Desk, fields: FactFields) -> tuple[str, ...]:
    """As written; without any, the one accepted item of the unit and title."""
    if fields.get("number") or not fields.get("title"):
        return written.several(fields.need("number"))
    unit, title = naming.unit(desk, fields.need("unit")), fields.get("title")
    found = desk.store.same_title(unit=unit, title_key=title_key(title), since=_EARLIEST)
    accepted = [item.number for item in found if item.state is SubmissionState.ACCEPTED]
    if len(accepted) != 1:
        raise NotFound("sheet_no_title", unit=unit, title=title, count=len(accepted))
    return (accepted[0],)


def _adoption(desk: Desk, fields: FactFields, who: Who) -> Sequence[Entry]:
    """Several numbers in one row are one merged piece."""
    numbers, publication = _numbers(desk, fields), fields.need("publication")
    day, issue = written.day(fields.need("day")), fields.get("issue")
    if len(numbers) > 1:
        return credit.merge(desk, numbers, publication, day=day, who=who, issue=issue)
    return (credit.adopt(desk, numbers[0], publication, day=day, who=who, issue=issue),)


def _instruction(desk: Desk, fields: FactFields, who: Who) -> Sequence[Entry]:
    numbers = _numbers(desk, fields)
    due = fields.get("answer_by")
    return [
        credit.instruct(
            desk,
            number,
            fields.need("level"),
            day=written.day(fields.need("day")),
            who=who,
            leader=fields.get("leader"),
            rank=fields.get("rank"),
            answer_by=written.day(due) if due else None,
        )
        for number in numbers
    ]


def _secondment(desk: Desk, fields: FactFields, who: Who) -> Sequence[Entry]:
    month = written.month(fields.get("month") or fields.need("day"))
    return (
        credit.second(desk, fields.need("unit"), month, written.persons(fields.need("persons")), who=who),
    )


def _demerit(code: str) -> Verb:
    def enter(desk: Desk, fields: FactFields, who: Who) -> Sequence[Entry]:
        return (
            credit.demerit(
                desk,
                code,
                _numbers(desk, fields),
                day=written.day(fields.need("day")),
                who=who,
                kind=fields.get("fault"),
                exempt=written.several(fields.get("exempt")),
            ),
        )

    return enter


def _failure(desk: Desk, fields: FactFields, who: Who) -> Sequence[Entry]:
    day = written.day(fields.need("day"))
    solicitation = fields.get("solicitation")
    return (
        credit.major_failure(
            desk, fields.need("unit"), fields.need("fault"), day=day, who=who, solicitation=solicitation
        ),
    )


def _adjustment(desk: Desk, fields: FactFields, who: Who) -> Sequence[Entry]:
    return (
        credit.adjust(
            desk, fields.need("unit"), fields.need("points"), day=written.day(fields.need("day")), who=who
        ),
    )


Verb = Callable[[Desk, FactFields, Who], Sequence[Entry]]

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

KINDS = tuple(_VERBS)
"""Of facts, a fault of items by its own code; the words people use for them are a matter of the door."""
