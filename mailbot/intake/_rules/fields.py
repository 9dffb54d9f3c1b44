"""The four fields of the notice 三(四), and what else the writer stated."""

from __future__ import annotations

from collections.abc import Iterator

from mailbot.intake._rules.phrases import says
from mailbot.intake._rules.view import View
from mailbot.model import Finding, Reason, Source


def unit_not_on_roster(view: View) -> Iterator[Finding]:
    """A unit was written, and it is none of the roster's.  What the register says of the address does not
    mend that: the writer named somebody else."""
    unit, written = view.fields.unit, view.fields.unit_as_written
    if written and (unit is None or unit.source is Source.REGISTER):
        yield Finding(reason=Reason.UNIT_NOT_ON_ROSTER, details={"unit": written})


def missing(view: View) -> Iterator[Finding]:
    """Each field that is nowhere: not in the subject, the body, the Word file or the register.  Of a mail too
    large to be read nobody knows."""
    if view.too_large:
        return
    fields = view.fields
    found = (
        (Reason.MISSING_TITLE, fields.title is not None),
        (Reason.MISSING_UNIT, fields.unit is not None or bool(fields.unit_as_written)),
        (Reason.MISSING_SUBMITTERS, fields.submitters is not None),
        (Reason.MISSING_CONTACTS, fields.contacts is not None),
    )
    for reason, there in found:
        if not there:
            yield Finding(reason=reason)


def found_elsewhere(view: View) -> Iterator[Finding]:
    """Each field that the subject lacks and that was found further on."""
    fields = view.fields
    if fields.title and fields.title.source is not Source.SUBJECT:
        yield _elsewhere("title", fields.title.source, fields.title.value)
    if fields.unit and fields.unit.source is not Source.SUBJECT:
        yield _elsewhere("unit", fields.unit.source, fields.unit.value)
    if fields.submitters and fields.submitters.source is not Source.SUBJECT:
        yield _elsewhere("submitters", fields.submitters.source, "、".join(fields.submitters.value))
    if fields.contacts and fields.contacts.source is not Source.SUBJECT:
        yield _elsewhere("contacts", fields.contacts.source, "、".join(fields.contacts.value))


def _elsewhere(field: str, source: Source, value: str) -> Finding:
    details = {"field": field, "source": source.value, "value": value}
    return Finding(reason=Reason.FOUND_ELSEWHERE, details=details)


def bad_contact(view: View) -> Iterator[Finding]:
    """Figures in the contact's place that are no number one could call."""
    for value in view.fields.bad_contacts:
        yield Finding(reason=Reason.BAD_CONTACT, details={"value": value})


def sender_of_other_unit(view: View) -> Iterator[Finding]:
    """A known address that names another unit: what the writer named stands."""
    known, unit = view.known, view.fields.unit
    if known is None or unit is None or not view.stated_unit:
        return
    if known.unit != unit.value and known.unit not in view.fields.co_units:
        details = {"unit": unit.value, "registered": known.unit}
        yield Finding(reason=Reason.SENDER_OF_OTHER_UNIT, details=details)


def sender_not_registered(view: View) -> Iterator[Finding]:
    """An unknown address that names a roster unit: accepted, and proposed for the register."""
    unit, sender = view.fields.unit, view.mail.sender
    if view.known is None and unit is not None and sender is not None:
        details = {"unit": unit.value, "address": sender.address}
        yield Finding(reason=Reason.SENDER_NOT_REGISTERED, details=details)


def joint_submission(view: View) -> Iterator[Finding]:
    """The first-named unit is the item's (reading A18); the section may decide otherwise."""
    if view.fields.co_units:
        yield Finding(reason=Reason.JOINT_SUBMISSION, details={"units": "、".join(view.fields.co_units)})


def timeliness(view: View) -> Iterator[Finding]:
    """Notice 二(四), 当天拟稿，当天报送: the day of the event against the day of arrival (the first, where
    this mail completes a returned one)."""
    event = view.fields.event_date
    if event is None:
        return
    arrived = view.related.arrived_at if view.related is not None else view.mail.arrived_at
    days = (arrived.date() - event).days
    details = {"date": event.isoformat(), "days": str(days)}
    if days == 0:
        yield Finding(reason=Reason.SAME_DAY_REPORT, details=details)
    elif days > 0:
        yield Finding(reason=Reason.LATE_REPORT, details=details)


def doubtful_reading(view: View) -> Iterator[Finding]:
    """The reading of the subject is little better than the next one: a person looks before a receipt goes."""
    if view.fields.confidence < view.intake.min_confidence:
        yield Finding(reason=Reason.DOUBTFUL_READING)


def several_titles(view: View) -> Iterator[Finding]:
    """一事一报 (notice 二(四)): the subject speaks of several items."""
    if says(view.intake.several_titles, view.bare_subject):
        yield Finding(reason=Reason.SEVERAL_TITLES)
