"""data/policy -> Policy: what the notice prescribes, as data; with it the wording of templates/.

_sources.py finds the files and names what is wrong in them, _wording.py holds what people read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailbot import _toml
from mailbot._sources import Resources, Table, check_known, fault, load_struct, read
from mailbot._wording import Audience, FileType, ReasonWording, Wording, load_wording
from mailbot.errors import ConfigError
from mailbot.lexicon import Lexicon
from mailbot.marking import MarkingScheme, SchemeFile
from mailbot.model import Outcome, Reason
from mailbot.roster import Roster, RosterFile

__all__ = [
    "Audience",
    "DocumentLimits",
    "FileType",
    "Intake",
    "LengthLimits",
    "Machines",
    "MailLimits",
    "Matter",
    "Matters",
    "Phrases",
    "Policy",
    "ReasonWording",
    "Resources",
    "SameAgain",
    "Secrecy",
    "Table",
    "Thanks",
    "Wording",
    "load_intake",
    "load_policy",
    "load_schemes",
    "load_struct",
    "load_wording",
]

Phrases = tuple[str, ...]
"""Ways of putting something.  `*` stands for any few characters, a leading `^` for the beginning, a closing
`$` for the end; white space, width and case of letters do not count."""


class MailLimits(Table, frozen=True, kw_only=True):
    """Bounds of what is read of one mail (promise P3).  Bytes and counts."""

    mail_bytes: int = 50 * 1024 * 1024
    header_bytes: int = 100 * 1024
    depth: int = 50
    parts: int = 200
    text_chars: int = 200_000
    forwarded_depth: int = 5
    subject_chars: int = 1000


class DocumentLimits(Table, frozen=True, kw_only=True):
    """Bounds of what is opened as a Word file (promise P3).  Bytes and counts."""

    file_bytes: int = 20 * 1024 * 1024
    entries: int = 1000
    inflated_bytes: int = 64 * 1024 * 1024
    ratio: int = 200
    """Inflated to packed, for parts over 1 MiB."""
    xml_bytes: int = 20 * 1024 * 1024
    xml_depth: int = 256
    paragraphs: int = 20_000
    text_chars: int = 2_000_000


class LengthLimits(Table, frozen=True, kw_only=True):
    """Notice 二(二): 一般性信息 400, 调研型等 2000 characters, 原则上; a remark, never a rejection."""

    short: int = 400
    long: int = 2000
    tolerance: float = 0.0
    """Share over the limit that is still passed in silence."""


class SameAgain(Table, frozen=True, kw_only=True):
    """When a mail is a new version of, or completes, an earlier one; when texts are alike."""

    version_days: int = 30
    completion_days: int = 30
    strong_likeness: float = 0.5
    weak_likeness: float = 0.3


class Secrecy(Table, frozen=True, kw_only=True):
    """密级标志: a level beside a star (秘密★1年), or after a label (密级：机密)."""

    levels: Phrases = ()
    stars: Phrases = ()
    labels: Phrases = ()


class Machines(Table, frozen=True, kw_only=True):
    """Signs of machine mail beyond the headers that intake/message.py reads (docs/intake.md)."""

    local_parts: Phrases = ()
    """What stands before the @: never answered.  `*` as in phrases."""
    delivery_local_parts: Phrases = ()
    delivery_subjects: Phrases = ()
    delivery_texts: Phrases = ()
    """With such a subject they make a delivery report whoever sent it."""
    read_receipts: Phrases = ()
    auto_reply_subjects: Phrases = ()
    auto_reply_texts: Phrases = ()
    absence_texts: Phrases = ()
    """How people word the automatic answers they set up; looked for in short notes that submit nothing."""
    recalls: Phrases = ()
    max_hops: int = 50
    """Received headers beyond which a mail runs in circles (RFC 5321 section 6.3)."""


class Thanks(Table, frozen=True, kw_only=True):
    """A mail is bare thanks where nothing is left of it once these words are taken out."""

    words: Phrases = ()
    filler: Phrases = ()
    max_chars: int = 80


class Matter(Table, frozen=True, kw_only=True):
    """One kind of mail that is no submission."""

    subject: Phrases = ()
    """Said in the subject.  Does not count where a Word file comes under a subject that names all fields."""
    text: Phrases = ()
    """Said anywhere in a short mail that is no submission on its face (no attachment, no full subject)."""
    always: Phrases = ()
    """Said in the subject, the document's title or a short text: decides whatever is attached."""


class Matters(Table, frozen=True, kw_only=True):
    """The kinds of mail that are no submission, asked in this order."""

    not_our_duty: Matter = Matter()
    officer_change: Matter = Matter()
    meeting_notice: Matter = Matter()
    correction: Matter = Matter()
    other_matter: Matter = Matter()
    spam: Matter = Matter()
    question: Matter = Matter()
    submits: Phrases = ()
    """What is said of something sent in: a known sender's short note without any of it is another matter."""
    max_chars: int = 400
    """Longer texts are an article in the mail's body, not a note: only the subject is asked."""
    pasted_chars: int = 200
    """From this length on a text without attachment is taken for the article itself."""


class Intake(Table, frozen=True, kw_only=True):
    """intake.toml."""

    outcomes: dict[Reason, Outcome]
    held_notice: tuple[Reason, ...] = ()
    """Held reasons that are told to the sender; all others are answered by a person or not at all."""
    min_confidence: float = 0.6
    """Below it the reading of the subject is put to a person before the receipt goes."""
    several_titles: Phrases = ()
    solicited: tuple[str, ...] = ()
    """Words in a tag of the subject by which a unit says that it answers a 约稿."""
    reply_prefixes: Phrases = ()
    """Before a colon at the beginning of a subject: taken off before phrases are looked for."""
    own_prefixes: Phrases = ()
    """The same of our own letters: a subject that carries one refers to a letter of ours."""
    mail: MailLimits = MailLimits()
    document: DocumentLimits = DocumentLimits()
    length: LengthLimits = LengthLimits()
    same_again: SameAgain = SameAgain()
    secrecy: Secrecy = Secrecy()
    machines: Machines = Machines()
    thanks: Thanks = Thanks()
    matters: Matters = Matters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the notice prescribes, read and checked."""

    roster: Roster
    lexicon: Lexicon
    intake: Intake
    wording: Wording
    schemes: tuple[MarkingScheme, ...] = ()
    """考评办法, in order of effect."""


_NEEDS_SILENCE = frozenset(
    {
        Reason.AUTO_SUBMITTED,
        Reason.NULL_SENDER,
        Reason.NO_USABLE_SENDER,
        Reason.SEVERAL_SENDERS,
        Reason.MACHINE_SENDER,
        Reason.DELIVERY_REPORT,
        Reason.READ_RECEIPT,
        Reason.MAILING_LIST,
        Reason.AUTO_REPLY_SUBJECT,
        Reason.AUTO_REPLY_WITH_FILE,
        Reason.FEEDBACK_REPLY,
        Reason.OWN_MAIL,
        Reason.MAIL_LOOP,
        Reason.RECALL_NOTICE,
        Reason.REPLY_WITHOUT_MATERIAL,
        Reason.THANKS_ONLY,
        Reason.SECRECY_MARK,
        Reason.SUSPECT_SENDER,
        Reason.UNKNOWN_SENDER,
    }
)
"""Reasons that no office may turn into an answer (promise P5): a mail loop would follow, or a leak."""


def load_policy(resources: Resources) -> Policy:
    """Everything of data/policy, and all wording.  ConfigError for what is wrong."""
    return Policy(
        roster=Roster(load_struct(resources, "data/policy/roster.toml", RosterFile)),
        lexicon=load_struct(resources, "data/policy/lexicon.toml", Lexicon),
        intake=load_intake(resources),
        wording=load_wording(resources),
        schemes=load_schemes(resources),
    )


def load_schemes(resources: Resources) -> tuple[MarkingScheme, ...]:
    """All marks-*.toml, in order of effect.  Each is named by its day of effect, so that no two share one."""
    names = [
        n
        for n in resources.names("data/policy", ".toml")
        if n.removeprefix("data/policy/").startswith("marks-")
    ]
    if not names:
        raise ConfigError("config_missing", file=resources.path("data/policy/marks-*.toml"))
    schemes = [_load_scheme(resources, name) for name in names]
    return tuple(sorted(schemes, key=lambda scheme: scheme.effect))


def _load_scheme(resources: Resources, name: str) -> MarkingScheme:
    path, text, values = read(resources, name)
    try:
        scheme = MarkingScheme(_toml.convert(values, SchemeFile, text=text, path=path))
    except ConfigError as error:
        if "file" in error.details:
            raise
        details = {key: value for key, value in error.details.items() if key != "key"}
        raise fault(error.code, path, text, error.details["key"], **details) from None
    if path.name != f"marks-{scheme.effect}.toml":
        raise fault("marks_effect", path, text, "effect", effect=str(scheme.effect))
    return scheme


def load_intake(resources: Resources) -> Intake:
    """intake.toml.  Every reason must have an outcome, and machine mail one that is never answered."""
    name = "data/policy/intake.toml"
    path, text, values = read(resources, name)
    outcomes = values.get("outcomes", {})
    _check_reasons(outcomes, "outcomes", path, text)
    choices = [o.value for o in Outcome if o is not Outcome.PARKED]
    for key, value in outcomes.items():
        allowed = [Outcome.IGNORED, Outcome.HELD] if key in _NEEDS_SILENCE else choices
        if value not in allowed:
            raise fault("config_not_a_choice", path, text, f"outcomes.{key}", choices=" ".join(allowed))
    for told in values.get("held_notice", ()):
        check_known(told, list(Reason), "held_notice", path, text)
        if told in _NEEDS_SILENCE:
            raise fault("config_bad_value", path, text, "held_notice")
    return _toml.convert(values, Intake, text=text, path=path)


def _check_reasons(values: Mapping[str, Any], table: str, path: Path, text: str) -> None:
    """Exactly the reasons of model.Reason: none unknown, none missing."""
    known = [reason.value for reason in Reason]
    for key in values:
        check_known(key, known, f"{table}.{key}" if table else key, path, text)
    for reason in known:
        if reason not in values:
            key = f"{table}.{reason}" if table else reason
            raise fault("config_missing_key", path, text, key)
