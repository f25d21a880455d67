"""The project's habits, as far as ruff, mypy and the import contracts do not hold them."""

import ast
import importlib.util
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from flows.cli import COMMANDS
from tasks.errors import Exit

ROOT = Path(__file__).parents[1]
PYTHON_FILES = sorted(
    path for room in ("flows", "tasks", "locks", "tests") for path in (ROOT / room).rglob("*.py")
)
TOP_LEVEL = {
    ".ci", ".gitignore", "CHANGELOG.md", "Makefile", "README.md", "config", "data", "docs", "flows",
    "locks", "prefect.yaml", "pyproject.toml", "tasks", "tests",
}  # fmt: skip
MAX_LINES = 400
LONGER = {"tasks/schema.py"}  # dataclasses and tables stand side by side, a line for each column


def test_packages_hold_a_docstring_only() -> None:
    for path in PYTHON_FILES:
        if path.name == "__init__.py":
            body = ast.parse(path.read_text(encoding="utf-8")).body
            assert [type(node) for node in body] == [ast.Expr], path


def test_tests_are_no_packages() -> None:
    # A tests/tasks/__init__.py would hide the package `tasks` under pytest.
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_a_file_has_one_subject() -> None:
    long = {
        str(path.relative_to(ROOT))
        for path in PYTHON_FILES
        if len(path.read_text(encoding="utf-8").splitlines()) > MAX_LINES
    }
    assert long <= LONGER


def test_top_level_is_as_designed() -> None:
    assert {name.split("/")[0] for name in _committed()} <= TOP_LEVEL


def test_nothing_names_a_folder_of_one_machine() -> None:
    homes = re.compile(r"""(?:^|[\s"'`(=])/(?:home|root|tmp|work|Users)/[\w.-]+""", re.MULTILINE)
    named = {}
    for name in _committed():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".yml", ".txt", ""} and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            if found := homes.findall(text):
                named[name] = found
    assert named == {}


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_locks_are_hashed_and_name_no_registry(name: str) -> None:
    text = (ROOT / "locks" / name).read_text(encoding="utf-8")
    assert "://" not in text
    for requirement in text.replace("\\\n", " ").splitlines():
        assert re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", requirement), requirement


@pytest.mark.parametrize(
    ("name", "extras"),
    [("run.txt", ["sql"]), ("dev.txt", ["sql", "words", "polars", "dev"])],
)
def test_locks_follow_pyproject(name: str, extras: list[str]) -> None:
    """Fails when a dependency was added or raised without `make lock`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    optional = project["project"]["optional-dependencies"]
    wanted = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    wanted += [requirement for extra in extras for requirement in optional[extra]]
    pins: dict[str, set[str]] = {}
    for line in (ROOT / "locks" / name).read_text(encoding="utf-8").splitlines():
        if pin := re.match(r"([a-z0-9-]+)==([^\s;]+)", line):
            pins.setdefault(pin[1], set()).add(pin[2])
    for requirement in map(Requirement, wanted):
        locked = pins.get(canonicalize_name(requirement.name), set())
        assert locked, f"{requirement} is not in locks/{name}: make lock"
        assert all(requirement.specifier.contains(version) for version in locked), requirement


def test_changelog_has_a_place_for_the_next_change() -> None:
    headings = re.findall(
        r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert headings[0] == "Unreleased"


def test_readme_lists_the_exit_codes() -> None:
    table = dict(re.findall(r"^\| (\d+) \| (.+?) \|$", _readme(), re.MULTILINE))
    assert {int(code) for code in table} == set(Exit)


def test_readme_names_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", _readme(), re.MULTILINE)) <= targets


def test_readme_names_commands_that_exist() -> None:
    assert set(re.findall(r"cleancopy ([a-z]+)(?= |`)", _code(_readme()))) <= set(COMMANDS)


def test_every_command_of_the_help_can_be_found() -> None:
    for name, (path, _) in COMMANDS.items():
        assert importlib.util.find_spec(path.partition(":")[0]), name


def test_links_lead_to_files() -> None:
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.relative_to(ROOT)}: {link}"


def test_decisions_are_numbered_and_in_the_index() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    numbers = [int(path.name.split("-")[0]) for path in decisions]
    assert len(numbers) == len(set(numbers))
    assert [path.name for path in decisions if path.name not in index] == []


def _code(page: str) -> str:
    """Return what a Markdown page shows as code, in blocks and in lines."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`[^`\n]+`", page)])


def _readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def _committed() -> list[str]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git work tree")
    listed = subprocess.run(
        [git, "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.split("\0") if name]
