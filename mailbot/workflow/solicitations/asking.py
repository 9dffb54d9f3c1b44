"""What a 约稿 would send to whom, and when it would remind: worked out before anything is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailbot.errors import ConfigError, StateError
from mailbot.model import (
    Ask,
    LetterFile,
    LetterKind,
    LetterText,
    Solicitation,
    SolicitationState,
    Superior,
    title_key,
)
from mailbot.render import letters
from mailbot.roster import UnitKind
from mailbot.scoring import AnswerState
from mailbot.workflow.desk import Desk
from mailbot.workflow.letterbox import one_line, phrase
from mailbot.workflow.office import people
from mailbot.workflow.solicitations import answered, remind

LONGEST_TITLE = 120
LONGEST_TEXT = 20_000
LARGEST_FILE = 15 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a person wants to ask.

    `again` is the code of one that is asked once more: its title, its text and the units still silent are
    taken over where none are given.  `same_topic_as` is that of another on the same topic.
    """

    source: Superior
    deadline: datetime
    title: str = ""
    text: str = ""
    units: tuple[str, ...] = ()
    file: LetterFile | None = None
    again: str = ""
    same_topic_as: str = ""
    ladder: tuple[int, ...] | None = None
    """Hours before the deadline, longest first; None: as config.toml says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One letter as it would go."""

    unit: str
    name: str
    address: str
    text: LetterText


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Exactly what opening would send to whom, and when it would be reminded."""

    code: str
    title: str
    topic: str
    ask: Ask
    file: LetterFile | None
    letters: tuple[Planned, ...]
    without: tuple[str, ...]
    """Units that were to be asked and have nobody to write to."""
    reminders: tuple[tuple[int, datetime], ...]
    """Hours before the deadline, and the time that is."""
    sample: LetterText
    """A reminder as its first unit would read it at the first step; empty where none goes."""
    sha256: str
    """Of all of it: what was seen is what is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskFacts:
    """What the letter of a 约稿 says."""

    code: str
    title: str
    unit: str
    source: str
    paragraphs: tuple[str, ...]
    deadline: datetime
    file: str
    again: bool
    reminders: tuple[int, ...]
    office: str
    phones: tuple[str, ...]


def units_of(
    desk: Desk, *, kinds: Iterable[UnitKind] = (), names: Iterable[str] = (), everyone: bool = False
) -> tuple[str, ...]:
    """Units by group, by name in any way the roster knows, or all; each once, in the official sequence.

    ConfigError 'no_such_unit'.
    """
    today, groups = desk.clock.now().date(), set(kinds)
    named = {unit_named(desk, name) for name in names}
    return tuple(
        unit.name
        for unit in desk.policy.roster.units
        if unit.name in named or (unit.on_roster(today) and (everyone or unit.kind in groups))
    )


def unit_named(desk: Desk, written: str) -> str:
    found = desk.policy.roster.resolve(written.strip())
    if found is None:
        raise ConfigError("no_such_unit", unit=written)
    return found


def preview(desk: Desk, draft: Draft) -> Preview:
    """Nothing is stored and nothing sent.

    ConfigError 'solicitation_*' for what cannot be asked like this; NotFound for a code that is none.
    """
    before = desk.store.solicitation(draft.again) if draft.again else None
    draft = _checked(desk, _completed(desk, draft, before), before)
    ask = _ask(desk, draft, before)
    code = before.code if before else desk.store.next_solicitation_code(ask.asked_at.year)
    topic = desk.store.solicitation(draft.same_topic_as).topic if draft.same_topic_as else ""
    planned, without = _letters(desk, code, draft, ask)
    steps = tuple(remind.steps(ask))
    return Preview(
        code=code,
        title=draft.title,
        topic=before.topic if before else topic or code,
        ask=ask,
        file=draft.file,
        letters=planned,
        without=without,
        reminders=steps,
        sample=_sample(desk, code, draft, ask, steps),
        sha256=_digest(code, topic, draft, ask, planned),
    )


def _completed(desk: Desk, draft: Draft, before: Solicitation | None) -> Draft:
    """What is asked again keeps its title; text, file and the units still silent, where none are given."""
    title = one_line(draft.title)
    if before is None:
        return replace(draft, title=title)
    last = before.asks[-1]
    silent = [c.unit for c in answered.matrix(desk, before.code).cells if not has_answered(c)]
    return replace(
        draft,
        title=before.title,
        text=draft.text or last.text,
        units=draft.units or tuple(silent),
        file=draft.file or (None if draft.text else desk.store.ask_file(before.code, last.round)),
        same_topic_as="",
    )


def has_answered(cell: answered.Cell) -> bool:
    """Whether a unit need not be asked once more: it has sent an item, or the 约稿 is void for it."""
    return bool(cell.items) or cell.state is AnswerState.VOID


def _checked(desk: Desk, draft: Draft, before: Solicitation | None) -> Draft:
    """ConfigError for the first thing that is wrong; the units come out in the official sequence."""
    now = desk.clock.now()
    if not title_key(draft.title) or len(draft.title) > LONGEST_TITLE:
        raise ConfigError("solicitation_bad_title", limit=LONGEST_TITLE)
    if not draft.text.strip() or len(draft.text) > LONGEST_TEXT:
        raise ConfigError("solicitation_bad_text", limit=LONGEST_TEXT)
    if draft.deadline <= now:
        raise ConfigError("solicitation_deadline_past", deadline=f"{draft.deadline:%Y-%m-%d %H:%M}")
    if before is not None and before.state is SolicitationState.CANCELLED:
        raise StateError("solicitation_cancelled", solicitation=before.code)
    if before is not None and draft.deadline <= max(ask.deadline for ask in before.asks):
        raise ConfigError("solicitation_deadline_earlier", solicitation=before.code)
    if draft.file is not None and len(draft.file.content) > LARGEST_FILE:
        raise ConfigError("solicitation_file_too_large", file=draft.file.name, limit=LARGEST_FILE >> 20)
    units = units_of(desk, names=draft.units)
    if not units:
        raise ConfigError("solicitation_no_units")
    return replace(draft, units=units, deadline=draft.deadline.replace(second=0, microsecond=0))


def _ask(desk: Desk, draft: Draft, before: Solicitation | None) -> Ask:
    ladder = desk.config.solicit.ladder if draft.ladder is None else draft.ladder
    return Ask(
        round=len(before.asks) + 1 if before else 1,
        source=draft.source,
        text=draft.text.strip(),
        units=draft.units,
        deadline=draft.deadline,
        ladder=tuple(sorted(set(ladder), reverse=True)),
        asked_at=desk.clock.now(),
        by="",
        file_name=draft.file.name if draft.file else "",
    )


def _letters(desk: Desk, code: str, draft: Draft, ask: Ask) -> tuple[tuple[Planned, ...], tuple[str, ...]]:
    """One letter for each address of each unit; units without any."""
    wanted = set(ask.units)
    reached = {(c.unit, c.address): c for c in reversed(people.recipients(desk)[0]) if c.unit in wanted}
    order = {unit: place for place, unit in enumerate(ask.units)}
    planned = tuple(
        Planned(unit=c.unit, name=c.name, address=c.address, text=_text(desk, code, draft, ask, c.unit))
        for c in sorted(reached.values(), key=lambda c: (order[c.unit], c.address))
    )
    answerable = {one.unit for one in planned}
    return planned, tuple(unit for unit in ask.units if unit not in answerable)


def _text(desk: Desk, code: str, draft: Draft, ask: Ask, unit: str) -> LetterText:
    facts = AskFacts(
        code=code,
        title=draft.title,
        unit=unit,
        source=phrase(desk, f"source.{ask.source}"),
        paragraphs=tuple(line for line in map(one_line, ask.text.splitlines()) if line),
        deadline=ask.deadline,
        file=ask.file_name,
        again=ask.round > 1,
        reminders=tuple(step for step, _ in remind.steps(ask)),
        office=desk.config.office.name,
        phones=desk.config.office.phones,
    )
    return letters.compose(LetterKind.SOLICITATION, facts, desk.policy.wording)


def _sample(
    desk: Desk, code: str, draft: Draft, ask: Ask, steps: Sequence[tuple[int, datetime]]
) -> LetterText:
    if not steps:
        return LetterText(subject="", body="")
    asked = Solicitation(code=code, title=draft.title, topic=code, state=SolicitationState.OPEN, asks=(ask,))
    return remind.reminder_text(desk, asked, ask, ask.units[0], at=steps[0][1])


def _digest(code: str, topic: str, draft: Draft, ask: Ask, planned: Sequence[Planned]) -> str:
    """Whatever of it changes, the digest does; the moment of looking is no part of it."""
    file = hashlib.sha256(draft.file.content).hexdigest() if draft.file else ""
    told = [code, topic, draft.title, str(ask.round), ask.deadline.isoformat(), file, ask.file_name]
    told += [str(step) for step in ask.ladder]
    told += [part for one in planned for part in (one.unit, one.address, one.text.subject, one.text.body)]
    told += [ask.source, ask.text, *ask.units]
    return hashlib.sha256("\0".join(told).encode()).hexdigest()
