"""What the words of a ``curl`` say about it."""

from __future__ import annotations

from typing import Final

_SENDS: Final = frozenset(
    {"-X", "--request", "-d", "-F", "--form", "-T", "--upload-file", "--json", "-o", "-O"}
    | {"--output", "--remote-name", "--data", "--data-raw", "--data-binary", "--data-urlencode"}
)
_VALUES: Final = frozenset("AbcCDdeEFHhKmoPQrTtuUwXxYyz")


def changes(words: tuple[str, ...]) -> bool:
    """Say whether a ``curl`` sends or saves something, other than asking with ``GET``."""
    options = options_of(words)
    reads = {"GET", "HEAD", "/dev/null", "-"}
    return any(options.get(name, "GET") not in reads for name in _SENDS)


def options_of(words: tuple[str, ...]) -> dict[str, str]:
    """Give the options of ``curl`` with their values, clusters like ``-fsSLo x`` taken apart."""
    found: dict[str, str] = {}
    for at, word in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else ""
        if word.startswith("--"):
            name, _, value = word.partition("=")
            found[name] = value or following
        elif word.startswith("-"):
            found |= _cluster(word[1:], following)
    return found


def _cluster(letters: str, following: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for at, letter in enumerate(letters):
        if letter in _VALUES:
            return found | {f"-{letter}": letters[at + 1 :] or following}
        found[f"-{letter}"] = " "
    return found


def accepts_errors(words: tuple[str, ...], expansions: list[str], *, read: bool = False) -> bool:
    """Say whether a ``curl`` succeeds although the server answers with an error.

    ``read`` says that something reads the output, and with it a status that ``-w`` writes;
    ``expansions`` are those words that the shell still fills in.
    """
    if words[:1] != ("curl",) or _unknown_options(expansions):
        return False
    options = options_of(words)
    told = {"-f", "--fail", "--fail-with-body", "-K", "--config", "-V", "--version", "--help"}
    reports = options.get("-w", "") + options.get("--write-out", "")
    return not told & options.keys() and not (read and "_code" in reports)


def _unknown_options(expansions: list[str]) -> bool:
    """Say whether an expansion may hold options, as ``$CURL_OPTIONS`` or ``"${options[@]}"``."""
    names = ("OPT", "ARG", "FLAG")
    return any("[@]" in text or any(name in text.upper() for name in names) for text in expansions)
