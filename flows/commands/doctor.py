"""``cleancopy doctor``: is this machine, this installation and this project as they should be?"""

import contextlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from flows.commands import doctor_server
from flows.commands.common import Common, out, out_json
from flows.commands.finding import Check
from flows.server import HOST, free_port
from tasks.errors import ConfigError, Exit
from tasks.rules import load_rules
from tasks.settings import PROJECT, load_settings
from tasks.sources import load_sources
from tasks.store.layout import Layout

MIN_FREE_GB: Final = 2.0
CONFIGURATION: Final = {"settings", "rules", "sources", "environment", "deployments"}
"""Findings that are a matter of configuration: exit code 2, not 5."""

EXTRAS: Final = {"duckdb": "cleancopy data query", "wordfreq": "repair of fused words in texts"}


def doctor(*, common: Common = Common()) -> int:  # noqa: B008  frozen
    """Check Python, libraries, folders, disk, configuration and Prefect; change nothing.

    Args:
        common: Where to work and how to print.
    """
    checks = list(diagnose(common))
    for check in checks:
        if common.json:
            out_json(check)
        else:
            out(f"{check.level:5} {check.name:14} {check.found}")
            if check.advice:
                out(f"{'':20} {check.advice}")
    bad = {check.name for check in checks if check.level == "bad"}
    if not bad:
        return Exit.DONE
    return Exit.USAGE if bad <= CONFIGURATION else Exit.ENVIRONMENT


def diagnose(common: Common) -> Iterator[Check]:
    """Yield every finding about this machine and the project's folders."""
    config, data = common.config_folder, common.data_folder
    yield _python()
    yield from _libraries()
    yield from _ours()
    yield _config("settings", config / "pipeline.yaml", lambda: load_settings(config))
    yield _config("rules", config / "rules", lambda: f"{len(load_rules(config).rules)} rules")
    yield _config(
        "sources", config / "sources.yaml", lambda: f"{len(load_sources(config))} sources"
    )
    yield _writable(data)
    yield _space(data)
    yield from doctor_server.environment()
    yield from _engine(config)
    home = Path(os.environ.get("PREFECT_HOME") or Layout(data).prefect_home)
    yield doctor_server.deployments()
    yield from doctor_server.server(home, os.environ.get("PREFECT_API_URL", ""))
    yield _port()
    yield from _extras()


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] < (3, 14):
        return Check("python", "ok", found)
    return Check("python", "bad", found, "use Python 3.11, 3.12 or 3.13")


def _libraries() -> Iterator[Check]:
    """Yield what is wrong with the libraries that cleancopy needs, or that nothing is."""
    try:
        needed = [Requirement(text) for text in requires("cleancopy") or []]
    except PackageNotFoundError:
        yield Check("libraries", "bad", "cleancopy is not installed", "run: make setup")
        return
    wrong = False
    for need in needed:
        if need.marker and not need.marker.evaluate({"extra": ""}):
            continue
        found = _version(need.name)
        if not found or found not in need.specifier:
            wrong = True
            yield Check("libraries", "bad", f"{need.name} {found or 'missing'}, {need.specifier} "
                        "is needed", "run: make setup")  # fmt: skip
    if not wrong:
        yield Check("libraries", "ok", f"{len(needed)} as required")


def _ours() -> Iterator[Check]:
    """Yield whose packages `flows` and `tasks` are: both names exist on the registry too."""
    for name in ("flows", "tasks"):
        spec = importlib.util.find_spec(name)
        places = list(spec.submodule_search_locations or ()) if spec else []
        origin = Path(places[0]).resolve() if places else None
        if origin == PROJECT / name:
            yield Check(name, "ok", str(origin))
        else:
            yield Check(name, "bad", f"imported from {origin}", f"expected from {PROJECT}: "
                        f"uninstall the distribution {name!r}, or start elsewhere")  # fmt: skip


def _config(name: str, path: Path, load: Callable[[], object]) -> Check:
    try:
        found = load()
    except ConfigError as error:
        return Check(name, "bad", str(error), "see the line named")
    return Check(name, "ok", f"{path}: {found}" if isinstance(found, str) else str(path))


def _writable(data: Path) -> Check:
    folder = data
    while not folder.exists():
        folder = folder.parent
    if os.access(folder, os.W_OK | os.X_OK):
        return Check("data", "ok", f"{data} can be written")
    return Check("data", "bad", f"{folder} cannot be written", "choose another with --data")


def _space(data: Path) -> Check:
    folder = data
    while not folder.exists():
        folder = folder.parent
    free_gb = shutil.disk_usage(folder).free / 1e9
    if free_gb >= MIN_FREE_GB:
        return Check("disk", "ok", f"{free_gb:.1f} GB free")
    return Check("disk", "bad", f"{free_gb:.1f} GB free", "free space, or choose another --data")


def _engine(config: Path) -> Iterator[Check]:
    with contextlib.suppress(ConfigError):  # told under "settings"
        yield doctor_server.engine(load_settings(config).work)


def _port() -> Check:
    try:
        return Check("loopback", "ok", f"{HOST}, port {free_port()} is free")
    except OSError as error:
        return Check("loopback", "bad", f"no port on {HOST}: {error}", "allow loopback sockets")


def _extras() -> Iterator[Check]:
    for name, what in EXTRAS.items():
        found = _version(name)
        if found:
            yield Check(name, "ok", f"{found} ({what})")
        else:
            yield Check(name, "note", f"not installed: no {what}", f"pip install {name}")


def _version(name: str) -> str:
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return ""
