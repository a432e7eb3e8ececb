"""The names of hosts, and which host is meant where several are named."""

from __future__ import annotations

import pytest

from pytest_platform.errors import UsageError
from pytest_platform.hosts.inventory import HostPlace, Inventory, read_names

NAMES = {"nas": "ada@nas.example:2222", "web": "web.example"}


@pytest.mark.parametrize(
    ("chosen", "declared", "default", "expected"),
    [
        ("", None, "", None),
        ("", None, "nas", HostPlace("nas", "ada@nas.example:2222")),
        ("", "web", "nas", HostPlace("web", "web.example")),
        ("nas", "web", "other", HostPlace("nas", "ada@nas.example:2222")),
        ("other", "web", "nas", HostPlace("other", "other")),
        ("", "web.example", "", HostPlace("web", "web.example")),
    ],
)
def test_who_wins(
    chosen: str, declared: str | None, default: str, expected: HostPlace | None
) -> None:
    assert Inventory(NAMES, chosen, default).find(declared) == expected


def test_lines_are_read() -> None:
    lines = ["nas = ada@nas.example:2222", "web=web.example"]
    assert read_names(lines, "ini") == NAMES


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["nas"], "ini: 'nas' is not of the form: name = "),
        (["= nas"], "is not of the form"),
        (["a b = nas"], "is not of the form"),
        (["nas = one", "nas = two"], "ini: the host 'nas' is there twice"),
        (["nas ="], "ini: '' is no destination"),
        (["nas = -oProxyCommand=touch"], "is no destination"),
        (["nas = ada@-oProxyCommand=touch"], "is no destination"),
        (["nas = $(touch x)"], "is no destination"),
        (["nas = a b"], "is no destination"),
        (["nas = 'a'"], "is no destination"),
        (["nas = a\nb"], "is no destination"),
    ],
)
def test_a_bad_line(lines: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_names(lines, "ini")
    assert message in str(caught.value)
