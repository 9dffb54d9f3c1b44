"""data/policy -> Policy: what the notice prescribes, as data; and the wording of templates/ as a mapping.

Resources are looked for in the office home, then in the installed package, then in the checkout.  Bad data is
refused with ConfigError naming file, key and line.  render/ opens no file: it is handed what is read here.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from mailbot import _toml
from mailbot.errors import ConfigError
from mailbot.lexicon import Lexicon
from mailbot.marking import MarkingScheme, SchemeFile
from mailbot.model import Outcome, Reason
from mailbot.roster import Roster, RosterFile

Phrases = tuple[str, ...]
"""Ways of putting something.  `*` stands for any few characters, a leading `^` for the beginning, a closing
`$` for the end; white space, width and case of letters do not count."""


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a policy file: an unknown key is a slip of the pen, and refused."""


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


class Audience(StrEnum):
    """Who reads the sentence of a reason."""

    UNIT = "unit"
    SECTION = "section"
    BOTH = "both"


class ReasonWording(Table, frozen=True, kw_only=True):
    """One reason in words.  Both are templates over the finding's details."""

    sentence: str
    remedy: str = ""
    """What the unit can do about it; '' where nothing is to be done."""
    section: str = ""
    """The sentence as the section reads it, where that differs."""
    audience: Audience


class FileType(Table, frozen=True, kw_only=True):
    """How a type of file is called to people who never saw its code, and how it becomes a Word file."""

    codes: tuple[str, ...]
    """As word.py names types in `Document.fault_detail`; 'unknown' stands for whatever has no code."""
    name: str
    remedy: str
    minor: bool = False
    """Its remedy is left out beside a file that matters more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Wording:
    """All wording people read.  One object per loaded set: compared and cached by identity."""

    templates: Mapping[str, str]
    """Path below templates/ ('letters/receipt.txt') -> text."""
    reasons: Mapping[Reason, ReasonWording]
    types: Mapping[str, FileType]
    """By code of the type."""
    words: Mapping[str, str]
    """Single words of the letters (names of fields, placeholders)."""
    messages: Mapping[str, str]
    """Code of an error or event -> sentence (templates/cli/messages.toml)."""
    sheets: Mapping[str, str] = field(default_factory=dict)
    """Words of exported tables: 'submissions.heads.number' -> head (templates/sheets/)."""


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


class Resources:
    """Finds the files of data/ and templates/: in the office home, else the package, else the checkout.

    Each file is looked for by itself, so that an office that rewords one letter keeps the others as shipped.
    """

    def __init__(self, home: Path | None) -> None:
        package = Path(str(files("mailbot")))
        roots = (home, package / "_resources", package.parent)
        self.roots: tuple[Path, ...] = tuple(root for root in roots if root is not None)

    def path(self, name: str) -> Path:
        """Where 'data/policy/intake.toml' lies; the first place looked at where it lies nowhere."""
        return next((root / name for root in self.roots if (root / name).is_file()), self.roots[0] / name)

    def text(self, name: str) -> str:
        """ConfigError 'config_missing', 'config_unreadable' or 'config_not_utf8'."""
        return _toml.text_of(self.path(name))

    def names(self, folder: str, *suffixes: str) -> tuple[str, ...]:
        """All files right in `folder` that end in one of `suffixes`, from every root, sorted by name."""
        found = (p.name for root in self.roots if (root / folder).is_dir() for p in (root / folder).iterdir())
        return tuple(f"{folder}/{name}" for name in sorted(set(found)) if name.endswith(suffixes))


S = TypeVar("S", bound=msgspec.Struct)


def load_struct(resources: Resources, name: str, struct: type[S]) -> S:
    """A TOML file of policy or wording as `struct`; ConfigError names file, key and line."""
    path, text, values = _read(resources, name)
    return _toml.convert(values, struct, text=text, path=path)


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
    path, text, values = _read(resources, name)
    try:
        scheme = MarkingScheme(_toml.convert(values, SchemeFile, text=text, path=path))
    except ConfigError as error:
        if "file" in error.details:
            raise
        details = {key: value for key, value in error.details.items() if key != "key"}
        raise _fault(error.code, path, text, error.details["key"], **details) from None
    if path.name != f"marks-{scheme.effect}.toml":
        raise _fault("marks_effect", path, text, "effect", effect=str(scheme.effect))
    return scheme


def load_intake(resources: Resources) -> Intake:
    """intake.toml.  Every reason must have an outcome, and machine mail one that is never answered."""
    name = "data/policy/intake.toml"
    path, text, values = _read(resources, name)
    outcomes = values.get("outcomes", {})
    _check_reasons(outcomes, "outcomes", path, text)
    choices = [o.value for o in Outcome if o is not Outcome.PARKED]
    for key, value in outcomes.items():
        allowed = [Outcome.IGNORED, Outcome.HELD] if key in _NEEDS_SILENCE else choices
        if value not in allowed:
            raise _fault("config_not_a_choice", path, text, f"outcomes.{key}", choices=" ".join(allowed))
    for told in values.get("held_notice", ()):
        _check_known(told, list(Reason), "held_notice", path, text)
        if told in _NEEDS_SILENCE:
            raise _fault("config_bad_value", path, text, "held_notice")
    return _toml.convert(values, Intake, text=text, path=path)


def load_wording(resources: Resources) -> Wording:
    """templates/ as mappings.  Whether a template can be compiled is render's and console's to say."""
    reasons = _load_table(
        resources, "templates/letters/reasons.toml", ReasonWording, [r.value for r in Reason]
    )
    types = _load_table(resources, "templates/letters/types.toml", FileType)
    codes = {code: kind for kind in types.values() for code in kind.codes}
    return Wording(
        templates=MappingProxyType(_templates(resources)),
        reasons=MappingProxyType({Reason(key): value for key, value in reasons.items()}),
        types=MappingProxyType(codes),
        words=MappingProxyType(_sentences(resources, "templates/letters/words.toml")),
        messages=MappingProxyType(_sentences(resources, "templates/cli/messages.toml")),
        sheets=MappingProxyType(_sheets(resources)),
    )


def _load_table(
    resources: Resources, name: str, struct: type[S], known: list[str] | None = None
) -> dict[str, S]:
    """A file of tables of one shape, under exactly the `known` keys, or under any where that is None."""
    path, text, values = _read(resources, name)
    keys = list(values) if known is None else known
    fields = {f"field{i}": key for i, key in enumerate(keys)}
    whole = msgspec.defstruct("File", [(field, struct) for field in fields], rename=fields, kw_only=True)
    tables = _toml.convert(values, whole, text=text, path=path)
    return {key: getattr(tables, field) for field, key in fields.items()}


def _templates(resources: Resources) -> dict[str, str]:
    names = [
        n
        for f in ("letters", "letters/alerts", "bulletin", "gazette")
        for n in resources.names(f"templates/{f}", ".txt", ".j2")
    ]
    return {name.removeprefix("templates/"): resources.text(name) for name in names}


def _sheets(resources: Resources) -> dict[str, str]:
    return {
        f"{Path(name).stem}.{key}": text
        for name in resources.names("templates/sheets", ".toml")
        for key, text in _sentences(resources, name).items()
    }


def _sentences(resources: Resources, name: str) -> dict[str, str]:
    """A flat TOML file of sentences; tables in it give dotted codes."""
    path, text, values = _read(resources, name)
    found: dict[str, str] = {}
    for key, value in _flat(values):
        if not isinstance(value, str):
            raise _fault("config_wrong_type", path, text, key, expected="str")
        found[key] = value
    return found


def _flat(values: Mapping[str, Any], at: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in values.items():
        full = f"{at}.{key}" if at else key
        if isinstance(value, Mapping):
            yield from _flat(value, full)
        else:
            yield full, value


def _read(resources: Resources, name: str) -> tuple[Path, str, dict[str, Any]]:
    path = resources.path(name)
    text = _toml.text_of(path)
    return path, text, _toml.parse(text, path)


def _check_reasons(values: Mapping[str, Any], table: str, path: Path, text: str) -> None:
    """Exactly the reasons of model.Reason: none unknown, none missing."""
    known = [reason.value for reason in Reason]
    for key in values:
        _check_known(key, known, f"{table}.{key}" if table else key, path, text)
    for reason in known:
        if reason not in values:
            key = f"{table}.{reason}" if table else reason
            raise _fault("config_missing_key", path, text, key)


def _check_known(word: str, known: list[str], key: str, path: Path, text: str) -> None:
    if word not in known:
        near = difflib.get_close_matches(str(word), known, n=1, cutoff=0.6)
        raise _fault("config_unknown_key", path, text, key, hint=near[0] if near else "")


def _fault(code: str, path: Path, text: str, key: str, **details: str) -> ConfigError:
    return ConfigError(code, file=path, key=key, line=_toml.line_of(text, key), **details)
