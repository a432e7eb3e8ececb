"""Variables that Compose fills into a text, and whose value is not known where it is judged."""

from __future__ import annotations

import re
from typing import Final

_VARIABLE: Final = re.compile(
    r"\$\$|\$\{([A-Za-z_]\w*)(:?[-+?](?:[^{}]|\{[^{}]*\})*)?\}|\$([A-Za-z_]\w*)"
)
_MARK: Final = "placeholder-"


def unvalued(written: str | None, text: str) -> list[str]:
    """Give the variables of a text that have neither a value nor a default.

    ``written`` is the text before interpolation, with doubled dollars, and ``text`` after it.

    >>> unvalued("mc mb a ${B:?}", "mc mb a placeholder-B"), unvalued("$$a ${B:-c}", "$a c")
    (['B'], [])
    >>> unvalued("${A} mc mb a", " mc mb a"), unvalued("${A} mb a", "mc mb a")
    (['A'], [])
    """
    if written is None:
        return [_MARK] if _MARK in text else []
    found = [one for one in _VARIABLE.finditer(written) if one[0] != "$$"]
    told = re.fullmatch(_pattern(written), text, re.DOTALL)
    values = told.groups() if told else ("",) * len(found)
    pairs = zip(found, values, strict=True)
    return [
        one[1] or one[3]
        for one, value in pairs
        if (not value or _MARK in value) and not _has_default(one)
    ]


def marked(written: str | None, text: str) -> str:
    """Give a text with a mark in the place of each variable that is blank for want of a value.

    >>> marked("${SQL}", ""), marked("s/${B}", "s/"), marked("${A:-}", ""), marked("${A}", "x")
    ('placeholder-SQL', 's/placeholder-B', '', 'x')
    """
    rendered = None if written is None else re.fullmatch(_pattern(written), text, re.DOTALL)
    if written is None or rendered is None:
        return text
    pieces, at = [], 0
    found = [one for one in _VARIABLE.finditer(written) if one[0] != "$$"]
    for number, one in enumerate(found, 1):
        if not rendered[number] and not _has_default(one):
            pieces += [text[at : rendered.start(number)], _MARK, one[1] or one[3]]
            at = rendered.end(number)
    return "".join([*pieces, text[at:]])


def _has_default(variable: re.Match[str]) -> bool:
    return (variable[2] or "").lstrip(":")[:1] in {"-", "+"}


def _pattern(written: str) -> str:
    """Give the pattern of what Compose makes of a text: one group for each variable."""
    parts, at = [], 0
    for one in _VARIABLE.finditer(written):
        parts.append(re.escape(written[at : one.start()]))
        parts.append(re.escape("$") if one[0] == "$$" else "(.*?)")
        at = one.end()
    return "".join([*parts, re.escape(written[at:])])
