"""The tree of a mail: its leaves, decoded, through forwarded, signed and Outlook-packed parts.

The stdlib parses, this walks: iteratively and within limits.  What is found up to a breach stands.  As the
stdlib recurses once a level, a mail nested beyond that is cut before its depth and parsed again.
"""

from __future__ import annotations

import email
import re
from dataclasses import dataclass, field, replace
from email.message import Message

from mailbot.intake._mail import cms, filenames, headers, tnef, transfer
from mailbot.model import PartOrigin
from mailbot.policy import MailLimits

_MESSAGE_TYPES = frozenset(("message/rfc822", "message/global", "message/news"))
_CMS_TYPES = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_TNEF_TYPES = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
_NESTING = re.compile(rb"^content-type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_LOST_BOUNDARY = re.compile(
    rb"(?:\A|[\r\n])--([^\r\n]{1,200}?)[ \t]*(?>\r\n|\n|\r)(?=content-)", re.IGNORECASE
)
_BOUNDARY_SEARCHED = 8000
_HEADER_LIKE = re.compile(rb"\s*[A-Za-z][A-Za-z0-9-]{1,40}:[ \t]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BODY_NAME = re.compile(r"(?:att\d+|body|mail|message|untitled|noname|text|part\d*|content)\.(?:txt|html?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A part that holds no further parts.  `alternative` numbers the multipart/alternative it stands in."""

    content_type: str
    content: bytes
    name: str = ""
    charset: str = ""
    disposition: str = ""
    content_id: str = ""
    location: str = ""
    flowed: bool = False
    delsp: bool = False
    origin: PartOrigin = PartOrigin.MAIL
    alternative: int = 0
    holders: tuple[int, ...] = ()
    """Numbers of the forwarded mails it stands in, outermost first."""


@dataclass(slots=True)
class Tree:
    """What the walk found."""

    leaves: list[Leaf] = field(default_factory=list)
    types: set[str] = field(default_factory=set)
    """Content types of all parts of the mail itself, forwarded ones left out."""
    report_type: str = ""
    reports: list[bytes] = field(default_factory=list)
    """Header lines of message/delivery-status and the like."""
    returned: list[bytes] = field(default_factory=list)
    """Header lines of what a report gives back."""
    sealed: bool = False
    defects: dict[str, None] = field(default_factory=dict)

    def defect(self, code: str) -> None:
        self.defects[code] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    message: Message
    depth: int = 1
    origin: PartOrigin = PartOrigin.MAIL
    alternative: int = 0
    holders: tuple[int, ...] = ()
    in_report: bool = False


def walk(raw: bytes, limits: MailLimits) -> Tree:
    """The tree of a mail given as its MIME header lines, a blank line and its body."""
    return _Walker(limits).walk(raw)


def parse(raw: bytes, tree: Tree, limits: MailLimits) -> Message:
    """Parse; what is nested too deep for the stdlib is cut where twice the depth that is walked begins."""
    try:
        return email.message_from_bytes(raw)
    except RecursionError:
        tree.defect("too_deep")
        levels = [m.start() for m in _NESTING.finditer(raw)]
        return email.message_from_bytes(raw[: levels[min(2 * limits.depth, len(levels) - 1)]])


def code(class_name: str) -> str:
    """CloseBoundaryNotFoundDefect -> close_boundary_not_found."""
    return _CAMEL.sub("_", class_name).lower().removesuffix("_defect")


class _Walker:
    def __init__(self, limits: MailLimits) -> None:
        self._limits = limits
        self._tree = Tree()
        self._stack: list[_Place] = []
        self._seen = 0
        self._forwarded: list[tuple[_Place, str, Message]] = []

    def walk(self, raw: bytes) -> Tree:
        self._stack.append(_Place(message=parse(raw, self._tree, self._limits)))
        while self._stack:
            self._seen += 1
            if self._seen > self._limits.parts:
                self._tree.defect("too_many_parts")
                break
            self._attempt(self._stack.pop())
        self._name_empty_forwards()
        return self._tree

    def _attempt(self, place: _Place) -> None:
        """One part; where it cannot be read the others still are."""
        try:
            self._visit(place)
        except Exception:  # noqa: BLE001  (the stdlib's header code raises all sorts of things on crafted parts)
            self._tree.defect("part_unreadable")

    def _visit(self, place: _Place) -> None:
        message, tree = place.message, self._tree
        if place.depth > self._limits.depth:
            tree.defect("too_deep")
            return
        for defect in message.defects:
            tree.defect(code(type(defect).__name__))
        kind = message.get_content_type()
        if not place.holders:
            tree.types.add(kind)
        if not message.is_multipart():
            self._single(place, kind, _encoded(message))
            return
        payload = [child for child in message.get_payload() if isinstance(child, Message)]
        if kind in _MESSAGE_TYPES and payload:
            self._forward(place, payload[0])
        elif kind.startswith("message/"):
            tree.reports += [_header_lines(block) for block in payload]
        else:
            self._branch(place, kind, payload)

    def _branch(self, place: _Place, kind: str, children: list[Message]) -> None:
        if kind == "multipart/encrypted":
            self._tree.sealed = True
            return
        if kind == "multipart/report" and not place.holders:
            self._tree.report_type = filenames.parameter(
                raw_header(place.message, "content-type"), "report-type"
            )
        signed = kind == "multipart/signed" and place.origin is PartOrigin.MAIL
        inside = replace(
            place,
            depth=place.depth + 1,
            origin=PartOrigin.SIGNED if signed else place.origin,
            alternative=self._seen if kind == "multipart/alternative" else place.alternative,
            in_report=place.in_report or kind == "multipart/report",
        )
        self._stack += [replace(inside, message=child) for child in reversed(children)]

    # ---- forwarded mails -----------------------------------------------------------------------------------

    def _forward(self, place: _Place, inner: Message) -> None:
        encoding = _encoding(place.message)
        if encoding in ("base64", "quoted-printable"):
            # Against RFC 2046 section 5.2.1; the stdlib took the encoded text for the mail.
            text = _flat(inner) if inner.keys() or inner.is_multipart() else _encoded(inner)
            inner = self._parse_inner(transfer.decoded(text, encoding))
        if place.in_report:
            self._tree.returned.append(_header_lines(inner))
        else:
            self._open(place, inner, _name_of(place.message))

    def _parse_inner(self, raw: bytes) -> Message:
        """A mail inside the mail, its header block mended as that of the mail itself is."""
        return parse(raw[headers.start_of(raw) :], self._tree, self._limits)

    def _open(self, place: _Place, inner: Message, name: str) -> None:
        if len(place.holders) >= self._limits.forwarded_depth:
            self._tree.defect("forwarded_too_deep")
            return
        self._forwarded.append((place, name, inner))
        holders = (*place.holders, len(self._forwarded))
        self._stack.append(
            _Place(message=inner, depth=place.depth + 1, origin=PartOrigin.FORWARDED, holders=holders)
        )

    def _name_empty_forwards(self) -> None:
        """A forwarded mail without any file in it is itself the attachment, so that its sender is told so."""
        full = {number for leaf in self._tree.leaves if not is_text(leaf) for number in leaf.holders}
        for number, (place, name, inner) in enumerate(self._forwarded, 1):
            if number in full or place.holders:
                continue
            subject = headers.decode_header(raw_header(inner, "subject"))
            shown = name or filenames.clean_name(f"{subject}.eml" if subject else "")
            content = _flat(inner)
            self._tree.leaves.append(
                Leaf(content_type="message/rfc822", content=content, name=shown, disposition="attachment")
            )

    # ---- leaves --------------------------------------------------------------------------------------------

    def _single(self, place: _Place, kind: str, encoded: bytes) -> None:
        message = place.message
        content = transfer.decoded(encoded, _encoding(message))
        name = _name_of(message)
        if kind.startswith("multipart/") or (kind == "text/plain" and "content-type" not in message):
            if self._lost_boundary(place, content):
                return
            kind = "text/plain" if kind.startswith("multipart/") else kind
        if not self._unpacked(place, kind, name, content):
            self._tree.leaves.append(_leaf(place, kind, name, content))

    def _lost_boundary(self, place: _Place, content: bytes) -> bool:
        """Parts whose boundary the header does not name, or names wrongly: taken from the text."""
        match = _LOST_BOUNDARY.search(content, 0, _BOUNDARY_SEARCHED)
        if not match or b'"' in match[1]:
            return False
        self._tree.defect("boundary_recovered")
        head = b'Content-Type: multipart/mixed; boundary="' + match[1] + b'"\r\n\r\n'
        again = parse(head + content, self._tree, self._limits)
        if not again.is_multipart():
            return False
        self._stack.append(
            _Place(message=again, depth=place.depth + 1, origin=place.origin, holders=place.holders)
        )
        return True

    def _unpacked(self, place: _Place, kind: str, name: str, content: bytes) -> bool:
        """Whether the part was a wrapping that has been dealt with."""
        lowered = name.lower()
        if kind in _TNEF_TYPES or lowered == "winmail.dat" or content.startswith(tnef.MAGIC):
            return self._outlook(place, content)
        if kind in _CMS_TYPES or lowered.endswith(".p7m"):
            return self._opaque(place, content)
        if kind == "application/pgp-encrypted" or content.startswith(b"-----BEGIN PGP MESSAGE"):
            self._tree.sealed = True
            return True
        if kind == "text/rfc822-headers":
            self._tree.returned.append(content)
            return True
        mail_file = lowered.endswith(".eml") or kind in _MESSAGE_TYPES
        if mail_file and _HEADER_LIKE.match(content) and len(place.holders) < self._limits.forwarded_depth:
            self._open(place, self._parse_inner(content), name)
            return True
        return False

    def _outlook(self, place: _Place, content: bytes) -> bool:
        found = tnef.files(content)
        origin = PartOrigin.TNEF if place.origin is PartOrigin.MAIL else place.origin
        for written, data in found:
            if data.startswith(tnef.MAGIC) and place.depth < self._limits.depth:
                self._outlook(_Place(message=place.message, depth=place.depth + 1, origin=origin), data)
                continue
            leaf = Leaf(
                content_type="application/octet-stream",
                content=data,
                name=filenames.clean_name(written),
                disposition="attachment",
                origin=origin,
                holders=place.holders,
            )
            self._tree.leaves.append(leaf)
        return bool(found) or content.startswith(tnef.MAGIC)

    def _opaque(self, place: _Place, content: bytes) -> bool:
        inner = cms.signed_content(content)
        if inner is None:
            self._tree.sealed = True
            return True
        origin = PartOrigin.SIGNED if place.origin is PartOrigin.MAIL else place.origin
        message = parse(inner, self._tree, self._limits)
        self._stack.append(
            _Place(message=message, depth=place.depth + 1, origin=origin, holders=place.holders)
        )
        return True


def is_text(leaf: Leaf) -> bool:
    """A body of the mail, not a file: text not declared an attachment, without a name or with a mailer's."""
    if leaf.content_type not in ("text/plain", "text/html", "text/enriched", "text/richtext"):
        return False
    if leaf.content.startswith(transfer.FILE_MAGIC):
        return False
    if not leaf.name:
        return leaf.disposition != "attachment"
    return bool(_BODY_NAME.fullmatch(leaf.name.lower()))


def _leaf(place: _Place, kind: str, name: str, content: bytes) -> Leaf:
    message = place.message
    type_header = raw_header(message, "content-type")
    described = dict(reversed(filenames.parameters(type_header))) if kind.startswith("text/") else {}
    return Leaf(
        content_type=kind,
        content=content,
        name=name,
        charset=described.get("charset", described.get("charset*", "").rpartition("'")[2]),
        flowed=described.get("format", "").lower() == "flowed",
        delsp=described.get("delsp", "").lower() == "yes",
        disposition=_first_word(raw_header(message, "content-disposition")),
        content_id=raw_header(message, "content-id").decode("ascii", "replace").strip("<> \t\r\n"),
        location=raw_header(message, "content-location").decode("ascii", "replace").strip(),
        origin=place.origin,
        alternative=place.alternative,
        holders=place.holders,
    )


def raw_header(message: Message, name: str) -> bytes:
    """The first header of that name as its bytes on the wire; b'' where it is missing."""
    for key, value in message.raw_items():
        if key.lower() == name:
            return str(value).encode("utf-8", "surrogateescape")
    return b""


def _name_of(message: Message) -> str:
    disposition, kind = raw_header(message, "content-disposition"), raw_header(message, "content-type")
    return filenames.file_name(disposition, kind, raw_header(message, "content-description"))


def _first_word(value: bytes) -> str:
    return value.partition(b";")[0].strip().decode("ascii", "replace").lower()


def _encoding(message: Message) -> str:
    words = raw_header(message, "content-transfer-encoding").split()
    return words[0].strip(b"\"';").decode("ascii", "replace").lower() if words else ""


def _header_lines(message: Message) -> bytes:
    pairs = (f"{key}: {value}" for key, value in message.raw_items())
    return "\r\n".join(pairs).encode("utf-8", "surrogateescape")


def _encoded(message: Message) -> bytes:
    """The payload of a part as it came.

    The stdlib hands out 8-bit bytes only as it decodes them, so its undoing of an encoding is kept from it.
    """
    encodings = [str(value) for value in message.get_all("content-transfer-encoding", [])]
    del message["content-transfer-encoding"]
    payload = message.get_payload(decode=True)
    for value in encodings:
        message["Content-Transfer-Encoding"] = value
    return payload if isinstance(payload, bytes) else b""


def _flat(message: Message) -> bytes:
    try:
        return message.as_bytes()
    except (UnicodeError, ValueError, LookupError, TypeError, RecursionError):
        return _header_lines(message)
