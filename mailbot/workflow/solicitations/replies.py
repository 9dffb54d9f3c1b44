"""供稿: which 约稿 a 来稿 answers.  By code in the subject, by thread, by title; in doubt a person says.

What is tied to a 约稿 bears its code in Fields.solicitation, and nothing else does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from mailbot.errors import NotFound, StateError
from mailbot.facts import Moment
from mailbot.model import (
    Ask,
    Fields,
    IncomingMail,
    LedgerMail,
    LetterKind,
    LetterState,
    MatchedBy,
    Outcome,
    Reason,
    ReplyDoubt,
    Solicitation,
    SolicitationReply,
    SolicitationState,
    Submission,
    Verdict,
    title_key,
)
from mailbot.render.letters import SolicitedFacts
from mailbot.store.replies import Answering
from mailbot.workflow.desk import WORKER, Desk, item_ref, letter_ref, solicitation_ref

REMEMBERED = timedelta(days=60)
"""How long after its deadline a 约稿 is still thought of where only the title speaks for it."""
READ_CHARS = 2000
"""So much of a mail's own text is searched for a code."""
_CODE = r"(?<![\d-])(20\d\d)-(\d{1,4})(?!\d|[-.]\d)"
_NEAR = 4
"""So many characters may stand between the word 约稿 and its code."""
_MATTERS = frozenset({Reason.NOT_OUR_DUTY, Reason.QUESTION, Reason.CORRECTION, Reason.OTHER_MATTER})
_LIKE = 6
"""Characters from which one title within another is no chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What in a mail points at a 约稿."""

    codes: tuple[str, ...] = ()
    """Named in the subject."""
    threads: tuple[str, ...] = ()
    """Of our own letters that it answers, the nearest first."""
    mentions: tuple[str, ...] = ()
    """Named in its text or a file's name."""
    says_so: bool = False
    """The subject calls it 约稿."""
    parties: tuple[str, ...] = ()
    """The unit and those that sign with it."""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where the clues lead: to a code, or to a doubt with the codes it may be."""

    code: str | None = None
    by: MatchedBy | None = None
    doubt: ReplyDoubt | None = None
    candidates: tuple[str, ...] = ()


# ---- the question itself -----------------------------------------------------------------------------------


def match(clues: Clues, known: Mapping[str, Solicitation]) -> Match | None:
    """None where nothing points at a 约稿.  `known` holds those that the clues name or the parties were asked
    for."""
    open_ones = tuple(code for code, one in known.items() if _open(one) and _asked(one, clues))
    if clues.codes:
        return _named(clues, known, open_ones)
    if clues.threads:
        return _tied(clues.threads[0], MatchedBy.THREAD, clues, known)
    return _titled(clues, known, open_ones)


def _open(one: Solicitation) -> bool:
    return one.state is SolicitationState.OPEN


def _asked(one: Solicitation, clues: Clues) -> bool:
    return any(unit in one.units for unit in clues.parties)


def _named(clues: Clues, known: Mapping[str, Solicitation], open_ones: tuple[str, ...]) -> Match:
    """A code in the subject; where it is nobody's, the thread and what is open for the unit are proposed."""
    codes = tuple(code for code in clues.codes if code in known)
    if not codes:
        return Match(doubt=ReplyDoubt.UNKNOWN_CODE, candidates=_each(clues.threads, open_ones))
    if len(codes) > 1:
        return Match(doubt=ReplyDoubt.SEVERAL, candidates=codes)
    return _tied(codes[0], MatchedBy.CODE, clues, known)


def _tied(code: str, by: MatchedBy, clues: Clues, known: Mapping[str, Solicitation]) -> Match:
    one = known.get(code)
    if one is None or one.state is SolicitationState.CANCELLED:
        return Match(doubt=ReplyDoubt.UNKNOWN_CODE, candidates=(code,) if one else ())
    if clues.parties and not _asked(one, clues):
        return Match(doubt=ReplyDoubt.NOT_ASKED, candidates=(code,))
    return Match(code=code, by=by)


def _titled(clues: Clues, known: Mapping[str, Solicitation], open_ones: tuple[str, ...]) -> Match | None:
    asked = {code: one for code, one in known.items() if _asked(one, clues)}
    same = [code for code, one in asked.items() if title_key(one.title) == clues.title != ""]
    current = [code for code in same if code in open_ones]
    if len(current) == 1:
        return Match(code=current[0], by=MatchedBy.TITLE)
    if current:
        return Match(doubt=ReplyDoubt.SEVERAL, candidates=tuple(current))
    closed = [code for code in same if asked[code].state is SolicitationState.CLOSED]
    if closed:
        return Match(doubt=ReplyDoubt.CLOSED, candidates=tuple(closed))
    named = tuple(code for code in clues.mentions if code in known)
    if named or clues.says_so:
        return Match(doubt=ReplyDoubt.NO_CODE, candidates=_each(named, open_ones))
    like = tuple(code for code in open_ones if _alike(title_key(known[code].title), clues.title))
    return Match(doubt=ReplyDoubt.LIKE_TITLE, candidates=like) if like else None


def _alike(a: str, b: str) -> bool:
    return min(len(a), len(b)) >= _LIKE and (a in b or b in a)


def _each(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for group in groups for code in group))


# ---- a mail as it is judged --------------------------------------------------------------------------------


def tie(desk: Desk, row: LedgerMail, mail: IncomingMail, verdict: Verdict, number: str) -> None:
    """Record what a judged mail has to do with 约稿; inside the transaction, once its item is saved.

    A throw-away register knows of no 约稿 and leaves everything as it was read.
    """
    if not desk.live or verdict.outcome is Outcome.IGNORED or Reason.SECRECY_MARK in verdict.reasons:
        return
    item = _item(desk, number)
    if not desk.store.has_solicitations():
        if item is not None:
            _bear(desk, item, None)
        return
    clues = _clues(desk, mail, verdict.fields, item)
    known = _known(desk, clues, mail)
    if verdict.outcome is Outcome.HELD and _MATTERS.intersection(verdict.reasons):
        _note_matter(desk, row, verdict, clues, known)
    elif item is not None and verdict.outcome is Outcome.DUPLICATE:
        _seen_again(desk, item, match(clues, known))
    elif item is not None:
        _settle_item(desk, item, match(clues, known))


def _item(desk: Desk, number: str) -> Submission | None:
    try:
        return desk.store.submission(number)
    except NotFound:
        return None


def _clues(desk: Desk, mail: IncomingMail, fields: Fields, item: Submission | None) -> Clues:
    read, words = fields.solicitation, desk.policy.intake.solicited
    ids = [i for i in (mail.in_reply_to, *reversed(mail.references)) if i]
    stated = item.fields if item is not None and item.fields.unit else fields
    unit = (stated.unit.value,) if stated.unit else ()
    title = fields.title or stated.title
    names = " ".join(attachment.name for attachment in mail.attachments)
    return Clues(
        codes=_each(codes_in(read or ""), codes_in(mail.subject, words)),
        threads=_each(letter.code for letter in desk.store.solicitation_thread(ids)),
        mentions=codes_in(f"{mail.text[:READ_CHARS]} {names}", words),
        says_so=_says_so(desk, fields),
        parties=_each(unit, stated.co_units),
        title=title_key(title.value) if title else "",
    )


def codes_in(text: str, beside: Sequence[str] = ()) -> tuple[str, ...]:
    """Codes written in a text, as the register has them: 2019-3 is 2019-003.

    Only those beside one of these words, where any are given: 2019-03 alone is a month.
    """
    normal = unicodedata.normalize("NFKC", text)
    found = re.findall(_CODE, normal)
    if beside:
        word = "|".join(map(re.escape, beside))
        found = re.findall(rf"(?:{word})[^\d]{{0,{_NEAR}}}{_CODE}", normal)
        found += re.findall(rf"{_CODE}[^\d]{{0,{_NEAR}}}(?:{word})", normal)
    return _each(f"{year}-{int(count):03d}" for year, count in found)


def _says_so(desk: Desk, fields: Fields) -> bool:
    return any(word in tag for tag in fields.tags for word in desk.policy.intake.solicited)


def _known(desk: Desk, clues: Clues, mail: IncomingMail) -> dict[str, Solicitation]:
    """Those that are named, and those that the parties were asked for before the mail came."""
    asked = desk.store.codes_asked_of(clues.parties, mail.arrived_at - REMEMBERED) if clues.parties else []
    codes = _each(clues.codes, clues.threads, clues.mentions, asked)
    found = desk.store.solicitations_among(codes) if codes else []
    return {one.code: one for one in found if one.asks and one.asks[0].asked_at <= mail.arrived_at}


def _note_matter(
    desk: Desk, row: LedgerMail, verdict: Verdict, clues: Clues, known: Mapping[str, Solicitation]
) -> None:
    """非我单位职责 and what else is said of a 约稿 is shown beside it; where none is named, beside each one
    that is open for the unit."""
    named = [code for code in _each(clues.codes, clues.threads, clues.mentions) if code in known]
    if not named and Reason.NOT_OUR_DUTY in verdict.reasons:
        named = [code for code, one in known.items() if _open(one) and _asked(one, clues)]
    for code in named:
        desk.store.note_solicitation_mail(row.id, code, clues.parties[0] if clues.parties else "")


def _settle_item(desk: Desk, item: Submission, found: Match | None) -> None:
    """A new item, or one completed or renewed: what it was tied to holds, unless it now says otherwise."""
    before = desk.store.solicitation_reply(item.number)
    if before is None or (before.code is None and before.doubt is not None and found is not None):
        _keep(desk, item, found)
    elif before.code is None:
        _bear(desk, item, None)
    elif found is not None and found.code not in (None, before.code) and before.by is not MatchedBy.PERSON:
        candidates = (before.code, found.code or "")
        _keep(
            desk,
            item,
            Match(code=before.code, by=before.by, doubt=ReplyDoubt.OTHER_CODE, candidates=candidates),
        )
    else:
        _bear(desk, item, before.code)


def _seen_again(desk: Desk, item: Submission, found: Match | None) -> None:
    """A document that is on record already, sent again under a 约稿: a person must say that it is both."""
    codes = _each((found.code,) if found and found.code else (), found.candidates if found else ())
    if desk.store.solicitation_reply(item.number) is None and codes:
        _keep(desk, item, Match(doubt=ReplyDoubt.ON_RECORD, candidates=codes))


def _keep(desk: Desk, item: Submission, found: Match | None) -> None:
    _bear(desk, item, found.code if found else None)
    if found is None:
        return
    reply = SolicitationReply(
        number=item.number, code=found.code, by=found.by, doubt=found.doubt, candidates=found.candidates
    )
    desk.store.save_solicitation_reply(reply, desk.clock.now())
    how = {"code": found.code or "", "by": found.by or "", "doubt": found.doubt or ""}
    desk.log("solicitation_doubt" if found.doubt else "solicitation_reply", item_ref(item.number), how)
    if found.code and item.fields.unit:
        stop_reminders(desk, found.code, item.fields.unit.value)


def _bear(desk: Desk, item: Submission, code: str | None) -> None:
    """The code that the item bears from now on."""
    if item.fields.solicitation != code:
        desk.store.amend_submission(item.number, fields=replace(item.fields, solicitation=code))


def stop_reminders(desk: Desk, code: str, unit: str | None = None) -> None:
    """Reminders that wait to be sent are not sent any more; to this unit, or to any."""
    for to, letter in desk.store.solicitation_letters(code):
        waits = letter.state in (LetterState.READY, LetterState.HELD)
        if waits and letter.kind is LetterKind.REMINDER and unit in (None, to):
            desk.store.withdraw_letter(letter.id, version=letter.version)
            desk.log("withdrawn", letter_ref(letter.id), {"cause": "solicitation"}, who=WORKER)


# ---- what the receipt says ---------------------------------------------------------------------------------


def told(desk: Desk, number: str) -> SolicitedFacts | None:
    """What a receipt says of the 约稿 an item answers; None where there is nothing to say."""
    reply = desk.store.solicitation_reply(number)
    if reply is None or (reply.code is None and reply.doubt is None):
        return None
    if reply.code is None or reply.doubt is not None:
        return SolicitedFacts(doubt=True)
    one, item = desk.store.solicitation(reply.code), desk.store.submission(number)
    deadline = max(ask.deadline for ask in _binding(one, item))
    return SolicitedFacts(
        code=one.code,
        title=one.title,
        deadline=deadline,
        late=Moment.of(item.arrived_at).starts > Moment.of(deadline).ends,
    )


def _binding(one: Solicitation, item: Submission) -> Sequence[Ask]:
    """The asks whose deadlines count for the item's unit."""
    units = (item.fields.unit.value,) if item.fields.unit else ()
    mine = [ask for ask in one.asks if any(unit in ask.units for unit in (*units, *item.fields.co_units))]
    return mine or one.asks


# ---- a person's word ---------------------------------------------------------------------------------------


def doubts(desk: Desk) -> list[Answering]:
    """Items of which a person must say whether they answer a 约稿, and which; oldest first."""
    return desk.store.doubtful_replies()


def settle(desk: Desk, number: str, code: str | None, *, by: str) -> None:
    """A person's word on an item: it answers this 约稿, or none.

    NotFound; StateError 'solicitation_cancelled' for one that was taken back.
    """
    with desk.store.transaction():
        item = desk.store.submission(number)
        if code is not None and desk.store.solicitation(code).state is SolicitationState.CANCELLED:
            raise StateError("solicitation_cancelled", solicitation=code)
        _bear(desk, item, code)
        reply = SolicitationReply(number=number, code=code, by=MatchedBy.PERSON if code else None)
        desk.store.save_solicitation_reply(reply, desk.clock.now())
        desk.log("solicitation_settled", item_ref(number), {"code": code or ""}, who=by)
        if code is not None:
            desk.log("solicitation_reply", solicitation_ref(code), {"number": number}, who=by)
            if item.fields.unit:
                stop_reminders(desk, code, item.fields.unit.value)
