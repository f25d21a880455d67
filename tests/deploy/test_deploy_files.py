"""Image, compose file and units, as far as they can be checked where no engine builds them."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "deploy"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
UNITS = sorted(FOLDER.glob("*.service"))
INSTRUCTIONS = {
    "FROM", "RUN", "USER", "WORKDIR", "COPY", "ENV", "VOLUME", "ENTRYPOINT", "CMD", "EXPOSE",
    "HEALTHCHECK", "LABEL", "ARG", "STOPSIGNAL",
}  # fmt: skip


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile as (instruction, arguments), lines that go on joined."""
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (word, rest.strip()) for word, _, rest in (x.partition(" ") for x in joined.split("\n"))
    ]


def copied() -> list[str]:
    """Return the sources of every COPY."""
    found = []
    for word, rest in instructions():
        if word == "COPY":
            found += [part for part in shlex.split(rest)[:-1] if not part.startswith("--")]
    return found


def set_by_image() -> dict[str, str]:
    pairs = [part for word, rest in instructions() if word == "ENV" for part in shlex.split(rest)]
    return dict(pair.split("=", 1) for pair in pairs)


def test_the_dockerfile_is_made_of_known_instructions_and_starts_with_a_pinned_image() -> None:
    words = [word for word, _ in instructions()]
    assert set(words) <= INSTRUCTIONS
    assert words[0] == "FROM"
    assert re.fullmatch(r"python:3\.1[123]-slim-bookworm", instructions()[0][1])
    assert words.count("CMD") == words.count("ENTRYPOINT") == 1


def test_the_dockerfile_copies_what_is_there_and_all_that_set_up_needs() -> None:
    for source in copied():
        assert (ROOT / source).exists(), source
    needed = {"locks/", "pyproject.toml", "README.md", "Makefile", "prefect.yaml", "flows/",
              "tasks/", "config/", "data/samples/"}  # fmt: skip
    assert needed == set(copied())
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert not needed & {f"{name}/" for name in ignored} - {"data/"}
    assert "!data/samples" in ignored


def test_the_image_does_not_run_as_root() -> None:
    words = [word for word, _ in instructions()]
    assert ("USER", "cleancopy") in instructions()
    assert words.index("USER") < words.index("COPY")
    assert ("RUN", "make setup") in instructions()


def test_the_services_fit_together() -> None:
    assert set(SERVICES) == {"database", "server", "deploy", "worker"}
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], f"{name} waits for the health of {other}"
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), f"{name} listens outside: {port}"
        if "build" in service:
            context = (FOLDER / service["build"]["context"]).resolve()
            assert context == ROOT
            assert (context / service["build"]["dockerfile"]).is_file()
        named = [v.split(":")[0] for v in service.get("volumes", [])]
        for volume in named:
            is_path = volume.startswith(".")
            assert (FOLDER / volume).exists() if is_path else volume in COMPOSE["volumes"]
    for name in ("deploy", "worker"):
        assert SERVICES[name]["environment"]["PREFECT_API_URL"] == "http://server:4200/api"


def test_every_variable_that_is_set_is_documented() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = "\n".join(line for line in page.splitlines() if line.startswith("| `"))
    documented = set(re.findall(r"`([A-Z][A-Z_]+)`", table))
    wanted = set(set_by_image())
    for service in SERVICES.values():
        wanted |= set(service.get("environment", {}))
    wanted |= set(re.findall(r"\$\{([A-Z_]+)", (FOLDER / "compose.yaml").read_text("utf-8")))
    for unit in UNITS:
        for line in re.findall(r"^Environment=(.+)$", unit.read_text("utf-8"), re.MULTILINE):
            wanted |= {pair.partition("=")[0] for pair in shlex.split(line)}
    assert wanted - documented == set()
    for path in [*(ROOT / "flows").rglob("*.py"), *(ROOT / "tasks").rglob("*.py")]:
        read = re.findall(r"""environ(?:\.get\(|\[)["']([A-Z_]+)["']""", path.read_text("utf-8"))
        assert set(read) <= documented | {"PYTHONPATH"}, path


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    """The program is not installed in /opt here, so another stands for it."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("there is no systemd-analyze here")
    for other in UNITS:
        text = other.read_text(encoding="utf-8")
        assert "/opt/cleancopy/.venv/bin/prefect" in text
        text = text.replace("/opt/cleancopy/.venv/bin/prefect", sys.executable)
        (tmp_path / other.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [program, "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
