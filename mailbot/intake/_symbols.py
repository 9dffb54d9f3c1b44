"""Characters that Word keeps as a number in a symbol font (w:sym, sprmCSymbol), as Unicode."""

from __future__ import annotations

_WINGDINGS = {
    0x28: "☎", 0x2A: "✉", 0x6C: "●", 0x6E: "■", 0x6F: "□", 0x71: "□", 0x72: "□", 0x75: "◆", 0x9F: "•",
    0xA8: "□", 0xAB: "★", 0xD8: "➢", 0xE0: "→", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
_WINGDINGS_2 = {0x4F: "✗", 0x50: "✓", 0x52: "☑", 0x54: "☒", 0x97: "●", 0xA3: "□"}
_SYMBOL = {0xA3: "≤", 0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xB4: "×", 0xB7: "•", 0xB8: "÷", 0xAE: "→"}
_TABLES = {"wingdings 2": _WINGDINGS_2, "symbol": _SYMBOL}
UNKNOWN = "□"


def symbol(font: str, code: str) -> str:
    """The character for a font's name and its number in hexadecimal; a box where it is not known here."""
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    if 0x20 <= number <= 0xFF or 0xF000 <= number <= 0xF0FF:
        return _TABLES.get(font.lower(), _WINGDINGS).get(number & 0xFF, UNKNOWN)
    return chr(number) if 0x20 <= number < 0xD800 or 0xF900 <= number < 0xFFFE else UNKNOWN
