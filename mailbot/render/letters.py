"""Letters in words: compose(kind, facts, wording) -> LetterText; freeze() makes its bytes (see wire.py).

PURE.  Every sentence stands in templates/letters/; here is decided only which of them a letter needs and with
what figures.  Text of a mail is only ever a value, never a template: a title `{{7*7}}` prints as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import StrEnum

from mailbot.model import (
    Fields,
    Finding,
    LetterKind,
    LetterText,
    Outcome,
    Reason,
    Relation,
    Submission,
    SubmissionState,
    Verdict,
)
from mailbot.policy import Audience, Wording
from mailbot.render._letter_points import counted, points_of
from mailbot.render._letter_words import Words, clean, cut, words_of
from mailbot.render.wire import ANSWERS, freeze, is_ours, message_id

__all__ = [
    "ANSWERS",
    "Alert",
    "AlertFacts",
    "BulletinDraftFacts",
    "DigestFacts",
    "DigestRow",
    "LetterFacts",
    "SolicitedFacts",
    "check",
    "compose",
    "freeze",
    "is_ours",
    "message_id",
    "sentences",
]

MAX_BYTES = 4096
"""Of a letter's text: RFC 3834 section 3 asks for no more than a few kilobytes."""
SUBJECT_TITLE = 60
BODY_TITLE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SolicitedFacts:
    """The 约稿 that an item answers; `doubt`: a person has yet to say which, if any."""

    code: str = ""
    title: str = ""
    deadline: datetime | None = None
    late: bool = False
    doubt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """What an answer to a mail is made of."""

    verdict: Verdict
    outcomes: Mapping[Reason, Outcome]
    """intake.toml's: tells a hold from a fault from a remark."""
    number: str
    arrived_at: datetime
    office: str
    phones: tuple[str, ...] = ()
    earlier: Submission | None = None
    """The item that is repeated, renewed or completed; needed for those three kinds."""
    solicited: SolicitedFacts | None = None
    corrected: tuple[str, ...] = ()
    """Names of the fields that a person put right."""
    why: str = ""
    """Why a person did not register it, in their words."""
    others: tuple[str, ...] = ()
    """Names of further Word files, where a person said which one is the item."""


class Alert(StrEnum):
    """What the section is told at once.  Each has its text in templates/letters/alerts/."""

    SECRECY_MARK = "secrecy_mark"
    PARKED = "parked"
    LETTER_FAILED = "letter_failed"
    LETTER_UNCERTAIN = "letter_uncertain"
    LETTER_BOUNCED = "letter_bounced"
    BRAKE = "brake"
    TROUBLE = "trouble"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFacts:
    """One alert to the section.  `details` are what its text asks for: see the text."""

    alert: Alert
    at: datetime
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRow:
    """One line of the digest: an item, what it is called, why it is listed."""

    number: str
    label: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestFacts:
    """The daily digest to the section."""

    day: datetime
    counts: Mapping[Outcome, int]
    sent: int
    unsent: int = 0
    letters_waiting: int = 0
    waiting: tuple[DigestRow, ...] = ()
    waiting_total: int = 0
    """May be more than are listed."""
    remarks: tuple[DigestRow, ...] = ()
    troubles: tuple[str, ...] = ()
    console: str = ""
    """Address of the console."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinDraftFacts:
    """The draft 通报 goes to the section; the sentences come from the bulletin's own wording."""

    title: str
    period: str
    summary: str
    todo: tuple[str, ...] = ()


Facts = LetterFacts | AlertFacts | DigestFacts | BulletinDraftFacts


def compose(kind: LetterKind, facts: Facts | object, wording: Wording) -> LetterText:
    """The letter of this kind.  Facts of any other dataclass fill 'letters/<kind>.txt' with their own fields.

    ConfigError 'template_error' with file and line where a template is at fault.
    """
    words = words_of(wording)
    if isinstance(facts, LetterFacts):
        return _answer(kind, facts, words)
    if isinstance(facts, AlertFacts):
        return _split(words.render(f"letters/alerts/{facts.alert}.txt", _alert(facts, words)))
    if isinstance(facts, DigestFacts):
        return _split(words.render("letters/digest.txt", _digest(facts, words)))
    assert is_dataclass(facts)
    values = {one.name: _cleaned(getattr(facts, one.name), words) for one in fields(facts)}
    return _split(words.render(f"letters/{kind}.txt", values))


def check(wording: Wording) -> None:
    """Compile everything letters are made of.  ConfigError 'template_error' for the first that cannot be."""
    words_of(wording).compile_all()


def sentences(verdict: Verdict, wording: Wording, *, audience: Audience) -> tuple[str, ...]:
    """The findings in words, as the unit or the section reads them; for letters, digest and console."""
    words = words_of(wording)
    return tuple(point.sentence for point in points_of(verdict.findings, words, verdict, audience=audience))


# ---- answers to a mail -------------------------------------------------------------------------------------


def _answer(kind: LetterKind, facts: LetterFacts, words: Words) -> LetterText:
    """Remedies give way, from the last on, where a letter would grow beyond MAX_BYTES."""
    values = _particulars(facts, words)
    told = {outcome: list(_told(facts, words, outcome)) for outcome in _TOLD}
    if facts.others:
        others = words.phrase("others_apart", names=counted(facts.others, words))
        told[Outcome.ACCEPTED_WITH_REMARKS].append(others)
    text = _filled(kind, values, told, words)
    for outcome in (Outcome.ACCEPTED_WITH_REMARKS, Outcome.RETURNED):
        for i in reversed(range(1, len(told[outcome]))):
            if len(text.body.encode()) <= MAX_BYTES:
                return text
            told[outcome][i] = told[outcome][i].partition("。")[0] + "。"
            text = _filled(kind, values, told, words)
    return text


_TOLD = {
    Outcome.HELD: "holds",
    Outcome.RETURNED: "points",
    Outcome.ACCEPTED_WITH_REMARKS: "remarks",
}


def _filled(
    kind: LetterKind, values: Mapping[str, object], told: Mapping[Outcome, list[str]], words: Words
) -> LetterText:
    lists = {_TOLD[outcome]: lines for outcome, lines in told.items()}
    return _split(words.render(f"letters/{kind}.txt", {**values, **lists}))


def _told(facts: LetterFacts, words: Words, outcome: Outcome) -> Iterator[str]:
    """What the unit reads of the findings that come to this outcome: sentence and remedy."""
    verdict = facts.verdict
    chosen = tuple(f for f in _concerning(verdict) if facts.outcomes[f.reason] is outcome)
    for point in points_of(chosen, words, verdict, audience=Audience.UNIT):
        yield f"{point.sentence}{point.remedy}"


def _concerning(verdict: Verdict) -> Iterator[Finding]:
    """A number that is no number belongs to the missing contact, where that is missing."""
    missing = Reason.MISSING_CONTACTS in verdict.reasons
    return (f for f in verdict.findings if not (missing and f.reason is Reason.BAD_CONTACT))


def _particulars(facts: LetterFacts, words: Words) -> dict[str, object]:
    """Everything the templates of answers may ask for."""
    verdict = facts.verdict
    values = _values(verdict.fields, words)
    shown = {name: cut(value, 120) or words["none"] for name, value in values.items()}
    return {
        **shown,
        "title": values["title"],
        "subject_title": cut(values["title"], SUBJECT_TITLE) or _untitled(facts, words),
        "greeting": _greeting(values["unit"], values["submitters"], words),
        "number": facts.number,
        "co_units": cut(words.joined(verdict.fields.co_units), 120),
        **_document(facts),
        "arrived": words.moment(facts.arrived_at),
        "first_arrived": words.moment(_first_arrival(facts)),
        "earlier": _earlier(facts, words),
        "solicited": _solicited(facts.solicited, words),
        "why": _sentence(facts.why),
        "corrected": "、".join(words[f"field.{name}"] for name in facts.corrected),
        "office": facts.office,
        "phones": words.joined(facts.phones),
        **_correction(facts, words, values),
    }


def _values(read: Fields, words: Words) -> dict[str, str]:
    """The four fields as text; '' for what is missing."""
    return {
        "title": cut(clean(read.title.value), BODY_TITLE) if read.title else "",
        "unit": clean(read.unit.value if read.unit else read.unit_as_written or ""),
        "submitters": words.joined(read.submitters.value if read.submitters else ()),
        "contacts": words.joined(read.contacts.value if read.contacts else ()),
    }


def _untitled(facts: LetterFacts, words: Words) -> str:
    return f"{words['untitled']}{words.day(facts.arrived_at)}"


def _greeting(unit: str, submitters: str, words: Words) -> str:
    """A name that does not fit a line is no form of address."""
    unit = unit if len(unit) <= 40 else ""
    people = submitters if len(submitters) <= 30 else ""
    return words.phrase("greeting", unit=unit, people=people)


def _document(facts: LetterFacts) -> dict[str, object]:
    """The Word file that stands registered: this mail's, or that of the returned mail it completes."""
    document, earlier = facts.verdict.document, facts.earlier
    if document is not None:
        return {"document": cut(clean(document.name), 100), "words": document.words.whole}
    if earlier is not None and facts.verdict.relation is Relation.COMPLETION:
        return {"document": cut(clean(earlier.document_name), 100), "words": earlier.words.whole}
    return {"document": "", "words": 0}


def _first_arrival(facts: LetterFacts) -> datetime:
    completes = facts.verdict.relation is Relation.COMPLETION and facts.earlier is not None
    return facts.earlier.arrived_at if completes and facts.earlier else facts.arrived_at


def _earlier(facts: LetterFacts, words: Words) -> dict[str, object] | None:
    item = facts.earlier
    if item is None:
        return None
    title = item.fields.title or facts.verdict.fields.title
    return {
        "number": item.number,
        "title": cut(clean(title.value), BODY_TITLE) if title else "",
        "arrived": words.moment(item.arrived_at),
        "held": item.state is SubmissionState.HELD,
    }


def _sentence(text: str) -> str:
    """One line that ends in a full stop, whatever the person typed."""
    line = cut(clean(text), 300)
    return line if not line or line[-1] in "。！？…" else f"{line.rstrip('；，、,;. ')}。"


def _solicited(one: SolicitedFacts | None, words: Words) -> str:
    if one is None:
        return ""
    if one.doubt:
        return words["solicited.doubt"]
    deadline = words.moment(one.deadline) if one.deadline else ""
    title = cut(clean(one.title), 80)
    kind = "late" if one.late else "on_time"
    return words.phrase(f"solicited.{kind}", code=one.code, title=title, deadline=deadline)


_FIELDS = {
    "title": Reason.MISSING_TITLE,
    "unit": Reason.MISSING_UNIT,
    "submitters": Reason.MISSING_SUBMITTERS,
    "contacts": Reason.MISSING_CONTACTS,
}


def _correction(facts: LetterFacts, words: Words, values: Mapping[str, str]) -> dict[str, object]:
    """The subject to copy: known values filled in, only what is missing as a placeholder."""
    reasons = set(facts.verdict.reasons)
    lacking = [name for name, reason in _FIELDS.items() if reason in reasons]
    line = [values[name] or words[f"placeholder.{name}"] for name in _FIELDS]
    blank = [name for name in _FIELDS if not values[name]]
    returned = {r for r in reasons if facts.outcomes[r] is Outcome.RETURNED}
    return {
        "copy_line": "-".join(line),
        "placeholders": "".join(f"“{words[f'placeholder.{name}']}”" for name in blank),
        "missing": words.listed(words[f"field.{name}"] for name in lacking) if lacking else "",
        "examples": "".join(words.phrase("example", field=words[f"field.{name}"]) for name in lacking),
        "needs_file": bool(returned - set(_FIELDS.values())),
    }


# ---- the rest ----------------------------------------------------------------------------------------------


def _alert(facts: AlertFacts, words: Words) -> dict[str, object]:
    details = {key: cut(clean(value), 300) for key, value in facts.details.items()}
    return {"sender": "", "cause": "", **details, "at": words.moment(facts.at)}


def _digest(facts: DigestFacts, words: Words) -> dict[str, object]:
    counts = [(words[f"outcome.{outcome}"], n) for outcome, n in facts.counts.items() if n]
    return {
        "day": words.day(facts.day),
        "total": sum(facts.counts.values()),
        "counts": counts,
        "sent": facts.sent,
        "unsent": facts.unsent,
        "letters_waiting": facts.letters_waiting,
        "waiting": [_row(row) for row in facts.waiting],
        "waiting_total": max(facts.waiting_total, len(facts.waiting)),
        "remarks": [_row(row) for row in facts.remarks],
        "troubles": [clean(line) for line in facts.troubles],
        "console": facts.console,
    }


def _row(row: DigestRow) -> dict[str, str]:
    return {"number": row.number, "label": cut(clean(row.label), 80), "why": cut(clean(row.why), 200)}


def _cleaned(value: object, words: Words) -> object:
    """One line of every text: a template lays out the lines."""
    if isinstance(value, datetime):
        return words.moment(value)
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        return tuple(_cleaned(one, words) for one in value)
    return value


def _split(rendered: str) -> LetterText:
    """First line: subject.  The rest: body."""
    subject, _, body = rendered.partition("\n")
    return LetterText(subject=subject.strip(), body=body.strip("\n") + "\n")
