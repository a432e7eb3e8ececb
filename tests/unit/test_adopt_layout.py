"""How ``adopt`` lays out what it writes."""

from __future__ import annotations

from pytest_platform.adopt.layout import YamlLine, joined


def test_reasons_stand_in_one_column_and_long_ones_above_their_line() -> None:
    lines = [
        YamlLine("spec:"),
        YamlLine("  runtime: {service: web}", "short"),
        YamlLine("  state: running", "two\n lines"),
        YamlLine("  requires: [db]", "x" * 80),
    ]
    assert joined(lines).splitlines() == [
        "spec:",
        "  runtime: {service: web}  # short",
        "  state: running           # two lines",
        f"  # {'x' * 80}",
        "  requires: [db]",
    ]


def test_a_column_moves_no_comment_over_the_edge() -> None:
    lines = [YamlLine("a" * 60, "y"), YamlLine("b", "z" * 40)]
    assert joined(lines).splitlines() == [f"{'a' * 60}  # y", f"# {'z' * 40}", "b"]
