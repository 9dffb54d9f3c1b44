"""Fields stated in running text: a mail's body, or the closing lines of a Word file.

Only what is announced is taken: behind a label (报送人：…), in a line or signature that holds nothing but
fields, or as the thing sent (现将《X》报上).  A sentence that only mentions a unit or person states none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from mailbot.intake._cells import put_together
from mailbot.intake._line import Line, clean
from mailbot.intake._phones import Number, NumberKind
from mailbot.intake._subject import walk
from mailbot.intake._vocabulary import Vocabulary
from mailbot.intake._walk import Step
from mailbot.roster import Roster

_MOST_LINES = 400
_MOST_READ = 40
_LONGEST_LINE = 300
_SIGNATURE_LINES = 6
_LONGEST_SIGNATURE_LINE = 40
_SELF = re.compile(r"^[ >-]*(?:您好|你好)?[,，!！。]?(?:我是|我叫|本人是?|这里是)")
_CLOSING_BRACKET = re.compile(r"[(（]([^()（）]{4,80})[)）][。 ]*$")
_CLAUSE = re.compile("[,，。;；!！]")
_SENT = re.compile(
    r"(?:报送|上报|呈报|报上|提报|提交|发送|发来|附件[为是]|信息|稿件|现将|题为)[^《》。]{0,24}《(?P<title>.{2,120})》"
)
_SENT_AFTER = re.compile(
    r"《(?P<title>.{2,120})》[^《》。]{0,8}(?:报上|报送|呈上|上报|已报|发送|一文|一稿|一篇|请审|请查收|请予)"
)
_UNIT_SENT = re.compile(r"(?:附件[为是]|来自|这是|现报送|现上报|由|系)$")
_SENT_BY_UNIT = re.compile(
    r"(?:现|特)?(?:报送|上报|报来|提报|供稿|投稿)(?:的|信息|政务|如下|《|稿)|的(?:政务)?信息|的?信息员"
)
_GROUPS = {
    "t": frozenset({"title"}),
    "u": frozenset({"unit"}),
    "c": frozenset({"contact", "short_number"}),
    "person": frozenset({"person"}),
    "liaison": frozenset({"liaison"}),
    "reviewer": frozenset({"reviewer"}),
    "signer": frozenset({"signer"}),
}


@dataclass(slots=True)
class Stated:
    """What a text states, in order."""

    titles: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    units_off_roster: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    liaisons: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    signers: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    bad_contacts: list[str] = field(default_factory=list)


def read_text(text: str, words: Vocabulary, roster: Roster) -> Stated:
    """What the writer of a mail states in its body (without the older mail quoted below it)."""
    lines = [line.strip() for line in text[:20_000].splitlines()[:_MOST_LINES]]
    lines = [line for line in lines if line]
    found = Stated()
    _read_labelled(put_together(lines, words), found, words, roster)
    for line in lines[:30]:
        _read_sentence(line, found, words, roster)
    _read_signature(lines, found, words, roster)
    return found


def read_closing(head: Sequence[str], closing: Sequence[str], words: Vocabulary, roster: Roster) -> Stated:
    """What the head of a Word file states behind labels, and its closing lines as a signature does.

    The head with its cells put together (`_cells`), without the title.
    """
    found = Stated()
    closing = put_together(closing, words)
    _read_labelled([*closing, *head], found, words, roster)
    _read_signature(closing, found, words, roster)
    return found


def read_approval(lines: Sequence[str], words: Vocabulary, roster: Roster) -> Stated:
    """Only who reviewed and who signed: all that is still asked where the subject states every field."""
    found = Stated()
    approving = [
        line for line in put_together(lines, words) if words.approval.search(words.fold(line[:_LONGEST_LINE]))
    ]
    _read_labelled(approving, found, words, roster)
    return Stated(reviewers=found.reviewers, signers=found.signers)


def _read_labelled(lines: Iterable[str], found: Stated, words: Vocabulary, roster: Roster) -> None:
    read = 0
    for line in lines:
        if read >= _MOST_READ:
            return
        if len(line) > _LONGEST_LINE or not _has_label(line, words):
            continue
        read += 1
        _take(line, found, words, roster, everything=False)
        clauses = _CLAUSE.split(line)
        if len(clauses) > 1:
            for clause in clauses[:12]:
                if _has_label(clause, words):
                    _take(clause, found, words, roster, everything=False)


def _has_label(line: str, words: Vocabulary) -> bool:
    norm = words.fold(line)
    return words.label.search(norm) is not None and (":" in norm or any(c.isdigit() for c in norm))


def _read_signature(lines: Sequence[str], found: Stated, words: Vocabulary, roster: Roster) -> None:
    """The last lines, as many as hold nothing but fields; also a closing bracket and 我是某某局某某."""
    for line in lines[-3:]:
        bracket = _CLOSING_BRACKET.search(line[-100:])
        if bracket:
            _take(bracket[1], found, words, roster, everything=True)
    for line in lines[:6]:
        itself = _SELF.match(line)
        if itself:
            for clause in _CLAUSE.split(line[itself.end() :])[:4]:
                if not _take(clause, found, words, roster, everything=True):
                    break
    tail = [line for line in lines[-_SIGNATURE_LINES:] if len(line) <= _LONGEST_SIGNATURE_LINE]
    for first in range(len(tail)):
        if _take("  ".join(tail[first:]), found, words, roster, everything=True):
            return


def _read_sentence(line: str, found: Stated, words: Vocabulary, roster: Roster) -> None:
    if len(line) > _LONGEST_LINE:
        return
    sent = _SENT.search(line) or _SENT_AFTER.search(line)
    if sent:
        found.titles.append(_balanced(sent["title"]))
    norm = words.fold(line)
    for mention in roster.find_in(norm):
        after = _SENT_BY_UNIT.match(norm, mention.bare_end) or _SENT_BY_UNIT.match(norm, mention.end)
        if mention.unit and (after or _UNIT_SENT.search(norm[: mention.start])):
            found.units.append(mention.unit)


def _balanced(title: str) -> str:
    """Up to the bracket that closes the first one: 《X》和《Y》 is cut, 《《条例》执法检查》 is not."""
    depth = 0
    for at, char in enumerate(title):
        depth += (char == "《") - (char == "》")
        if depth < 0:
            return title[:at].strip()
    return title.strip()


def _take(text: str, found: Stated, words: Vocabulary, roster: Roster, *, everything: bool) -> bool:
    """Takes the fields of one line; with `everything` only if it holds nothing else, labelled or not."""
    line = Line(clean(text), "")
    line.norm = words.fold(line.text)
    pieces, walks, _ = walk(line, words, roster)
    steps = walks[0].steps if walks else []
    if everything and (not steps or any(step.what in "tj" and step.value is None for step in steps)):
        return False
    announced: frozenset[str] = frozenset()
    taken = False
    for step in _whole_titles(steps):
        if step.what == "l":
            announced = frozenset(getattr(step.value, "fields", ()))
            continue
        if everything or _GROUPS.get(step.what, frozenset()) & announced:
            start, end = pieces.items[step.first].start, pieces.items[step.end - 1].end
            _note(found, step, line.text[start:end])
            taken = True
    return taken


def _whole_titles(steps: Sequence[Step]) -> list[Step]:
    """The steps, with those that are one title as one: a title takes a step for each of its pieces."""
    whole: list[Step] = []
    for step in steps:
        if step.what == "t" and whole and whole[-1].what == "t":
            whole[-1] = replace(whole[-1], end=step.end)
        else:
            whole.append(step)
    return whole


def _note(found: Stated, step: Step, written: str) -> None:
    value = step.value
    if step.what == "t":
        found.titles.append(written.strip())
    elif step.what == "u":
        (found.units if isinstance(value, str) else found.units_off_roster).append(
            value if isinstance(value, str) else written.strip()
        )
    elif isinstance(value, Number):
        if value.kind is NumberKind.BAD:
            found.bad_contacts.append(value.value)
        elif value.kind is not NumberKind.ADDRESS:
            found.contacts.append(value.value)
    elif isinstance(value, tuple):
        people = {"liaison": found.liaisons, "reviewer": found.reviewers, "signer": found.signers}
        people.get(step.what, found.people).extend(value)
