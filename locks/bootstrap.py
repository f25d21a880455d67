"""Builds ``.venv`` from the locks beside this file, on a machine that may have neither pip nor uv.

    python locks/bootstrap.py            what the pipeline needs (``make setup``)
    python locks/bootstrap.py --dev      and what its tests need (``make test``)
    python locks/bootstrap.py --lock     resolve the locks again (``make lock``; needs uv)

Standard library only. uv installs when it is on PATH; else, or when it fails, the pip wheel kept
here does, which needs no pip and no ensurepip on the machine. Both check the hash of every file
they install and follow their own settings (``PIP_INDEX_URL``, ``PIP_CERT``, ``UV_INDEX`` ...).
A stamp in ``.venv`` says what was built from what, so a second run changes nothing.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Literal

ROOT: Final = Path(__file__).resolve().parent.parent
LOCKS: Final = ROOT / "locks"
VENV: Final = ROOT / ".venv"
STAMP: Final = VENV / "cleancopy-setup.json"
EXTRAS: Final = {"run.txt": ("sql", "words"), "dev.txt": ("sql", "words", "polars", "dask", "dev")}
"""Lock -> the extras of pyproject.toml that it holds beside the plain dependencies."""

ENVIRONMENT_FAULT: Final = 5  # exit codes as those of `cleancopy`
INTERRUPTED: Final = 130


class SetupError(Exception):
    """The machine cannot be set up; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a ``.venv`` was built from."""

    python: str  # version and home of the interpreter below it
    venv: str  # its folder: a virtual environment does not survive being moved
    locks: str  # sha256
    project: str  # sha256 of pyproject.toml
    dev: bool  # whether it holds what the tests need


def wanted(*, dev: bool) -> Stamp:
    """Return the stamp of the environment that the project's files ask for now."""
    return Stamp(
        python=f"{sys.version.split()[0]} in {sys.base_prefix}",
        venv=str(VENV),
        locks=_sha256(*(LOCKS / name for name in EXTRAS)),
        project=_sha256(ROOT / "pyproject.toml"),
        dev=dev,
    )


def found() -> Stamp | None:
    """Return the stamp of the environment that is there; None when it is missing or half built."""
    try:
        return Stamp(**json.loads(STAMP.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        return None


def plan(have: Stamp | None, want: Stamp) -> Literal["nothing", "project", "install", "rebuild"]:
    """Return the least work that turns `have` into `want`."""
    if have is None or (have.python, have.venv, have.locks) != (want.python, want.venv, want.locks):
        return "rebuild"
    if want.dev and not have.dev:
        return "install"
    return "project" if have.project != want.project else "nothing"


def set_up(*, dev: bool) -> None:
    """Make ``.venv`` what the locks say, doing no more than is needed.

    Raises:
        SetupError: a file is damaged, or packages could not be installed.
    """
    have, want = found(), wanted(dev=dev)
    work = plan(have, want)
    if work == "nothing":
        return
    if work == "rebuild":
        _say(f"Setting up .venv with Python {want.python}: a minute or two the first time.")
        _create_venv()
    STAMP.unlink(missing_ok=True)
    if work in {"rebuild", "install"}:
        lock = LOCKS / ("dev.txt" if dev else "run.txt")
        _install("--require-hashes", "-r", str(lock))
    _install("--no-deps", "--no-build-isolation", "-e", str(ROOT))
    done = replace(want, dev=have.dev) if work == "project" and have else want
    STAMP.write_text(json.dumps(asdict(done), indent=1) + "\n", encoding="utf-8")
    _say(f"Set up: {VENV / 'bin' / 'cleancopy'}")


def lock(flags: list[str]) -> None:
    """Resolve pyproject.toml into the locks, for Python 3.11 and newer and every platform.

    Pins that still fit are kept unless `flags` hold ``--upgrade``. The build backend is locked
    too, so that installing the project itself fetches nothing that has no hash.

    Raises:
        SetupError: there is no uv, or the requirements have no solution.
    """
    uv = shutil.which("uv")
    if uv is None:
        raise SetupError("make lock needs uv on PATH (any way of installing it will do).")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    backend = "\n".join(project["build-system"]["requires"])
    for name, extras in EXTRAS.items():
        command = [
            uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11",
            "--generate-hashes", "--no-header", "--no-annotate",
            "--constraints", "locks/constraints.txt", "--output-file", f"locks/{name}", *flags,
            *(["--constraints", "locks/run.txt"] if name != "run.txt" else []),
            *(f"--extra={extra}" for extra in extras), "pyproject.toml", "-",
        ]  # fmt: skip
        if subprocess.run(command, cwd=ROOT, input=backend, text=True, check=False).returncode:
            raise SetupError(f"uv could not resolve locks/{name}; its reason stands above.")


def _create_venv() -> None:
    builder = venv.EnvBuilder(clear=True, symlinks=True, with_pip=False, prompt="cleancopy")
    try:
        builder.create(VENV)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(f"could not create {VENV}: {error}") from error


def _install(*what: str) -> None:
    """Install into ``.venv`` with uv, or with the pip wheel when there is no uv or it fails."""
    python = str(VENV / "bin" / "python")
    uv = shutil.which("uv")
    if uv is not None:
        if _run([uv, "pip", "install", "--quiet", "--python", python, *what]):
            return
        _say("uv could not install (its reason stands above); trying the pip wheel instead.")
    # -E and -s: packages that PYTHONPATH or the user's site offer must not pass for installed.
    pip = [python, "-E", "-s", str(_pip_wheel() / "pip")]
    if not _run([*pip, "install", "--quiet", "--no-user", "--no-warn-script-location", *what]):
        raise SetupError(
            "pip could not install what the locks name; its reason stands above.\n"
            "Run the same command again once that is mended: it starts afresh. Behind a proxy or\n"
            "a mirror set PIP_PROXY, PIP_CERT, PIP_INDEX_URL or PIP_FIND_LINKS."
        )


def _run(command: list[str]) -> bool:
    hidden = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX"}
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    env.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    env.setdefault("PYTHONWARNINGS", "ignore")  # the build backend's words on editable installs
    try:
        return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode == 0
    except OSError as error:
        _say(f"{command[0]}: {error}")
        return False


def _pip_wheel() -> Path:
    """Return the pip wheel after comparing it with ``pip.sha256``, written as by sha256sum."""
    digest, name = (LOCKS / "pip.sha256").read_text(encoding="ascii").split()
    wheel = LOCKS / name
    if not wheel.is_file() or _sha256(wheel) != digest:
        raise SetupError(
            f"{wheel} is missing or damaged: its hash is not the one in locks/pip.sha256.\n"
            f"Get it back with: git checkout -- locks"
        )
    return wheel


def _sha256(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="bootstrap.py", description="Build .venv from the locks.")
    parser.add_argument("--dev", action="store_true", help="with what the tests need")
    parser.add_argument("--lock", action="store_true", help="resolve the locks again, with uv")
    options, flags = parser.parse_known_args()
    if flags and not options.lock:
        parser.error(f"unknown: {' '.join(flags)}")
    try:
        lock(flags) if options.lock else set_up(dev=options.dev)
    except (SetupError, OSError) as error:
        _say(f"Not set up: {error}")
        return ENVIRONMENT_FAULT
    except KeyboardInterrupt:
        _say("Not set up: interrupted. The same command again starts afresh.")
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
