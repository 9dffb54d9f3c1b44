"""The table of facts: what people entered, in the words of the scheme of its day."""

from __future__ import annotations

from mailbot.facts import Adoption, Demerit, Fact, Failure, Instruction, ManualAdjustment, Secondment
from mailbot.marking import MarkingScheme, scheme_on
from mailbot.render.sheets import Row, Sheet
from mailbot.store import Entry
from mailbot.store.facts import items_of
from mailbot.workflow.bulletins._tables import View, unit_of


def facts(view: View) -> tuple[Sheet, ...]:
    """What people entered, with what was withdrawn, and why."""
    keys: tuple[str, ...] = (
        "id",
        "kind",
        "date",
        "unit",
        "items",
        "titles",
        "what",
        "detail",
        "points",
        "note",
    )
    keys += ("answer_by", "answered", "by", "entered_at", "withdrawn_by", "withdrawn_at", "reason")
    rows = tuple(_fact(view, entry) for entry in view.desk.store.facts() if view.holds(entry.fact.at.day))
    heads = view.heads("facts", *keys)
    return (Sheet(name=view.word("facts.name"), heads=heads, rows=rows, fixed=1),)


def _fact(view: View, entry: Entry) -> Row:
    fact, withdrawn = entry.fact, entry.withdrawn
    items = [view.desk.store.submission(number) for number in items_of(fact)]
    named = fact.unit if isinstance(fact, Failure | Secondment | ManualAdjustment) else ""
    what, detail = _told(view, fact)
    return (
        fact.id,
        view.word(f"facts.words.{entry.kind}"),
        fact.at.day,
        named or view.joined(list(dict.fromkeys(map(unit_of, items)))),
        view.joined([item.number for item in items]),
        view.joined([view.title(item) for item in items]),
        view.text(what),
        view.text(detail),
        fact.points if isinstance(fact, ManualAdjustment) else None,
        view.text(entry.note),
        entry.answer_by,
        view.word("common.words.yes") if entry.answers else None,
        fact.by,
        entry.entered_at,
        withdrawn.by if withdrawn else None,
        withdrawn.at if withdrawn else None,
        view.text(withdrawn.reason) if withdrawn else None,
    )


def _told(view: View, fact: Fact) -> tuple[str, str]:
    """What it is, and of whom or where, in the words of the scheme of its day."""
    scheme = scheme_on(view.desk.policy.schemes, fact.at.day)
    told = ("", "")
    match fact:
        case Adoption():
            row = scheme.publication(fact.publication)
            told = (row.name if row else fact.publication, fact.issue)
        case Instruction():
            level = scheme.instruction(fact.level, fact.rank)
            told = (level.name if level else fact.level, fact.leader)
        case Demerit():
            told = (_fault(scheme, fact), view.joined(fact.exempt))
        case Failure():
            told = (fact.kind, fact.solicitation)
        case Secondment():
            told = (str(fact.month), view.joined(fact.persons))
        case ManualAdjustment():
            told = (fact.reason, "")
    return told


def _fault(scheme: MarkingScheme, fact: Demerit) -> str:
    label = next((row.label for row in scheme.demerits if row.code == fact.code), fact.code)
    return f"{label} {fact.kind}".strip()
