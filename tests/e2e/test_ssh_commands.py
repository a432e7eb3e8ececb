"""Commands over a real sshd: what goes in, what comes out, and what is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from e2e.conftest import NewSshd
from e2e.sshd import Sshd
from e2e.tree import environment
from e2e.waiting import until
from pytest_platform.hosts.ssh.client import Ssh
from pytest_platform.hosts.ssh.errors import SshError
from pytest_platform.hosts.transport import CommandMissing, CommandTimeout

pytestmark = pytest.mark.e2e

TIMEOUT = 60.0
NASTY = [
    "",
    " ",
    "a b",
    "'",
    '"',
    "\\",
    "\\n",
    "a\nb",
    "$(id)",
    "`id`",
    "$HOME",
    "*",
    "-n",
    "é",
    "!",
]
HOLDER = """\
import sys
from pathlib import Path
from pytest_platform.hosts.ssh.client import Ssh
host = Ssh(sys.argv[1], connect_timeout=60, config=Path(sys.argv[2]))
host.address("127.0.0.1", 1)
print(Path(host.address("127.0.0.1", 1)).parent, flush=True)
host.run(["sh", "-c", "echo $$ >" + sys.argv[3] + "; exec sleep 600"], timeout=600)
"""


@pytest.fixture(scope="module")
def sshd(new_sshd: NewSshd) -> Sshd:
    return new_sshd()


@pytest.fixture(scope="module")
def host(sshd: Sshd) -> Iterator[Ssh]:
    one = _over(sshd)
    yield one
    one.close()


def _over(sshd: Sshd, destination: str = "", config: Path | None = None) -> Ssh:
    return Ssh(destination or sshd.alias, connect_timeout=TIMEOUT, config=config or sshd.config)


def test_stdout_and_stderr_are_apart(host: Ssh) -> None:
    script = "printf out; printf err >&2; exit 3"
    result = host.run(["sh", "-c", script], timeout=TIMEOUT)
    assert (result.returncode, result.stdout, result.stderr) == (3, "out", "err")


@pytest.mark.parametrize("code", [0, 1, 126, 127, 254, 255])
def test_an_exit_code_is_the_commands_own(host: Ssh, code: int) -> None:
    assert host.run(["sh", "-c", f"exit {code}"], timeout=TIMEOUT).returncode == code


def test_a_command_that_is_killed(host: Ssh) -> None:
    result = host.run(["sh", "-c", "kill -9 $$"], timeout=TIMEOUT)
    assert result.returncode == 128 + signal.SIGKILL


def test_words_arrive_as_they_are(host: Ssh) -> None:
    result = host.run(["printf", "%s\\0", *NASTY], timeout=TIMEOUT)
    assert result.stdout.split("\0")[:-1] == NASTY


def test_the_environment_arrives_as_it_is(host: Ssh) -> None:
    env = {f"NASTY_{number}": word for number, word in enumerate(NASTY)}
    result = host.run(["env", "-0"], timeout=TIMEOUT, env=env)
    seen = dict(line.split("=", 1) for line in result.stdout.split("\0") if line)
    assert {name: seen[name] for name in env} == env


def test_much_in_both_directions(host: Ssh) -> None:
    word = "x" * 100_000
    result = host.run(["printf", "%s", *[word] * 5], timeout=TIMEOUT)
    assert len(result.stdout) == 500_000


def test_of_much_output_the_beginning_is_kept(host: Ssh) -> None:
    script = "printf begin; head -c 20000000 /dev/zero; printf short >&2; exit 3"
    result = host.run(["sh", "-c", script], timeout=TIMEOUT, limit=1000)
    assert (result.returncode, len(result.stdout), result.stderr) == (3, 1000, "short")
    assert result.stdout.startswith("begin")
    assert result.cut == {"stdout"}


def test_how_it_ended_is_known_behind_much_of_errors(host: Ssh) -> None:
    script = "head -c 20000000 /dev/zero >&2; exit 3"
    result = host.run(["sh", "-c", script], timeout=TIMEOUT, limit=1000)
    assert (result.returncode, result.stdout, len(result.stderr)) == (3, "", 1000)
    assert result.cut == {"stderr"}


@pytest.mark.parametrize("limit", [4, 3])
def test_the_limit_is_that_of_the_output_itself(host: Ssh, limit: int) -> None:
    result = host.run(["printf", "four"], timeout=TIMEOUT, limit=limit)
    assert result.stdout == "four"[:limit]
    assert result.cut == (frozenset() if limit == 4 else {"stdout"})


def test_no_input_is_waited_for(host: Ssh) -> None:
    assert host.run(["cat"], timeout=TIMEOUT).stdout == ""


@pytest.mark.parametrize("word", ["no-such-program", "/no/such/program", "/etc", "/etc/passwd", ""])
def test_a_program_that_is_not_there(host: Ssh, word: str) -> None:
    with pytest.raises(CommandMissing) as caught:
        host.run([word], timeout=TIMEOUT)
    assert caught.value.code == "command.missing"


def test_a_command_that_is_late_is_ended_there(host: Ssh, tmp_path: Path) -> None:
    number = tmp_path / "number"
    # The child shows that it is not only the first process that ends.
    script = f"sleep 600 & echo $! >{number}; wait"
    with pytest.raises(CommandTimeout) as caught:
        host.run(["sh", "-c", script], timeout=5)
    assert caught.value.code == "command.timeout"
    until(lambda: not _runs(int(number.read_text())), "the command is ended")


def test_it_shows_in_no_list_of_processes(host: Ssh) -> None:
    script = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; echo; echo \"$SECRET\""
    secret = f"hush{os.getpid()}hush"
    result = host.run(["sh", "-c", script], timeout=TIMEOUT, env={"SECRET": secret})
    listed, _, own = result.stdout.strip().rpartition("\n")
    assert own == secret
    assert "pp-ssh-" in listed
    assert secret not in listed


def test_one_login_for_all(sshd: Sshd) -> None:
    before = sshd.logins
    host = _over(sshd)
    with ThreadPoolExecutor(6) as pool:
        results = pool.map(lambda word: host.run(["echo", word], timeout=TIMEOUT), "abcdef")
        assert [result.stdout for result in results] == [f"{word}\n" for word in "abcdef"]
    host.close()
    assert sshd.logins == before + 1


def test_nothing_is_opened_before_it_is_asked_for(sshd: Sshd) -> None:
    before = sshd.log
    _over(sshd).close()
    assert sshd.log == before


def test_the_folder_is_private_and_goes(sshd: Sshd) -> None:
    host = _over(sshd)
    folder = Path(str(host.address("127.0.0.1", 1))).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    host.close()
    host.close()
    assert not folder.exists()
    with pytest.raises(SshError, match="closed"):
        host.run(["true"], timeout=TIMEOUT)


@pytest.mark.parametrize("word", ["x" * 90, "with space", "100%"])
def test_a_folder_that_a_socket_cannot_be_in(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    place = tmp_path / word
    place.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(place))
    host = _over(sshd)
    assert host.run(["echo", "here"], timeout=TIMEOUT).stdout == "here\n"
    host.close()
    assert list(place.iterdir()) == []


def test_closed_from_another_thread(sshd: Sshd, tmp_path: Path) -> None:
    host = _over(sshd)
    began = tmp_path / "began"
    with ThreadPoolExecutor(1) as pool:
        script = f"touch {began}; exec sleep 600"
        running = pool.submit(host.run, ["sh", "-c", script], timeout=600)
        until(began.exists, "the command runs")
        host.close()
        with pytest.raises(SshError):
            running.result()


def test_killed(sshd: Sshd, tmp_path: Path) -> None:
    number = tmp_path / "number"
    argv = [sys.executable, "-c", HOLDER, sshd.alias, str(sshd.config), str(number)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment()) as holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip())
        assert folder.name.startswith("pp-ssh-")
        until(lambda: number.exists() and number.read_text().strip(), "the command runs")
        holder.kill()
    # The connection, the folder, and what ran there: all go without being told.
    until(lambda: not folder.exists(), "the folder is gone")
    until(lambda: not _runs(int(number.read_text())), "the command is ended")
    until(lambda: not _mentioned(str(folder)), "no ssh is left")


def test_a_banner_and_a_noisy_login_shell(new_sshd: NewSshd, tmp_path: Path) -> None:
    rc = tmp_path / ".bashrc"
    rc.write_text("echo noise; echo more noise >&2; printf 'no end of line'\n")
    (tmp_path / "banner").write_text("Authorised users only.\n" * 50)
    noisy = f'ForceCommand . {rc}; exec sh -c "$SSH_ORIGINAL_COMMAND"'
    sshd = new_sshd(lines=(f"Banner {tmp_path / 'banner'}", noisy))
    plain = subprocess.run(
        ["ssh", "-F", str(sshd.config), sshd.alias, "true"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert plain.stdout.startswith("noise\nno end of line")
    assert "Authorised" in plain.stderr
    assert "more noise" in plain.stderr
    host = _over(sshd)
    result = host.run(["sh", "-c", "echo out; echo err >&2"], timeout=TIMEOUT)
    host.close()
    assert (result.stdout, result.stderr) == ("out\n", "err\n")


@pytest.mark.parametrize("stream", [1, 2])
def test_a_login_shell_that_says_very_much(new_sshd: NewSshd, tmp_path: Path, stream: int) -> None:
    rc = tmp_path / ".bashrc"
    rc.write_text(f"head -c 1000000 /dev/zero | tr '\\0' x >&{stream}\n")
    sshd = new_sshd(lines=(f'ForceCommand BASH_ENV={rc} exec bash -c "$SSH_ORIGINAL_COMMAND"',))
    host = _over(sshd)
    result = host.run(["sh", "-c", "echo out; echo err >&2; exit 3"], timeout=TIMEOUT, limit=100)
    host.close()
    assert (result.returncode, result.stdout, result.stderr) == (3, "out\n", "err\n")
    assert not result.cut


def test_a_login_shell_that_never_stops_talking(new_sshd: NewSshd) -> None:
    sshd = new_sshd(lines=("ForceCommand exec yes",))
    host = _over(sshd, config=sshd.client("short", "Host *\n  ConnectTimeout 1"))
    host._connect_timeout = 1.0
    with pytest.raises(SshError) as caught:
        host.run(["true"], timeout=TIMEOUT)
    assert caught.value.code == "ssh.timeout"
    assert host._master is not None
    assert len(host._master._output) <= 64 * 1024


def test_a_command_that_talks_like_ssh_is_not_run_again(host: Ssh, tmp_path: Path) -> None:
    times = tmp_path / "times"
    script = f"echo once >>{times}; echo Session open refused by peer >&2; exit 255"
    result = host.run(["sh", "-c", script], timeout=TIMEOUT)
    assert (result.returncode, result.stderr) == (255, "Session open refused by peer\n")
    assert times.read_text() == "once\n"


@pytest.mark.skipif(os.getuid() != 0, reason="only root is let in where nothing can be made")
def test_no_folder_can_be_made(sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/proc")
    with pytest.raises(SshError) as caught:
        _over(sshd).run(["true"], timeout=TIMEOUT)
    assert caught.value.code == "ssh.folder"


def _runs(number: int) -> bool:
    """Tell whether a process of this number runs; one that is dead, and unread, does not."""
    try:
        state = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _mentioned(word: str) -> bool:
    """Tell whether a process has the word on its command line."""
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in line.read_bytes():
                return True
        except OSError:
            continue
    return False
