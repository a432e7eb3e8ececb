"""The truth table of services and jobs: what was declared against what was seen. Pure."""

from __future__ import annotations

from pytest_platform.module.forms import ExpectedState
from pytest_platform.module.infer import UNDECIDED
from pytest_platform.swarm.one_shots import judge_one_shot
from pytest_platform.swarm.running import MISSING, judge_service
from pytest_platform.swarm.seen import ENDED, Seen, SwarmExpectation, succeeded
from pytest_platform.swarm.services import NAMESPACE
from pytest_platform.verdict import Finding


def judge(expected: SwarmExpectation, seen: Seen) -> list[Finding]:
    """Compare; return what is wrong, the worst first. Empty when all is as declared."""
    if seen.service is None:
        message = f"{_missing(expected, seen)}; deploy it: {expected.deploy}"
        return [Finding(MISSING, message, "a service", "none")]
    if expected.state is ExpectedState.EXITED_SUCCESS:
        return list(judge_one_shot(expected, seen, seen.service))
    if expected.undecided and seen.newest and all(map(succeeded, seen.newest)):
        return [_undecided(expected)]
    return list(judge_service(expected, seen, seen.service))


def _missing(expected: SwarmExpectation, seen: Seen) -> str:
    if seen.unlabelled:
        return (
            f"the service {seen.unlabelled} runs and is not of the stack '{seen.stack}', as it has "
            f"no label {NAMESPACE}={seen.stack}"
        )
    if seen.stack in seen.stacks:
        return f"the stack '{seen.stack}' has no service '{expected.service}' in the Swarm"
    known = f"its stacks: {', '.join(seen.stacks)}" if seen.stacks else "it has none"
    return f"the Swarm has no stack '{seen.stack}' ({known})"


def settled(expected: SwarmExpectation, seen: Seen) -> bool:
    """Tell whether waiting longer is of no use: all is well, or a one-shot has failed for good."""
    if not judge(expected, seen):
        return True
    ends = expected.state is ExpectedState.EXITED_SUCCESS or expected.undecided
    if not ends or not seen.newest:
        return False
    return all(one.state in ENDED for one in seen.newest)


def _undecided(expected: SwarmExpectation) -> Finding:
    message = (
        f"all tasks of '{expected.service}' exited 0, and nothing says whether it is to end: give "
        "it deploy.mode replicated-job if it is a one-shot, or write x-platform: "
        "{expected_state: running} into the service if it is not"
    )
    return Finding(UNDECIDED, message, "a declared state", "exited 0")
