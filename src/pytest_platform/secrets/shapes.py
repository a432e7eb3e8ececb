"""Which values are secret, or public, by their shape alone."""

from __future__ import annotations

import re
from typing import Final

SECRET: Final = {
    "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY|\bAGE-SECRET-KEY-1[0-9A-Z]{20,}",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,})",
    "a GitLab token": r"\bgl(?:pat|dt|rt|cbt|ptt|oas|soat|agent)-[\w-]{20,}",
    "a Slack token": r"\bx(?:ox[abeprs]|app)-[A-Za-z0-9-]{10,}",
    "a Slack webhook": r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/-]{10,}",
    "a webhook URL": (
        r"discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d+/[\w-]+"
        r"|\bwebhook\.office\.com/webhookb2/[^\s'\"]+"
        r"|chat\.googleapis\.com/v1/spaces/[^\s'\"]+[?&]key=[^\s'\"]+"
        r"|hooks\.zapier\.com/hooks/catch/\w+/\w+"
        r"|maker\.ifttt\.com/trigger/\w+/(?:json/)?with/key/[\w-]+"
        r"|/hooks/[a-z0-9]{26}\b|/api/push/\w{10,}"
    ),
    "the token in a notification URL": (
        r"\b(?:discord|slack|telegram|tgram|teams|msteams|pushover|pover|gotifys?|pushbullet|pbul"
        r"|matrixs?|mattermost|mmosts?|rocketchat|rockets?|zulip|opsgenie|ifttt|googlechat|bark)"
        r"://[^\s'\"$`/@]{6,}[@/][^\s'\"]*"
    ),
    "a Telegram token": r"\b\d{8,10}:AA[\w-]{30,}",
    "a JSON Web Token": r"\beyJ[\w-]{8,}\.eyJ[\w-]{4,}\.[\w-]*",
    "a Docker Hub token": r"\bdckr_(?:pat|oat)_[\w-]{16,}",
    "an npm token": r"\bnpm_[A-Za-z0-9]{30,}",
    "a PyPI token": r"\bpypi-AgE[\w-]{20,}",
    "a SendGrid key": r"\bSG\.[\w-]{16,}\.[\w-]{16,}",
    "an API key": (
        r"\bsk-(?:(?:proj|svcacct|admin|ant|or)-[\w-]{16,}|[A-Za-z0-9]{32,})"
        r"|\b(?:dop_v1_[0-9a-f]{40,}|tskey-[\w-]{16,}|hvs\.[\w-]{20,}|hf_[A-Za-z]{30,}"
        r"|gls[ac]_\w{20,}|shpat_[0-9a-fA-F]{20,}|whsec_[A-Za-z0-9+/=]{20,}|lin_api_\w{20,})"
    ),
    "a Google API key": r"\bAIza[\w-]{35}",
    "a Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{16,}",
    "a hash of a password": r"\$(?:apr1|2[abxy])\$[^\s$]+\$?[^\s$]*",
}
"""What a shape is, and its regular expression."""

SHAPES: Final = {what: re.compile(shape) for what, shape in SECRET.items()}
_ANY: Final = re.compile("|".join(SECRET.values()))
_BLOCK: Final = re.compile(
    r"(-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----).*?(?=-----END|\Z)", re.DOTALL
)
_HEADER: Final = re.compile(r"\b(?:Bearer|Basic)[ ]+([A-Za-z0-9._~+/-]{16,}=*)")
_URL: Final = re.compile(r"(?<=://)([^\s:/?#@]*):([^\s/?#]+)@")

_WORD: Final = re.compile(r"[A-Za-z]+(?:[-_.][A-Za-z]+)*")
_HOST: Final = r"(?:(?:[a-z0-9]|[a-z0-9][a-z0-9-]{0,40}[a-z0-9])\.)+[a-z]{2,12}|localhost"
_IP: Final = (
    r"(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?|\[?(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}\]?"
)
_PORT: Final = r"(?::\d{1,5})?"
_SEGMENT: Final = r"[\w.@%+=-]{0,40}"
_PUBLIC: Final = re.compile(
    r"true|false|yes|no|on|off|null|none|nil"
    r"|[+-]?\d{1,10}(?:\.\d{1,6})?%?|0x[0-9a-fA-F]{1,8}"
    r"|(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d|w|y))+"
    r"|\d+(?:\.\d+)?\s?[kKmMgGtT]?i?[bB]?"
    r"|\d{1,5}(?:[-:,]\d{1,5})+(?:/(?:tcp|udp|sctp))?|\d{1,5}/(?:tcp|udp|sctp)"
    r"|v?\d+(?:\.\d+)+(?:-[a-z0-9.]{1,20})?"
    rf"|(?:{_HOST}|{_IP}){_PORT}|[a-z][a-z0-9-]{{0,30}}:\d{{2,5}}"
    rf"|[a-z][a-z0-9+.-]{{1,20}}://(?:{_HOST}|{_IP}|[a-z][a-z0-9_-]{{0,40}}){_PORT}(?:/{_SEGMENT})*"
    r"|(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc|US)"
    r"(?:/[A-Za-z0-9_+-]+){1,2}|UTC|GMT|C|POSIX|[a-z]{2}(?:_[A-Z]{2})?\.(?:UTF|utf)-?8"
    rf"|(?:{_HOST}){_PORT}(?:/[a-z]{{1,24}}(?:[._-][a-z]{{1,24}}){{0,3}}){{1,3}}"
    r"|[\w./-]+@sha256:[0-9a-f]{64}|sha256:[0-9a-f]{64}"
    r"|(?:[a-z0-9][a-z0-9._-]*(?::\d+)?/)*[a-z0-9][a-z0-9._-]*"
    r":(?:v?\d{1,4}(?:[._-][\w.-]{1,40})?|latest|stable|edge|main|nightly|alpine|slim)"
)
_PATH: Final = re.compile(rf"(?:\.{{1,2}}|~|[A-Z]:)?/?(?:{_SEGMENT}[/])+{_SEGMENT}|\.{{1,2}}|~|/")
_RANDOM: Final = re.compile(r"(?=\S*[0-9])(?=\S*[a-z])(?=\S*[A-Z])[A-Za-z0-9+=_-]{12,}")


def is_word(value: str) -> bool:
    """Return whether a value is a word such as people use in names and sentences.

    >>> is_word("postgres"), is_word("correct-horse"), is_word("hunter22")
    (True, True, False)
    """
    return _WORD.fullmatch(value) is not None


def is_public(value: str) -> bool:
    """Return whether a value is public by its shape, whatever its name.

    >>> is_public("Europe/Berlin"), is_public("redis:7.2"), is_public("Kq7vXw2Zr9TbNm4")
    (True, True, False)
    >>> is_public("ghcr.io/acme/web"), is_public("chat.example/hooks/7f3a9c1e")
    (True, False)
    """
    text = value.strip()
    return not text or _PUBLIC.fullmatch(text) is not None or _is_path(text)


def _is_path(text: str) -> bool:
    starts = text.startswith(("/", "./", "../", "~/")) or text in {".", "..", "~"}
    if not starts or _PATH.fullmatch(text) is None:
        return False
    return not any(_RANDOM.fullmatch(one) for one in text.split("/"))


def find(text: str) -> list[tuple[int, int]]:
    """Return from where to where secrets stand in a text that their shape alone gives away.

    Of a URL it is the password, of a header what follows ``Bearer`` or ``Basic``.
    """
    spans: list[tuple[int, int]] = []
    if "PRIVATE KEY" in text:
        spans += [(found.end(1), found.end()) for found in _BLOCK.finditer(text)]
    if "://" in text:
        spans += [found.span(2) for found in _URL.finditer(text)]
    spans += [found.span(1) for found in _HEADER.finditer(text)]
    spans += [found.span() for found in _ANY.finditer(text) if "PRIVATE KEY" not in found[0]]
    return spans
