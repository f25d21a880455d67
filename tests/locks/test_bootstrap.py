"""The set-up, run for real: make, the pip wheel and two tiny packages, with no network."""

import base64
import hashlib
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from locks import bootstrap

ROOT = Path(__file__).parents[2]
WANT = bootstrap.Stamp(python="3.11.2 in /usr", venv="/x/.venv", locks="a", project="b", dev=False)

BACKEND = """
import zipfile
from pathlib import Path

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w") as wheel:
        wheel.writestr("tiny.pth", str(Path.cwd()))
        meta = "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n"
        wheel.writestr("tiny-1.0.dist-info/METADATA", meta)
        wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    return name
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny"
version = "1.0"
"""


@pytest.mark.parametrize(
    ("have", "work"),
    [
        (None, "rebuild"),
        (WANT, "nothing"),
        (replace(WANT, dev=True), "nothing"),
        (replace(WANT, project="changed"), "project"),
        (replace(WANT, locks="changed"), "rebuild"),
        (replace(WANT, python="3.12.1 in /usr"), "rebuild"),
        (replace(WANT, venv="/moved/.venv"), "rebuild"),
    ],
)
def test_does_the_least_work(have: bootstrap.Stamp | None, work: str) -> None:
    assert bootstrap.plan(have, WANT) == work


def test_tests_need_more_than_the_pipeline() -> None:
    assert bootstrap.plan(WANT, replace(WANT, dev=True)) == "install"


def test_builds_reuses_extends_and_mends(tmp_path: Path) -> None:
    project = _project(tmp_path)
    tools = _tools(tmp_path / "bin", {"python3.11": "echo no such version >&2; exit 127"})
    (tools / "python3.12").symlink_to(_base_python())

    first = _make(project, tools, "setup")
    assert first.returncode == 0, first.stderr
    assert _importable(project, "leaf")
    assert not _importable(project, "sprout")

    stamp = project / ".venv" / "cleancopy-setup.json"
    built = stamp.stat().st_mtime_ns
    second = _make(project, tools, "setup")
    assert (second.returncode, second.stderr) == (0, "")
    assert stamp.stat().st_mtime_ns == built

    assert _make(project, tools, "setup-dev").returncode == 0
    assert _importable(project, "sprout")
    assert _make(project, tools, "setup").stderr == ""  # what the tests need is enough

    stamp.write_text("{")  # torn by a crash
    assert "Setting up .venv" in _make(project, tools, "setup").stderr
    assert not _importable(project, "sprout")


def test_a_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    project = _project(tmp_path)
    tools = _tools(tmp_path / "bin", {})
    (tools / "python3").symlink_to(_base_python())
    run = project / "locks" / "run.txt"
    run.write_text(f"leaf==1.0 --hash=sha256:{'0' * 64}\n")

    refused = _make(project, tools, "setup")

    assert "Error 5" in refused.stderr
    assert "DO NOT MATCH" in refused.stderr.upper()
    assert bootstrap.STAMP.name not in {path.name for path in (project / ".venv").iterdir()}


def test_a_damaged_pip_wheel_is_not_run(tmp_path: Path) -> None:
    project = _project(tmp_path)
    tools = _tools(tmp_path / "bin", {})
    (tools / "python3").symlink_to(_base_python())
    (wheel,) = (project / "locks").glob("pip-*.whl")
    wheel.write_bytes(wheel.read_bytes()[:-1])

    refused = _make(project, tools, "setup")

    assert "Error 5" in refused.stderr
    assert "pip.sha256" in refused.stderr


def test_a_uv_that_fails_is_replaced_by_pip(tmp_path: Path) -> None:
    project = _project(tmp_path)
    tools = _tools(tmp_path / "bin", {"uv": "echo no cache folder >&2; exit 2"})
    (tools / "python3").symlink_to(_base_python())

    done = _make(project, tools, "setup")

    assert done.returncode == 0, done.stderr
    assert "no cache folder" in done.stderr
    assert _importable(project, "leaf")


def test_no_fitting_python_is_said_with_what_was_tried(tmp_path: Path) -> None:
    project = _project(tmp_path)
    tools = _tools(tmp_path / "bin", {"python3": "echo is Python 3.9 >&2; exit 1"})

    refused = _make(project, tools, "setup")

    assert "cleancopy needs Python 3.11, 3.12 or 3.13" in refused.stderr
    assert "python3: is Python 3.9" in refused.stderr
    assert "python3.12: " in refused.stderr
    assert "make setup PYTHON=" in refused.stderr
    assert "Error 5" in refused.stderr


def _project(folder: Path) -> Path:
    """Return a project like ours, with two one-file packages in its locks."""
    project = folder / "project"
    (project / "locks").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", project)
    for file in [*ROOT.glob("locks/bootstrap.py"), *ROOT.glob("locks/pip*")]:
        shutil.copy(file, project / "locks")
    (project / "pyproject.toml").write_text(PYPROJECT)
    (project / "backend.py").write_text(BACKEND)
    leaf, sprout = (_wheel(folder / "wheels", name) for name in ("leaf", "sprout"))
    (project / "locks" / "run.txt").write_text(leaf)
    (project / "locks" / "dev.txt").write_text(leaf + sprout)
    return project


def _wheel(folder: Path, name: str) -> str:
    """Write a wheel of one empty module; return its line of a lock."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    empty = base64.urlsafe_b64encode(hashlib.sha256(b"").digest()).rstrip(b"=").decode()
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"{name}.py,sha256={empty},0\n")
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def _tools(folder: Path, scripts: dict[str, str]) -> Path:
    """Return a folder for PATH with what the recipes call, and `scripts` by name."""
    folder.mkdir()
    (folder / "tail").symlink_to(str(shutil.which("tail")))
    for name, body in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    return folder


def _base_python() -> Path:
    """Return the interpreter below the virtual environment that the tests run in."""
    return Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"


def _make(project: Path, tools: Path, target: str) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": str(tools),
        "HOME": str(project / "no-home"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(project.parent / "wheels"),
    }
    command = [str(shutil.which("make")), "-s", target]
    return subprocess.run(
        command, cwd=project, env=env, capture_output=True, text=True, check=False
    )


def _importable(project: Path, module: str) -> bool:
    python = project / ".venv" / "bin" / "python"
    done = subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False)
    return done.returncode == 0
