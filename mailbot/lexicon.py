"""The words that subjects and mail texts are read by: labels, prefixes, tags, courtesies, surnames.

lexicon.toml holds them, so that a new label is a change of data.  Everything is compared after folding
(half width, simplified, lower case), so the file need hold each word once.
"""

from __future__ import annotations

import msgspec

from mailbot.errors import ConfigError


class Labels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words that announce a field.  `other` ones announce what is no field of ours."""

    title: tuple[str, ...]
    unit: tuple[str, ...]
    person: tuple[str, ...]
    liaison: tuple[str, ...]
    contact: tuple[str, ...]
    short_number: tuple[str, ...]
    reviewer: tuple[str, ...]
    signer: tuple[str, ...]
    other: tuple[str, ...]


class Prefixes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands before a colon at the head: of replies, of our own letters, of machines."""

    reply: tuple[str, ...]
    receipt: tuple[str, ...]
    registered: tuple[str, ...]
    """Those of `receipt` that tell of an item on record: its title follows."""
    machine: tuple[str, ...]


class Tags(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Regular expressions for what is dropped when it is a segment of its own."""

    patterns: tuple[str, ...]
    placeholders: tuple[str, ...]


class TopicClass(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One class of content of the notice 二(一), with words that name it."""

    name: str
    words: tuple[str, ...]


class Topics(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Classes of content, and the labels that announce one."""

    labels: tuple[str, ...] = ()
    classes: tuple[TopicClass, ...] = ()


class Courtesy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Regular expressions for wrapping words: at the head, before and after the thing sent, at the tail."""

    front: tuple[str, ...]
    verbs: tuple[str, ...]
    after_unit: tuple[str, ...]
    nouns: tuple[str, ...]
    back: tuple[str, ...]


class People(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What personal names are made of, and what stands around them."""

    surnames: str
    rare_surnames: str
    compound_surnames: tuple[str, ...]
    common_given: str
    transliterated: str = ""
    """Characters of names without a surname: 扎西次仁, 其其格."""
    office_ends: str = ""
    """What ends the name of an office and hardly ever a personal name."""
    not_names: str
    doubtful_names: str
    ranks: tuple[str, ...]
    inner: tuple[str, ...]
    joiners: tuple[str, ...]


class Files(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """File name endings that stray into subjects."""

    extensions: tuple[str, ...]


class Variants(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Traditional characters and their simplified forms, position by position."""

    traditional: str
    simplified: str


class Lexicon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, eq=False):
    """lexicon.toml.  Compared by identity, so that what is compiled from it can be kept."""

    labels: Labels
    weak_labels: tuple[str, ...]
    prefixes: Prefixes
    tags: Tags
    courtesy: Courtesy
    people: People
    files: Files
    variants: Variants
    topics: Topics = Topics()

    def __post_init__(self) -> None:
        if len(self.variants.traditional) != len(self.variants.simplified):
            raise ValueError("variants")

    @classmethod
    def from_data(cls, data: object) -> Lexicon:
        """A lexicon from lexicon.toml as parsed; ConfigError where it does not fit the form."""
        try:
            return msgspec.convert(data, cls)
        except msgspec.ValidationError as error:
            raise ConfigError("lexicon_invalid", reason=error) from error
