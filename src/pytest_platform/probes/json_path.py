"""What JSON must hold: a path (RFC 9535), and matchers for each value that it finds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

from msgspec import Meta

from pytest_platform.errors import PlatformError
from pytest_platform.module.forms import Text
from pytest_platform.probes.matchers import Matchers, mismatches, shown
from pytest_platform.verdict import Finding


class TooDeep(PlatformError):
    """JSON is nested deeper than can be looked at."""

    code = "matcher.too_deep"


class JsonValue(Matchers, frozen=True, kw_only=True):
    """A path into JSON, and what each value there must be like. No value at all fails."""

    path: Annotated[
        Text,
        Meta(
            description=(
                "A JSON path (RFC 9535). Text is matched as it is, "
                "anything else as it is written in JSON."
            ),
            examples=["$.status"],
        ),
    ]

    def __post_init__(self) -> None:
        super().__post_init__()
        _compiled(self.path)


def json_mismatches(
    values: tuple[JsonValue, ...], text: str, *, code: str, what: str
) -> Iterator[Finding]:
    """Compare JSON text with what is expected; ``what`` names it, for example ``body``."""
    if not values:
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"{what} is not JSON: {error}"
        yield Finding(code, message, "JSON", shown(text))
        return
    for value in values:
        nodes = _found(value.path, document)
        if not nodes:
            message = f"{what} has nothing at {value.path}"
            yield Finding(code, message, f"a value at {value.path}", shown(text))
        for node in nodes:
            yield from mismatches(value, node, code=code, what=f"{what} at {value.path}")


def _found(path: str, document: Any) -> list[str]:
    """Return the text of each value at a path.

    Raises:
        TooDeep: the document is nested deeper than can be looked at.
    """
    import jsonpath_rfc9535

    try:
        return [_text(value) for value in _compiled(path).find(document).values()]
    except (jsonpath_rfc9535.JSONPathRecursionError, RecursionError):
        message = f"the JSON is nested too deep to look for {path}"
        raise TooDeep(message) from None


def _compiled(path: str) -> Any:
    """Compile a path.

    Raises:
        ValueError: it is not one.
    """
    import jsonpath_rfc9535

    environment = jsonpath_rfc9535.JSONPathEnvironment()
    for unbounded in ("match", "search"):  # their regular expressions may take for ever
        del environment.function_extensions[unbounded]
    try:
        return environment.compile(path)
    except jsonpath_rfc9535.JSONPathError as error:
        message = f"'{path}' is not a JSON path: {error}"
        raise ValueError(message) from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
