"""What must hold of every run that met a fault."""

from __future__ import annotations

from e2e.tree import Outcome

_TRACES = ("Traceback", "most recent call", "INTERNALERROR")


def no_traceback(outcome: Outcome) -> None:
    """Assert that nobody is shown a traceback."""
    for text in (outcome.stdout, outcome.stderr):
        shown = [trace for trace in _TRACES if trace in text]
        assert not shown, text


def could_not_look(outcome: Outcome, module: str, code: str) -> str:
    """Assert that every live check is the same error, told in one line. Returns the line.

    Of other modules on the host that could not be looked at, it is told shortly.
    """
    no_traceback(outcome)
    assert outcome.returncode == 1, outcome.stderr
    found = outcome.modules[module]
    assert found["verdict"] == "error"
    assert found["observed"] is None
    live = [one for one in found["checks"] if one["group"] in {"health", "smoke"}]
    assert live
    assert {(one["verdict"], one["code"]) for one in live} == {("error", code)}, live
    shortly = f"could not be looked at; '{module}' says why"
    (message,) = {one["message"] for one in live if not one["message"].endswith(shortly)}
    assert "\n" not in message
    # What people read has the line too, with its code.
    assert message in outcome.stderr
    assert code in outcome.stderr
    return str(message)
