"""What an entry names, as people write it: items, mails, units, publications, levels; each with a hint.

Numbers are taken with the slips of those who copy them by hand; codes of a scheme by code, name or label.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date

from mailbot.errors import ConfigError, NotFound, StateError
from mailbot.marking import MarkingScheme, scheme_on
from mailbot.model import LedgerMail, Submission, SubmissionState
from mailbot.workflow.desk import Desk

_DASHES = re.compile(r"[\s\u2010-\u2015\u2212_]+")
_MISREAD = str.maketrans("OIL", "011")
"""Letters that Crockford's base32 leaves out, for the figures they are taken for."""


def items(desk: Desk, numbers: Sequence[str], *, least: int) -> list[Submission]:
    found = {item.number: item for item in (item(desk, number) for number in numbers)}
    if len(found) < least:
        raise ConfigError("fact_few_items", least=least)
    return list(found.values())


def item(desk: Desk, number: str) -> Submission:
    """An accepted item.  NotFound 'fact_no_item' with the nearest numbers; StateError 'fact_item_state'."""
    written = tidied(number)
    try:
        item = desk.store.submission(written)
    except NotFound:
        raise NotFound("fact_no_item", number=number.strip(), hint=_nearest(desk, written)) from None
    if item.state is not SubmissionState.ACCEPTED:
        raise StateError("fact_item_state", number=item.number, state=item.state)
    return item


def tidied(number: str) -> str:
    """As numbers are written: figures and capitals, one hyphen; a mistyped one stays mistyped."""
    day, _, code = _DASHES.sub("-", unicodedata.normalize("NFKC", number).strip().upper()).partition("-")
    return f"{day}-{code.translate(_MISREAD)}"


def _nearest(desk: Desk, written: str) -> str:
    """People slip in one of the two parts; a table may be full of numbers of somebody else's."""
    day, _, code = written.partition("-")
    known = desk.store.numbers_like(day=day, code=code)
    return " ".join(difflib.get_close_matches(written, known, n=3, cutoff=0.7))


def mail(desk: Desk, written: str) -> LedgerMail:
    """By its id, or by the number it got: an item's mail, or one that is none.  NotFound 'fact_no_mail'."""
    if written.strip().isdigit():
        return desk.store.mail(int(written))
    number = tidied(written)
    try:
        return desk.store.mail(desk.store.submission(number).mail_id)
    except NotFound:
        found = desk.store.mails_of(number)
    if not found:
        raise NotFound("fact_no_mail", number=written.strip(), hint=_nearest(desk, number))
    return found[0]


def unit(desk: Desk, written: str) -> str:
    """ConfigError 'fact_unknown_unit' for what is no unit of the roster, however written."""
    name = desk.policy.roster.resolve(written.strip()) if written.strip() else None
    if name is None:
        known = [unit.name for unit in desk.policy.roster.units]
        hint = "".join(difflib.get_close_matches(written, known, n=1))
        raise ConfigError("fact_unknown_unit", unit=written.strip(), hint=hint)
    return name


def scheme(desk: Desk, day: date) -> MarkingScheme:
    """The 考评办法 in force on the day."""
    if not desk.policy.schemes:
        raise ConfigError("fact_no_scheme")
    return scheme_on(desk.policy.schemes, day)


def publication(scheme: MarkingScheme, written: str) -> str:
    """Its code; by code, name, or a label that only one publication has."""
    row = scheme.publication(written.strip())
    if row is not None:
        return row.code
    labelled = [one.code for one in scheme.publications if one.label == written.strip()]
    if len(labelled) == 1:
        return labelled[0]
    raise ConfigError("fact_unknown_publication", **words(written, [one.name for one in scheme.publications]))


def level(scheme: MarkingScheme, written: str, rank: str) -> str:
    row = scheme.instruction(written.strip(), rank.strip())
    if row is None:
        raise ConfigError("fact_unknown_level", **words(written, [one.name for one in scheme.instructions]))
    return row.code


def words(written: str, known: Iterable[str]) -> dict[str, str]:
    """What was written, the nearest of the words known, and all of them."""
    words = list(dict.fromkeys(known))
    near = difflib.get_close_matches(written.strip(), words, n=1, cutoff=0.5)
    return {"word": written.strip(), "hint": "".join(near), "choices": " ".join(words)}
