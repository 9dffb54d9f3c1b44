"""Labels in a line: words that announce fields (报送单位：, 【报送人】, 报送人及电话：), and how surely."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbot.intake._line import BLANK, CLOSERS, PAIRS, SEPARATORS, Line
from mailbot.intake._vocabulary import Vocabulary

_JOINS_LABELS = re.compile(r" {0,2}(?:及其|以及|及|和|与|或|、|/|&|,|\+|-|_|\|)? {0,2}")
_AFTER_LABEL = re.compile(r" {0,3}[:=]+|(?<=.)(?:为|是) {0,2}[:]?")
_MAIL_ADDRESS = re.compile(r" ?[a-z0-9._+-]+@")
_VALUE_END = re.compile(r"[ ,;|、。/_()\[\]【】《》\x00]")


@dataclass(slots=True)
class Label:
    """A label at text[start:end] announcing fields; `firm` when punctuation proves it."""

    start: int
    end: int
    fields: tuple[str, ...]
    firm: bool
    weak: bool
    glued: bool
    colon: bool
    bracketed: bool
    """Stands in brackets of its own: 【报送人】贾杰, but also 李某（审核）."""


def find_labels(line: Line, inside: bytearray, words: Vocabulary) -> list[Label]:
    """Labels in label position, several joined ones as one."""
    found: list[Label] = []
    done = 0
    for match in words.label.finditer(line.norm):
        if match.start() < done or inside[match.start()]:
            continue
        label = _label(line, match, words)
        runs_on = line.norm[match.end() : match.end() + 1].isalnum()
        if label and not (runs_on and _begins_title(found, label)):
            found.append(label)
            done = label.end
    return found


def _begins_title(found: list[Label], label: Label) -> bool:
    """标题：信息员队伍建设…: right behind an announced title, what nothing proves a label is the title's."""
    if not found or label.firm:
        return False
    before = found[-1]
    return before.fields == ("title",) and before.firm and before.end == label.start


def _label(line: Line, match: re.Match[str], words: Vocabulary) -> Label | None:
    norm = line.norm
    names = [match.group().replace(" ", "")]
    end = match.end()
    while len(names) < 5:
        joint = _JOINS_LABELS.match(norm, end)
        following = words.label.match(norm, joint.end()) if joint else None
        if not following or (joint and joint.end() == end and norm[end - 1 : end] not in "人员位话式"):
            break
        if (
            joint
            and joint.end() == end
            and names[-1] in words.weak_labels
            and norm[following.end() : following.end() + 1] != ":"
        ):
            break
        names.append(following.group().replace(" ", ""))
        end = following.end()
    return _shape(line, match.start(), end, names, words)


def _shape(line: Line, start: int, end: int, names: list[str], words: Vocabulary) -> Label | None:
    norm = line.norm
    weak = all(name in words.weak_labels for name in names)
    before = norm[start - 1] if start else " "
    glued = not (before in SEPARATORS or before == BLANK or before in PAIRS or before in CLOSERS)
    after = _AFTER_LABEL.match(norm, end)
    colon = bool(after and (":" in after.group() or "=" in after.group()))
    bracket = line.pairs.get(start - 1) == end if start else False
    firm = (colon or bracket or names[0] in "☎☏📞📱✆") and not (glued and weak)
    if after and (colon or not weak):
        end = after.end()
    fields = tuple(dict.fromkeys(words.label_kind[name] for name in names))
    if names[0].isascii() and names[0].isalpha() and not firm and (glued or norm[end : end + 1].isalpha()):
        return None
    if fields == ("other",):
        sure = firm or names[0] in ("qq", "微信", "vx", "wx") or _MAIL_ADDRESS.match(norm, end)
        if not sure or "同" in (norm[end : end + 1], before):
            return None
        end = _value_end(line, end)
    return Label(start, end, fields, firm, weak, glued, colon, bracket)


def _value_end(line: Line, at: int) -> int:
    norm = line.norm
    while at < len(norm) and norm[at] == " ":
        at += 1
    match = _VALUE_END.search(norm, at)
    return match.start() if match else len(norm)
