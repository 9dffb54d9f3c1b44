"""The nouns of mailbot: frozen values and enums, read first.  No I/O; nothing of mailbot is imported here.

Codes (the values of the enums) are stable once released: they stand in the database, in data/policy/ and in
what programs read.  The Chinese that people read is never here but in templates/ and data/policy/.
docs/glossary.md pairs each word with its Chinese.  All times are aware and in Asia/Shanghai.
"""

from __future__ import annotations

from mailbot.model.bulletins import Bulletin, BulletinKind, BulletinState, Month, Passage
from mailbot.model.document import Document, DocumentKind, WordCount
from mailbot.model.fields import Correspondent, Fields, Found, Source, SubjectReading, title_key
from mailbot.model.judgement import GRAVITY, Finding, Outcome, Reason
from mailbot.model.letters import Event, Letter, LetterFile, LetterKind, LetterState, LetterText
from mailbot.model.mail import (
    Address,
    Attachment,
    CloudLink,
    DeliveryReport,
    IncomingMail,
    MachineSign,
    PartOrigin,
)
from mailbot.model.register import (
    CorpusHit,
    Dossier,
    LedgerMail,
    Likeness,
    MailState,
    Relation,
    Submission,
    SubmissionState,
    ThreadLink,
    UnitCount,
    Verdict,
    number_of,
)
from mailbot.model.solicitations import (
    Ask,
    Invalidation,
    MatchedBy,
    Reminder,
    ReplyDoubt,
    Solicitation,
    SolicitationReply,
    SolicitationState,
    Superior,
)

__all__ = [
    "GRAVITY",
    "Address",
    "Ask",
    "Attachment",
    "Bulletin",
    "BulletinKind",
    "BulletinState",
    "CloudLink",
    "CorpusHit",
    "Correspondent",
    "DeliveryReport",
    "Document",
    "DocumentKind",
    "Dossier",
    "Event",
    "Fields",
    "Finding",
    "Found",
    "IncomingMail",
    "Invalidation",
    "LedgerMail",
    "Letter",
    "LetterFile",
    "LetterKind",
    "LetterState",
    "LetterText",
    "Likeness",
    "MachineSign",
    "MailState",
    "MatchedBy",
    "Month",
    "Outcome",
    "PartOrigin",
    "Passage",
    "Reason",
    "Relation",
    "Reminder",
    "ReplyDoubt",
    "Solicitation",
    "SolicitationReply",
    "SolicitationState",
    "Source",
    "SubjectReading",
    "Submission",
    "SubmissionState",
    "Superior",
    "ThreadLink",
    "UnitCount",
    "Verdict",
    "WordCount",
    "number_of",
    "title_key",
]
