"""信息刊物: chosen items merged into one issue of 《普刊》; approving it makes each of them adopted.

An issue goes to nobody by mail.  The adoption is a fact of the day of approval, by the person who approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mailbot.errors import ConfigError, StateError
from mailbot.model import Bulletin, BulletinKind, Month, Submission, SubmissionState
from mailbot.render import gazette as rendering
from mailbot.render.gazette import GazetteFigures, GazetteItem
from mailbot.store import Entry
from mailbot.workflow.bulletins import drafting
from mailbot.workflow.bulletins.drafting import Draft, named
from mailbot.workflow.desk import Desk, bulletin_ref
from mailbot.workflow.mail.showing import is_sealed, text_of
from mailbot.workflow.marks import credit, naming
from mailbot.workflow.marks.credit import Who

LARGEST = 9999


def period(year: int, number: int) -> str:
    """'2019-012': one issue for each number of a year."""
    return f"{year}-{number:03d}"


def draft(
    desk: Desk,
    number: int,
    numbers: Sequence[str],
    *,
    by: str,
    year: int | None = None,
    force: bool = False,
    seen: str = "",
) -> Bulletin:
    """Issue `number` of a year (this one) with these items in this sequence; again for another choice.

    `seen` is the sha256 of the draft whose choice was changed.

    ConfigError 'gazette_number', 'fact_few_items'; NotFound 'fact_no_item'; StateError 'fact_item_state',
    'gazette_no_text', 'gazette_elsewhere' where an item is in another issue; else as drafting.keep().
    """
    by, today = named(by), desk.clock.now().date()
    if not 1 <= number <= LARGEST:
        raise ConfigError("gazette_number", number=number, limit=LARGEST)
    year = today.year if year is None else year
    items = naming.items(desk, numbers, least=1)
    _refuse_printed(desk, [item.number for item in items], period(year, number))
    figures = GazetteFigures(
        year=year,
        number=number,
        office=desk.config.issuer,
        date=today,
        items=tuple(_item(desk, item) for item in items),
    )
    issue = rendering.issue(figures, desk.policy.wording)
    naming.publication(naming.scheme(desk, today), issue.publication)
    title = drafting.title_of(desk, BulletinKind.GAZETTE, period(year, number))
    made = Draft(
        kind=BulletinKind.GAZETTE,
        period=period(year, number),
        content=drafting.document(desk, issue.blocks, title),
        file_name=issue.file_name,
        kept={
            "items": [item.number for item in items],
            "cited": issue.cited,
            "publication": issue.publication,
        },
    )
    return drafting.keep(desk, made, by=by, force=force, tell=False, seen=seen)


def redraft(desk: Desk, found: Bulletin, *, by: str, force: bool = False) -> Bulletin:
    """The same items once more, as they stand now; as draft()."""
    year, number = number_of(found.period)
    return draft(desk, number, items_of(desk, found.period), by=by, year=year, force=force)


def number_of(issue: str) -> tuple[int, int]:
    """Year and number out of a period()."""
    year, _, number = issue.partition("-")
    return int(year), int(number)


def next_number(desk: Desk, year: int) -> int:
    """After the last issue of the year, drafted or approved."""
    issues = [f.period for f in desk.store.bulletins() if f.kind is BulletinKind.GAZETTE]
    return max((number for at, number in map(number_of, issues) if at == year), default=0) + 1


def printable(desk: Desk, month: Month, issue: str = "") -> list[Submission]:
    """Items of the month that no issue but this one has, by arrival."""
    taken = {
        number
        for found in desk.store.bulletins()
        if found.kind is BulletinKind.GAZETTE and found.period != issue
        for number in items_of(desk, found.period)
    }
    accepted = desk.store.submissions(month=month, state=SubmissionState.ACCEPTED, limit=10_000)
    return [item for item in accepted if item.number not in taken]


def items_of(desk: Desk, issue: str) -> tuple[str, ...]:
    """The numbers of the items in an issue, in its sequence."""
    return _texts(desk.store.bulletin_figures(BulletinKind.GAZETTE, issue) or {}, "items")


def approve(desk: Desk, found: Bulletin, *, sha256: str, by: str) -> tuple[Entry, ...]:
    """A named person's word on one exact file: it is frozen, and each item is adopted by 县普刊.

    What is on record for an item already (entered by hand for this issue) is not entered again.  StateError
    'bulletin_changed', 'bulletin_approved', 'approval_needs_name', 'gazette_elsewhere' where two issues were
    drafted with it at once; as credit.adopt().
    """
    by = named(by)
    with desk.store.transaction():
        kept = desk.store.bulletin_figures(found.kind, found.period) or {}
        _refuse_printed(desk, _texts(kept, "items"), found.period)
        now = desk.clock.now()
        desk.store.approve_bulletin(found.id, sha256=sha256, by=by, now=now)
        entries = tuple(
            entry
            for number in _texts(kept, "items")
            if (entry := _adopted(desk, number, kept, by=by)) is not None
        )
        desk.log("approved", bulletin_ref(found.kind, found.period), {"sha256": sha256}, who=by)
    return entries


def _adopted(desk: Desk, number: str, kept: Mapping[str, object], *, by: str) -> Entry | None:
    publication, issue = str(kept["publication"]), str(kept["cited"])
    today = desk.clock.now().date()
    try:
        return credit.adopt(desk, number, publication, day=today, who=Who(by=by), issue=issue)
    except StateError as error:
        if error.code != "fact_known":
            raise
        return None


def _item(desk: Desk, item: Submission) -> GazetteItem:
    """Never of what has a secrecy mark; StateError 'gazette_no_text' where there is nothing to print."""
    verdict = desk.store.verdict(item.mail_id)
    if is_sealed(verdict):
        raise StateError("item_sealed", number=item.number)
    document = verdict.document if verdict else None
    if document is not None and document.sha256 != item.document_sha256:
        document = None  # A person chose another file of the mail.
    made = rendering.item_of(
        item.number,
        item.fields.title.value if item.fields.title else "",
        item.fields.unit.value if item.fields.unit else "",
        text_of(desk, item),
        heading=document.title if document else "",
        sign_off=document.sign_off if document else "",
    )
    if not made.lines or not made.title:
        raise StateError("gazette_no_text", number=item.number)
    return made


def _refuse_printed(desk: Desk, numbers: Iterable[str], mine: str) -> None:
    """One item is printed once: another issue with it, drafted or approved, is named."""
    for found in desk.store.bulletins():
        if found.kind is not BulletinKind.GAZETTE or found.period == mine:
            continue
        twice = set(numbers).intersection(items_of(desk, found.period))
        if twice:
            raise StateError("gazette_elsewhere", numbers=" ".join(sorted(twice)), issue=found.period)


def _texts(kept: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = kept.get(key)
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()
