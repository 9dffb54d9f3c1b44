"""Which styles of a .docx hide their text, and how its attributes are read."""

from __future__ import annotations

from mailbot.intake._package import Package, parse_xml

_OFF = frozenset({"0", "false", "off"})
_MOST_ANCESTORS = 12


def attribute(attributes: dict[str, str], local: str) -> str:
    for name, value in attributes.items():
        if name.rpartition(" ")[2] == local:
            return value
    return ""


def is_on(attributes: dict[str, str]) -> bool:
    return attribute(attributes, "val").lower() not in _OFF or not attributes


def hidden_styles(package: Package, name: str) -> frozenset[str]:
    """Ids of styles that hide their text (w:vanish, also inherited): pasted web forms bring such."""
    data = package.read(name) if name else b""
    if b"vanish" not in data:
        return frozenset()
    reader = _StyleReader()
    parse_xml(data, reader.start)
    return reader.hidden()


class _StyleReader:
    """Collects which styles say w:vanish, and what each is based on."""

    def __init__(self) -> None:
        self._style = ""
        self._vanish: dict[str, bool] = {}
        self._parent: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local == "style":
            self._style = attribute(attributes, "styleId")
        elif local == "basedOn":
            self._parent[self._style] = attribute(attributes, "val")
        elif local == "vanish":
            self._vanish[self._style] = is_on(attributes)

    def hidden(self) -> frozenset[str]:
        return frozenset(style for style in {*self._vanish, *self._parent} if style and self._hides(style))

    def _hides(self, style: str) -> bool:
        for _ in range(_MOST_ANCESTORS):
            if style in self._vanish:
                return self._vanish[style]
            style = self._parent.get(style, "")
        return False
