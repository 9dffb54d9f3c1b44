"""No phone, no sender's address and nothing that has a secrecy mark in anything that leaves the section."""

from __future__ import annotations

import email
import email.policy
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime

import pytest
from circulated import ADDRESS, APRIL, LANDLINE, MOBILE, SECRET, Month4, month
from store_samples import fields, item

from mailbot.clock import SHANGHAI
from mailbot.model import Bulletin, BulletinKind, LetterKind, Month
from mailbot.render import masking
from mailbot.workflow.bulletins import amend, annual, gazette, instant, report
from mailbot.workflow.bulletins.export import Span, Table, export

MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Month4, dict[str, Bulletin]]]:
    """Every kind of document, drafted and approved, of an office full of contacts."""
    made = month(tmp_path_factory.mktemp("leaks") / "var")
    desk = made.at.desk
    printed = gazette.draft(desk, 3, [made.adopted], by="李科员")
    named = instant.draft(desk, made.code, ["县水利局"], "网络抄袭", by="李科员")
    made.at.clock.set(datetime(2019, 5, 1, 8, tzinfo=SHANGHAI))
    monthly = report.draft_month(desk, APRIL, by="李科员")
    for one in (printed, named, monthly):
        report.approve(desk, one.id, sha256=one.sha256, by="王主任")
    late = fields(f"补登{MOBILE}", "港上镇")
    item(desk.store, "20190420-8G4B0M", uid=77, given=late, at=datetime(2019, 4, 20, 9, tzinfo=SHANGHAI))
    corrected = amend.draft(desk, APRIL, by="李科员")
    report.approve(desk, corrected.id, sha256=corrected.sha256, by="王主任")
    may = report.draft_month(desk, Month(2019, 5), by="李科员")
    made.at.clock.set(datetime(2020, 1, 10, 8, tzinfo=SHANGHAI))
    yearly = annual.draft(desk, 2019, by="李科员")
    report.approve(desk, yearly.id, sha256=yearly.sha256, by="王主任")
    kinds = {"printed": printed, "named": named, "monthly": monthly, "corrected": corrected, "may": may}
    yield made, {**kinds, "yearly": yearly}
    made.at.desk.store.close()


ENDS = re.compile(r"</(?:w:p|c:v|v|t|is)>")


def words_of(package: bytes) -> str:
    """All text of all parts, with those of a workbook inside it: runs joined, paragraphs and cells apart."""
    found = []
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith(".xlsx"):
                found.append(words_of(content))
            elif name.endswith((".xml", ".rels")):
                found.append(re.sub(r"<[^>]*>", "", ENDS.sub("\n", content.decode())))
    return "\n".join(found)


def leaks(text: str) -> list[str]:
    """What must not be there, spelled out or in any form a contact has."""
    told = [word for word in (MOBILE, LANDLINE, ADDRESS, SECRET, "\u2605") if word in text]
    return told + [m[0] for m in masking.CONTACT.finditer(text)] + MAIL.findall(text)


def test_no_document_leaks(issued: tuple[Month4, dict[str, Bulletin]]) -> None:
    """Monthly, instant, annual, correction and 《普刊》, each with something to say."""
    made, kinds = issued
    for name, bulletin in kinds.items():
        text = words_of(made.at.desk.store.bulletin_file(bulletin.sha256))
        assert leaks(text) == [], name
        assert len(text) > 200, name
    assert "县水利局" in words_of(made.at.desk.store.bulletin_file(kinds["named"].sha256))


def test_no_letter_with_a_bulletin_leaks(issued: tuple[Month4, dict[str, Bulletin]]) -> None:
    """Its text names the unit and the office's own number, nobody's else; one letter for each recipient."""
    made, kinds = issued
    letters = made.at.letters(LetterKind.BULLETIN)
    assert len(letters) == 5 * sum(k.kind is not BulletinKind.GAZETTE for k in kinds.values()) - 5
    for letter in letters:
        assert leaks(f"{letter.subject}\n{letter.body}") == []
        parsed = email.message_from_bytes(letter.content or b"", policy=email.policy.default)
        assert parsed["To"].addresses[0].addr_spec == letter.recipient
        assert (parsed["Cc"], parsed["Bcc"]) == (None, None)


@pytest.mark.parametrize("table", list(Table))
@pytest.mark.parametrize("as_csv", [False, True])
def test_no_table_leaks(issued: tuple[Month4, dict[str, Bulletin]], table: Table, as_csv: bool) -> None:
    """Masked: what is left of a contact is none."""
    made, _ = issued
    content = export(made.at.desk, table, Span(), by="李科员", as_csv=as_csv).content
    text = content.decode() if as_csv else words_of(content)
    assert leaks(text) == []
    assert len(text) > 20
