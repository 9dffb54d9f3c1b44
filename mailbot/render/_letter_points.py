"""Findings in words: those that belong together become one point, with one remedy for the set.

A PDF beside a photograph is one sentence, a missing name and a missing number are one, and what was found
elsewhere is told once for all fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from mailbot.model import Finding, Reason, Relation, Verdict
from mailbot.policy import Audience, FileType
from mailbot.render._letter_words import Words, clean, cut, cut_name, inner, quoted

NAMED = 4
"""So many files are named in one sentence; more are counted."""

_FIELDS = {
    Reason.MISSING_TITLE: "title",
    Reason.MISSING_UNIT: "unit",
    Reason.MISSING_SUBMITTERS: "submitters",
    Reason.MISSING_CONTACTS: "contacts",
}
_TOGETHER = frozenset(
    {Reason.OTHER_TYPE, Reason.OTHERS_NOT_TAKEN, Reason.FOUND_ELSEWHERE, Reason.BAD_CONTACT}
)
"""Reasons whose findings make one point, whatever their details."""

_IN_QUOTES = frozenset({"name", "unit", "value"})
"""Details that sentences have inside “ ”."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing a letter says."""

    sentence: str
    remedy: str = ""


Group = Sequence[Finding]


def points_of(
    findings: Sequence[Finding], words: Words, verdict: Verdict, *, audience: Audience
) -> Iterator[Point]:
    """The findings this audience reads, as points, in the order they were found."""
    for group in _groups([f for f in findings if _meant_for(f.reason, words, audience)]):
        reason = group[0].reason
        values = _VALUES.get(reason, _plain)(group, words, verdict)
        part = "section" if audience is Audience.SECTION else "sentence"
        remedy = "" if audience is Audience.SECTION else words.sentence(reason, "remedy", values)
        yield Point(sentence=words.sentence(reason, part, values), remedy=remedy)


def _meant_for(reason: Reason, words: Words, audience: Audience) -> bool:
    """The section may read all that is said to a unit."""
    return audience is Audience.SECTION or words.wording.reasons[reason].audience is not Audience.SECTION


def _groups(findings: Sequence[Finding]) -> list[list[Finding]]:
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_key(finding), []).append(finding)
    return list(groups.values())


def _key(finding: Finding) -> object:
    """Findings with one key make one point."""
    if finding.reason in _FIELDS:
        return "missing"
    if finding.reason in _TOGETHER or "name" not in finding.details:
        return finding.reason
    kept = {k: v for k, v in finding.details.items() if k not in ("name", "size", "host")}
    return (finding.reason, *sorted(kept.items()))


# ---- what the sentences ask for ----------------------------------------------------------------------------


def _plain(group: Group, words: Words, verdict: Verdict) -> dict[str, object]:
    """The first finding's details, and the names of all."""
    details = {key: cut(clean(value), 200) for key, value in group[0].details.items()}
    details |= {key: inner(details[key]) for key in _IN_QUOTES & details.keys()}
    if "date" in details:
        details["date"] = words.day(date.fromisoformat(details["date"]))
    return {**details, "names": details.get("names") or _names(group, words)}


def _names(group: Group, words: Words) -> str:
    named = [_quoted(finding, words) for finding in group if "name" in finding.details]
    return _counted(named, words)


def _quoted(finding: Finding, words: Words) -> str:
    """An attachment without a name is called so; a link may really be nameless."""
    name = clean(finding.details["name"])
    if name or finding.reason is not Reason.CLOUD_ATTACHMENT:
        return quoted(cut_name(name or words["unnamed_file"]))
    return ""


def counted(names: Sequence[str], words: Words) -> str:
    """Names of files as a sentence has them, each quoted."""
    return _counted([quoted(cut_name(clean(name) or words["unnamed_file"])) for name in names], words)


def _counted(named: list[str], words: Words) -> str:
    """“甲”、“乙”, or “甲”、“乙”等 7 个 where there are many."""
    named = [name for name in dict.fromkeys(named) if name]
    if len(named) <= NAMED:
        return "、".join(named)
    return "、".join(named[: NAMED - 1]) + words.phrase("many", count=len(named))


def _several(group: Group, words: Words, verdict: Verdict) -> dict[str, object]:
    """The files come as one text, each in marks that a name may have too."""
    names = clean(group[0].details["names"])[1:-1].split("”、“")
    return {**_plain(group, words, verdict), "names": counted(names, words)}


def _types(group: Group, words: Words, verdict: Verdict) -> dict[str, object]:
    """Files with their types and the remedies of the main ones: a picture's only where there is no other."""
    kinds = [(_quoted(finding, words), _type(finding, words)) for finding in group]
    files = [f"{name}（{kind.name}）" for name, kind in kinds]
    main = [kind for _, kind in kinds if not kind.minor] or [kind for _, kind in kinds]
    remedies = list(dict.fromkeys((kind.name, kind.remedy) for kind in main))[:2]
    return {
        **_plain(group, words, verdict),
        "files": _counted(files, words),
        "kind": kinds[0][1].name,
        "remedy": _remedy(remedies, words),
    }


def _remedy(remedies: Sequence[tuple[str, str]], words: Words) -> str:
    """One remedy as it is; of several each after the name of its type."""
    if len({remedy for _, remedy in remedies}) == 1:
        return remedies[0][1]
    return "".join(words.phrase("remedy_for", kind=kind, remedy=remedy) for kind, remedy in remedies)


def _type(finding: Finding, words: Words) -> FileType:
    types = words.wording.types
    return types.get(finding.details.get("type", ""), types["unknown"])


def _missing(group: Group, words: Words, verdict: Verdict) -> dict[str, object]:
    """The fields that are nowhere, where they were sought, and what stood there instead of a number."""
    fields = words.listed(words[f"field.{_FIELDS[finding.reason]}"] for finding in group)
    bad = [f for f in verdict.findings if f.reason is Reason.BAD_CONTACT]
    wanted = bad if any(f.reason is Reason.MISSING_CONTACTS for f in group) else []
    searched = words.phrase("searched", document=verdict.document is not None)
    return {"fields": fields, "searched": searched, "values": _values_of(wanted)}


def _elsewhere(group: Group, words: Words, verdict: Verdict) -> dict[str, object]:
    items = [
        {
            "field": words[f"field.{finding.details['field']}"],
            "place": words[f"place.{finding.details['source']}"],
            "value": inner(cut(clean(finding.details["value"]), 100)),
        }
        for finding in group
    ]
    return {
        "items": items,
        "fields": words.listed(item["field"] for item in items),
        "completed": verdict.relation is Relation.COMPLETION,
    }


def _bad_contact(group: Group, words: Words, verdict: Verdict) -> dict[str, object]:
    return {"values": _values_of(group)}


def _values_of(group: Group) -> str:
    return "、".join(quoted(cut(clean(finding.details["value"]), 40)) for finding in group[:NAMED])


_VALUES: Mapping[Reason, Callable[[Group, Words, Verdict], dict[str, object]]] = {
    **dict.fromkeys(_FIELDS, _missing),
    Reason.SEVERAL_DOCUMENTS: _several,
    Reason.OTHER_TYPE: _types,
    Reason.FAKE_WORD: _types,
    Reason.FOUND_ELSEWHERE: _elsewhere,
    Reason.BAD_CONTACT: _bad_contact,
}
