"""Every broken way in which clients are known to write a mail, from its bytes to the receipt.

The subject is read whole, the Word file is found under its name, and the receipt goes out.  Each mail is the
first one of an office of its own.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import build
import pytest
from corpus_clients import CLIENTS, CLOUD, Client
from corpus_submissions import prose
from road import Road, Seen

from mailbot.model import Outcome, Reason

TITLE, UNIT, PERSON, PHONE = "马头镇“三堂课”推动养殖产业升级", "马头镇", "李镕堃", "13900000001"
TAIL = f"-{UNIT}-{PERSON}-{PHONE}"
SUBJECT = TITLE + TAIL
NAME = "马头镇“三堂课”推动养殖产业升级.docx"
TEXT = build.body("请查收。")
FROM = ("From", "<matou@oa.tancheng.example>")
OCTETS = "application/octet-stream"
WORD = build.docx(*prose(9000))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One odd form: a mail, and what its Word file and its submitter are called afterwards."""

    name: str
    raw: bytes
    document: str = NAME
    person: str = PERSON


# ---- how the rows are laid together ------------------------------------------------------------------------


def attached(
    kind: str = OCTETS, *, name: str = NAME, disposition: str = "attachment", cte: str = "base64"
) -> bytes:
    """The Word file as a part, in one respect unusual."""
    return build.part(WORD, kind, name=name, disposition=disposition, cte=cte)


def wrap(content: bytes) -> bytes:
    """A whole mail of this body."""
    return build.entity([FROM, ("Subject", build.words(SUBJECT))], content)


def mixed(*parts: bytes) -> bytes:
    return wrap(build.multipart("mixed", TEXT, *parts))


def head(name: str, *subjects: bytes | str, person: str = PERSON) -> Row:
    """A subject written in an odd way."""
    content = build.multipart("mixed", TEXT, attached())
    return Row(
        name=name, raw=build.entity([FROM, *(("Subject", s) for s in subjects)], content), person=person
    )


def cut(codec: str, label: str, at: int, *, q: bool = False, text: str = SUBJECT) -> str:
    """A text in words of `at` bytes, characters cut wherever they fall."""
    raw = text.encode(codec)
    return "\r\n ".join(build.word(label, raw[i : i + at], q=q) for i in range(0, len(raw), at))


def filed(name: str, part: bytes, *, document: str = NAME) -> Row:
    """A Word file attached in an odd way."""
    return Row(name=name, raw=mixed(part), document=document)


def by_hand(*lines: str | bytes) -> bytes:
    """A base64 part with exactly these header lines."""
    given = [line.encode() if isinstance(line, str) else line for line in lines]
    return (
        b"\r\n".join([*given, b"Content-Transfer-Encoding: base64"]) + b"\r\n\r\n" + base64.encodebytes(WORD)
    )


def named(*parameters: bytes | str) -> bytes:
    """The same with these parameters of Content-Disposition."""
    given = [p.encode() if isinstance(p, str) else p for p in parameters]
    return by_hand(
        "Content-Type: application/octet-stream",
        b"Content-Disposition: attachment;\r\n " + b";\r\n ".join(given),
    )


def percent(raw: bytes) -> str:
    return "".join(f"%{b:02X}" for b in raw)


def coded(encoding: bytes, content: bytes) -> bytes:
    """The Word file under its name in another transfer encoding."""
    lines = named(f"filename*=utf-8''{percent(NAME.encode())}").partition(b"\r\n\r\n")[0]
    return lines.replace(b"base64", encoding) + b"\r\n\r\n" + content


def uuencoded(content: bytes) -> bytes:
    lines = b"".join(binascii.b2a_uu(content[i : i + 45]) for i in range(0, len(content), 45))
    return b"begin 644 a.docx\r\n" + lines.replace(b"\n", b"\r\n") + b"`\r\nend\r\n"


# ---- subjects ----------------------------------------------------------------------------------------------

GBK, UTF = SUBJECT.encode("gbk"), SUBJECT.encode()
HZ, RARE = SUBJECT.replace("镕堃", "明"), SUBJECT.replace("镕堃", "喆㛃")
UNFOLDED_Q = quopri.encodestring(UTF).decode().replace("=\n", "")
SUBJECTS = [
    *(
        head(f"{label} {'Q' if q else 'B'} words", cut(codec, label, 60, q=q))
        for codec, label in (
            ("gbk", "GBK"),
            ("gbk", "gb2312"),
            ("gb18030", "GB18030"),
            ("utf-8", "UTF-8"),
            ("gbk", "cp936"),
        )
        for q in (False, True)
    ),
    *(
        head(f"{label} characters cut between words", cut(label, label, at))
        for label, at in (("utf-8", 31), ("gbk", 31), ("gb18030", 33))
    ),
    *(
        head(f"charset {label}", build.word(label, GBK))
        for label in ("x-gbk", "x-unknown", "GB_2312-80", "gbk*zh-cn")
    ),
    *(head(f"raw 8-bit {codec}", SUBJECT.encode(codec)) for codec in ("gbk", "gb18030", "utf-8")),
    head("HZ", build.word("hz-gb-2312", HZ.encode("hz")), person="李明"),
    head(
        "gb2312 declared, four bytes of GB18030 written",
        cut("gb18030", "gb2312", 45, text=RARE),
        person="李喆㛃",
    ),
    head("utf-8 declared, GBK written", build.word("utf-8", GBK)),
    head("gb2312 declared, UTF-8 written", build.word("gb2312", UTF)),
    head("no charset", build.word("", UTF)),
    head("raw, folded inside", UTF[:30] + b"\r\n " + UTF[30:]),
    head("raw, broken without a fold", TITLE.encode() + b"\r\n" + TAIL.encode()),
    head("text glued to a word", f"答复:{build.word('gbk', GBK[:20])}{build.word('gbk', GBK[20:])}"),
    head("a word inside quotes", f'"{build.word("gbk", GBK)}"'),
    head(
        "words of two charsets",
        f"{build.word('gbk', TITLE.encode('gbk'))}\r\n {build.word('utf-8', TAIL.encode())}",
    ),
    head("raw Chinese inside a Q word", f"=?utf-8?Q?{SUBJECT}?=".encode()),
    head("a small b and no padding", f"=?utf-8?b?{base64.b64encode(UTF).decode().rstrip('=')}?="),
    head("padding inside", f"{build.word('utf-8', UTF[:10])}\r\n {build.word('utf-8', UTF[10:])}"),
    head("Q with lower-case hex", f"=?utf-8?Q?{UNFOLDED_Q.lower()}?="),
    head("a tab as fold", cut("utf-8", "utf-8", 45).replace("\r\n ", "\r\n\t")),
    head("an encoded line break", build.word("utf-8", f"{TITLE}\r\n{TAIL}".encode())),
    head("two Subject headers", build.words(SUBJECT), "x"),
]

# ---- files -------------------------------------------------------------------------------------------------

U, G = percent(NAME.encode()), percent(NAME.encode("gbk"))
ENCODED = build.words(NAME, "gbk-b").decode().replace("\r\n ", "")
HALF = len(ENCODED) // 2
PATH = percent(("C:" + chr(92) + "稿件" + chr(92) + NAME).encode())
DOCX = f"Content-Type: {build.DOCX_TYPE}"
NAMES = [
    filed("filename*=utf-8", named(f"filename*=utf-8''{U}")),
    filed("filename*=gbk", named(f"filename*=gbk''{G}")),
    filed("filename*=gb2312 over GBK", named(f"filename*=gb2312'zh-cn'{G}")),
    filed("filename*0*, *1*", named(f"filename*0*=utf-8''{U[:60]}", f"filename*1*={U[60:]}")),
    filed("filename*1* before *0*", named(f"filename*1*={U[60:]}", f"filename*0*=utf-8''{U[:60]}")),
    filed(
        "a GBK character cut between segments", named(f"filename*0*=gbk''{G[:45]}", f"filename*1*={G[45:]}")
    ),
    filed("a triplet cut between segments", named(f"filename*0*=utf-8''{U[:61]}", f"filename*1*={U[61:]}")),
    filed("later segments without a star", named(f"filename*0*=utf-8''{U[:60]}", f"filename*1={U[60:]}")),
    filed("filename before filename*", named('filename="x.docx"', f"filename*=utf-8''{U}")),
    filed("filename after filename*", named(f"filename*=utf-8''{U}", 'filename="x.docx"')),
    filed("filename* without a charset", named(f"filename*={U}")),
    filed("filename* with an empty charset", named(f"filename*=''{U}")),
    filed("an encoded word in quotes", named(f'filename="{ENCODED}"')),
    filed("an encoded word without quotes", named(f"filename={ENCODED}")),
    filed("words folded", named(f'filename="{cut("utf-8", "utf-8", 45, text=NAME)}"')),
    filed("characters cut between words", named(f'filename="{cut("gbk", "gbk", 21, text=NAME)}"')),
    filed(
        "a word cut by segments", named(f'filename*0="{ENCODED[:HALF]}"', f'filename*1="{ENCODED[HALF:]}"')
    ),
    filed("raw GBK", named(b'filename="' + NAME.encode("gbk") + b'"')),
    filed("raw UTF-8", named(b'filename="' + NAME.encode() + b'"')),
    filed("percent without RFC 2231", named(f'filename="{U}"')),
    filed("the name in Content-Type alone", by_hand(f'{DOCX}; name="{ENCODED}"')),
    filed("a path before the name", named(f"filename*=utf-8''{PATH}")),
    filed("attachment without a name", named("x=y"), document=""),
    filed("no name, inline", by_hand(DOCX, "Content-Disposition: inline"), document=""),
    filed("no name, no disposition", by_hand(DOCX), document=""),
    filed("inline with a name", attached(disposition="inline")),
    filed("text/plain over a Word file", attached("text/plain")),
    filed("image/jpeg over a Word file", attached("image/jpeg")),
    filed("application/pdf over a Word file", attached("application/pdf")),
    filed("8-bit binary", attached(cte="binary")),
    filed("the encoding in capitals", attached(cte="BASE64")),
    filed("the encoding with a blank behind", attached(cte="base64 ")),
    filed("quoted-printable", coded(b"quoted-printable", binascii.b2a_qp(WORD, istext=False))),
    filed("garbage in base64", attached().replace(b"\r\n\r\n", b"\r\n\r\n!!\r\n", 1)),
    filed("uuencode", coded(b"x-uuencode", uuencoded(WORD))),
    filed("a message/rfc822 around it", build.forwarded(build.mail(files=[(NAME, WORD)]))),
    filed("a base64 message/rfc822", build.forwarded(build.mail(files=[(NAME, WORD)]), base64_encoded=True)),
    filed(
        "winmail.dat with a GBK name",
        build.part(build.tnef((NAME, WORD)), "application/ms-tnef", name="winmail.dat"),
    ),
    filed("winmail.dat as octet-stream", build.part(build.tnef((NAME, WORD)), OCTETS, name="winmail.dat")),
]

# ---- trees -------------------------------------------------------------------------------------------------

INNER = build.multipart("mixed", TEXT, attached())
CLEAR = build.multipart(
    "signed",
    INNER,
    build.part(b"x", "application/pkcs7-signature", name="smime.p7s"),
    parameters='; protocol="application/pkcs7-signature"',
)
SEAL = "application/pkcs7-mime; smime-type=signed-data"
PICTURE = build.part(
    build.fake("png"), "image/png", name="image001.png", disposition="inline", headers={"Content-ID": "<i@x>"}
)
UNDECLARED = wrap(build.multipart("mixed", TEXT, attached(), boundary="bb")).replace(
    b';\r\n boundary="bb"', b""
)
FOUR_BYTES = build.mail(subject=SUBJECT, text="𠮷野", charset="gb18030", label="gb2312", files=[(NAME, WORD)])
TREES = [
    Row(name="the whole mail is one Word part", raw=wrap(attached())),
    Row(name="Word inside related", raw=wrap(build.multipart("related", TEXT, attached()))),
    Row(name="Word inside alternative", raw=wrap(build.multipart("alternative", TEXT, attached()))),
    Row(name="S/MIME, clear signed", raw=wrap(CLEAR)),
    Row(name="S/MIME, opaque", raw=wrap(build.part(build.pkcs7_signed(INNER), SEAL, name="smime.p7m"))),
    Row(
        name="S/MIME, opaque, indefinite lengths",
        raw=wrap(build.part(build.pkcs7_signed(INNER, indefinite=True), SEAL, name="smime.p7m")),
    ),
    Row(name="no closing boundary", raw=mixed(attached()).rpartition(b"--=_")[0]),
    Row(name="no boundary declared", raw=UNDECLARED),
    Row(name="text in GB2312 that is GB18030", raw=FOUR_BYTES),
    Row(name="bare line feeds", raw=mixed(attached()).replace(b"\r\n", b"\n")),
    Row(name="doubled carriage returns", raw=mixed(attached()).replace(b"\r\n", b"\r\r\n")),
    Row(name="a signature picture beside it", raw=mixed(PICTURE, attached())),
    Row(
        name="an mbox line before the header",
        raw=b"From matou@oa Fri Apr 12 09:30:00 2019\n" + mixed(attached()),
    ),
]


def squash(text: str | None) -> str:
    return "".join(unicodedata.normalize("NFKC", text or "").split())


@pytest.mark.parametrize("row", [*SUBJECTS, *NAMES, *TREES], ids=lambda row: row.name)
def test_a_mail_however_it_is_written_is_registered(row: Row) -> None:
    """Subject, Word file and its name, from the bytes to the receipt."""
    with Road() as road:
        seen = road.take(row.raw)
    assert (squash(seen.told[0]), *seen.told[1:]) == (squash(TITLE), UNIT, (row.person,), (PHONE,))
    assert seen.outcome is Outcome.ACCEPTED, seen.reasons
    assert seen.document is not None and seen.document.name == row.document
    assert seen.letter is not None and squash(seen.letter.subject) == squash(f"回执：{TITLE}")


# ---- what cannot be taken, and clients as such -------------------------------------------------------------


@pytest.fixture(scope="module")
def road() -> Iterator[Road]:
    with Road() as road:
        yield road


CUT_OFF = mixed(attached())
ENVELOPED = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80"
SEALED = build.part(ENVELOPED, "application/pkcs7-mime; smime-type=enveloped-data", name="smime.p7m")
PGP = build.multipart(
    "encrypted",
    build.part(b"Version: 1", "application/pgp-encrypted", disposition="", cte="7bit"),
    build.part(b"x", OCTETS, disposition=""),
    parameters='; protocol="application/pgp-encrypted"',
)
EMPTY = mixed(build.part(b"", OCTETS, name=NAME))
CLOUDY = build.mail(subject=SUBJECT, text=CLOUD)
FAULTY = [
    ("base64 cut off", CUT_OFF[: len(CUT_OFF) - 600], Outcome.RETURNED, Reason.CORRUPT),
    ("encrypted S/MIME", wrap(SEALED), Outcome.HELD, Reason.SEALED_MAIL),
    ("PGP", wrap(PGP), Outcome.HELD, Reason.SEALED_MAIL),
    ("an empty part under a Word name", EMPTY, Outcome.RETURNED, Reason.EMPTY_DOCUMENT),
    ("only a signature picture", mixed(PICTURE), Outcome.RETURNED, Reason.NO_ATTACHMENT),
    ("only a cloud link", CLOUDY, Outcome.RETURNED, Reason.CLOUD_ATTACHMENT),
]


@pytest.mark.parametrize(("name", "raw", "outcome", "reason"), FAULTY, ids=[row[0] for row in FAULTY])
def test_what_cannot_be_taken_is_named(
    name: str, raw: bytes, outcome: Outcome, reason: Reason, road: Road
) -> None:
    """The one reason, with its letter, and the fields as they were read."""
    seen = road.take(raw)
    assert (seen.outcome, reason in seen.reasons) == (outcome, True), (name, seen.reasons)
    assert seen.told[1] == UNIT
    assert seen.letter is not None


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_what_each_client_writes_of_itself_is_not_the_writers(client: Client, road: Road) -> None:
    """Signature, picture and the older mail below supply nothing: no link, no number, no attachment."""
    number = 9500 + CLIENTS.index(client)
    title = f"第{number}户贫困户实现脱贫"
    seen: Seen = road.take(
        client.mail(
            f"{title}-{UNIT}-{PERSON}",
            quoted=f"县民政局 王芳\n联系电话：6220000\n{CLOUD}",
            files=[("稿.docx", build.docx(*prose(number)))],
            local=f"c{number}",
        )
    )
    assert seen.told == (title, UNIT, (PERSON,), ())
    assert seen.reasons - {Reason.SENDER_NOT_REGISTERED} == {Reason.MISSING_CONTACTS}
    assert seen.mail.cloud_links == ()
    assert seen.verdict.not_taken == ()
