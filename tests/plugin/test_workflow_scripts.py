"""The scripts of the workflows do what they should, and nothing that they are told by inputs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from e2e.waiting import until
from plugin.project import invalid
from plugin.workflow import Recorder, Runner, check_out, scripts

CHECK = "Check the contracts of all modules"
SUMMARISE = "Summarise"
SMOKE = "Test the modules that the change touches"
APPLY = "Run it again, if the guard allows it"
BENIGN = {
    "MODULE": "minio-init",
    "ALLOW_STATEFUL": "true",
    "BACKUP_REF": "/srv/backups/minio-20260517T010847Z.tar.gz",
    "STATEFUL_CONFIRM": "BACKUP_DONE_F3",
    "REMOTE_MODE": "skip",
    "SSH_HOST": "",
    "SSH_KNOWN_HOSTS": "",
    "SSH_KEY": "",
}
HOSTILE = {
    "ends-the-quotes": '"; touch made; echo "',
    "ends-single-quotes": "'; touch made; echo '",
    "substitution": "$(touch made)",
    "backticks": "`touch made`",
    "new-line": "minio-init\ntouch made\n",
    "operators": "minio-init && touch made || touch made | touch made & touch made > made",
    "option": "--apply",
    "option-with-value": "--rootdir=/",
    "glob": "*",
    "arithmetic": "x[$(touch made)]",
    "end-of-options": "--",
    "variable": "$SSH_KEY",
    "brace": "{touch,made}",
}
INPUTS = ("MODULE", "ALLOW_STATEFUL", "BACKUP_REF", "STATEFUL_CONFIRM", "SSH_HOST")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a clean checkout of this repository."""
    return check_out(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """Make what stands in for ``python``."""
    return Recorder(tmp_path / "recorder")


def recording(folder: Path, recorder: Recorder) -> Runner:
    """Make a runner whose ``python`` writes down how it was called."""
    return Runner(folder, {"PATH": f"{recorder.path}{os.pathsep}{os.environ['PATH']}"})


def test_the_contract_job(checkout: Path, tmp_path: Path) -> None:
    """All of it but the download: the package is built, installed, run, and the run is told."""
    steps = scripts("gate", "contract")
    download, install = steps["Install"].splitlines()
    assert "--require-hashes --requirement requirements/demo.txt" in download
    site, summary = tmp_path / "site", tmp_path / "summary.md"
    offline = {"PIP_NO_INDEX": "1", "PIP_TARGET": str(site), "PYTHONPATH": str(site)}
    runner = Runner(checkout, {**offline, "GITHUB_STEP_SUMMARY": str(summary)})
    done = runner.run(install)
    assert done.code == 0, done.said
    where = runner.run("python -c 'import pytest_platform; print(pytest_platform.__file__)'")
    assert where.said.startswith(str(site)), where.said

    done = runner.run(steps[CHECK])
    assert done.code == 0, done.said
    document = json.loads((checkout / "report.json").read_text(encoding="utf-8"))
    assert invalid(document) == []
    folders = {one.parent.name for one in checkout.glob("modules/*/module.yaml")}
    assert {one["name"] for one in document["platform"]["modules"]} == folders

    assert runner.run(steps[SUMMARISE]).code == 0
    told = summary.read_text(encoding="utf-8")
    row = r"^minio-init +exited-success +not looked at +passed +(-|skipped) +unverified$"
    assert re.search(row, told, re.MULTILINE)


def test_a_broken_module_fails_the_contract_job(checkout: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(checkout, broken)
    (broken / "modules/minio-init/runbook.md").unlink()
    runner = Runner(broken, {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")})
    steps = scripts("gate", "contract")
    done = runner.run(steps[CHECK])
    assert done.code == 1, done.said
    assert runner.run(steps[SUMMARISE]).code == 0
    told = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert r"- **minio\-init::contract::runbook**".replace("::", r"\:\:") in told, told
    assert re.search(r"^minio-init .* failed$", told, re.MULTILINE)


@pytest.mark.parametrize("branch", ["main", "x; touch made", "$(touch made)", "--all", "a b"])
def test_the_smoke_job(checkout: Path, recorder: Recorder, branch: str) -> None:
    runner = recording(checkout, recorder)
    assert runner.run(scripts("gate", "smoke")[SMOKE], {"BASE_REF": branch}).code == 0
    argv = recorder.recorded()["argv"]
    assert argv[:3] == ["-m", "pytest", f"--changed-since=origin/{branch}"]
    assert argv[3:5] == ["--stack=ephemeral", "--remote-mode=local"]
    assert not (checkout / "made").exists()


def given(argv: list[str]) -> dict[str, str]:
    """Return what each input became on pytest's command line."""
    options = {word.partition("=")[0]: word.partition("=")[2] for word in argv[2:]}
    return {
        "MODULE": options["--module"],
        "BACKUP_REF": options["--backup-ref"],
        "STATEFUL_CONFIRM": options["--stateful-confirm"],
        "SSH_HOST": options["--ssh-host"],
        "ALLOW_STATEFUL": "true" if "--allow-stateful" in options else "false",
    }


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
def test_inputs_stay_data(checkout: Path, recorder: Recorder, value: str) -> None:
    """Each input arrives as it was typed, as the value of its own option."""
    before = sorted(checkout.rglob("*"))
    script = scripts("apply", "apply")[APPLY]
    env = {**BENIGN, **dict.fromkeys(INPUTS, value)}
    done = recording(checkout, recorder).run(script, env)
    assert (done.code, done.said) == (0, "")
    recorded = recorder.recorded()
    argv = recorded["argv"]
    expected = {**dict.fromkeys(INPUTS, value), "ALLOW_STATEFUL": "false"}
    assert given(argv) == expected
    fixed = ["-m", "pytest", "--apply", "--remote-mode=skip", "--json=report.json"]
    assert [word for word in argv if not word.endswith(f"={value}")] == fixed
    assert "SSH_KEY" not in recorded["env"]
    assert sorted(checkout.rglob("*")) == before


def test_benign_inputs(checkout: Path, recorder: Recorder) -> None:
    done = recording(checkout, recorder).run(scripts("apply", "apply")[APPLY], BENIGN)
    assert (done.code, done.said) == (0, "")
    argv = recorder.recorded()["argv"]
    assert given(argv) == {name: BENIGN[name] for name in INPUTS}


def test_the_key_stays_in_the_agent(checkout: Path, recorder: Recorder, tmp_path: Path) -> None:
    """It is in no file and in no environment, and the agent is gone afterwards."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    env = {"SSH_KEY": key.read_text(), "SSH_KNOWN_HOSTS": "host ssh-ed25519 AAAA"}
    runner = recording(checkout, recorder)
    runner.env["TMPDIR"] = str(tmp_path / "tmp")
    (tmp_path / "tmp").mkdir()
    script = scripts("apply", "apply")[APPLY]
    done = runner.run(script, {**BENIGN, **env, "REMOTE_MODE": "ssh", "SSH_HOST": "admin@host"})
    assert (done.code, done.said) == (0, "")
    recorded = recorder.recorded()
    seen = recorded["env"]
    assert "--ssh-host=admin@host" in recorded["argv"]
    assert env["SSH_KEY"] not in seen.values()
    assert seen["PYTEST_PLATFORM_SSH_CONFIG"].startswith(str(tmp_path / "tmp"))
    # Nothing is left: no key, no settings, no values, and soon no agent.
    agent = Path(seen["SSH_AUTH_SOCK"])
    until(lambda: not agent.exists(), "the agent has removed its socket")
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.fixture
def real(checkout: Path) -> Runner:
    """Make a runner with the real pytest."""
    return Runner(checkout, {})


@pytest.mark.parametrize("name", ["ends-the-quotes", "new-line", "option", "glob"])
def test_the_guard_refuses_such_a_module(real: Runner, name: str) -> None:
    (real.folder / "report.json").unlink(missing_ok=True)
    done = real.run(scripts("apply", "apply")[APPLY], {**BENIGN, "MODULE": HOSTILE[name]})
    document = json.loads((real.folder / "report.json").read_text(encoding="utf-8"))
    if name == "glob":
        codes = {
            reason["code"]
            for one in document["platform"]["modules"]
            if "plan" in one
            for reason in one["plan"]["reasons"]
        }
        assert (done.code, "guard.module" in codes) == (1, True), done.said
    else:
        assert done.code == 4, done.said
        assert "there is no module" in document["platform"]["error"]["message"], done.said
    assert not (real.folder / "made").exists()


def test_the_guard_refuses_such_words(real: Runner) -> None:
    """They are judged as they are, and the mode alone keeps anything from being run."""
    hostile = {"BACKUP_REF": HOSTILE["substitution"], "STATEFUL_CONFIRM": HOSTILE["new-line"]}
    done = real.run(scripts("apply", "apply")[APPLY], {**BENIGN, **hostile})
    document = json.loads((real.folder / "report.json").read_text(encoding="utf-8"))
    (module,) = document["platform"]["modules"]
    assert (done.code, module["plan"]["decision"], module["apply"]["ran"]) == (1, "refused", False)
    codes = {reason["code"] for reason in module["plan"]["reasons"]}
    assert codes == {"guard.remote_mode", "guard.backup"}
    assert not (real.folder / "made").exists()
