"""What ``cleancopy doctor`` finds about scheduled runs: prefect.yaml, server, pool, worker."""

import json
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from flows.commands.finding import Check
from flows.deployments import FILE, POOL, QUEUES, check
from flows.server import settings
from tasks.edge.extras import require
from tasks.errors import ConfigError, EnvironmentFault
from tasks.settings import PREFIX, Settings, Work
from tasks.yamlfile import did_you_mean

ANSWER_S: Final = 5.0
_OURS: Final = {f"{PREFIX}{name}" for name in ("DATA", "CONFIG", "HOME")}


def environment(environ: Mapping[str, str] = os.environ) -> Iterator[Check]:
    """Yield what is wrong with our environment variables: those that nothing reads."""
    known = _OURS | {
        f"{PREFIX}{section}_{key}".upper()
        for section, field in Settings.model_fields.items()
        for key in getattr(field.annotation, "model_fields", {})
    }
    given = sorted(name for name in environ if name.startswith(PREFIX))
    for name in given:
        if name not in known:
            found = f"{name} is read by nothing{did_you_mean(name, known)}"
            yield Check("environment", "bad", found, "docs/operations.md lists what is")
    if set(given) <= known:
        yield Check("environment", "ok", ", ".join(given) or f"no {PREFIX} variable is set")


def engine(work: Work) -> Check:
    """Return whether the engine of the settings can be had."""
    try:
        require(work)
    except EnvironmentFault as error:
        return Check("engine", "bad", str(error), "docs/scale.md")
    return Check("engine", "ok", f"{work.engine}{work.address and f' at {work.address}'}")


def deployments() -> Check:
    """Return whether prefect.yaml can be applied as it stands."""
    with tempfile.TemporaryDirectory() as home:  # Prefect makes its home when it is imported
        for name, value in settings(Path(home)).items():
            os.environ.setdefault(name, value)
        try:
            found = check()
        except ConfigError as error:
            return Check("deployments", "bad", str(error), "see the line named")
    return Check("deployments", "ok", f"{FILE}: {', '.join(one.name for one in found)}")


def server(home: Path, url: str = "") -> Iterator[Check]:
    """Yield what is found on the Prefect server at `url`; nothing is changed there."""
    if not url:
        yield Check(
            "prefect", "ok", f"{version('prefect')}, a server for each command, home {home}"
        )
        return
    try:
        theirs = _ask(url, "/admin/version")
    except (OSError, ValueError) as error:
        yield Check("prefect", "bad", f"{url} does not answer: {error}",
                    "start it (prefect server start), or unset PREFECT_API_URL")  # fmt: skip
        return
    ours = version("prefect")
    level = "ok" if theirs == ours else "note"
    advice = "" if theirs == ours else "the server should not be older than what asks it"
    yield Check("prefect", level, f"server {theirs} at {url}, here {ours}", advice)
    yield from _pool(url)


def _pool(url: str) -> Iterator[Check]:
    """Yield what is found of the work pool, its queues, the deployments and the workers."""
    again = "run: cleancopy deploy"
    try:
        kind = _ask(url, f"/work_pools/{POOL}")["type"]
    except urllib.error.HTTPError:
        yield Check("work pool", "bad", f"there is no work pool {POOL!r}", again)
        return
    queues = {q["name"] for q in _ask(url, f"/work_pools/{POOL}/queues/filter", {})}
    lacking = set(QUEUES) - queues
    if kind != "process" or lacking:
        found = f"{POOL}: type {kind}, without the queues {sorted(lacking)}"
        yield Check("work pool", "bad", found, again)
    else:
        yield Check("work pool", "ok", f"{POOL}, queues {', '.join(sorted(queues))}")
    there = {d["name"]: d for d in _ask(url, "/deployments/filter", {})}
    missing = sorted({one.name for one in check()} - set(there))
    if missing:
        yield Check("deployed", "bad", f"not on the server: {', '.join(missing)}", again)
    else:
        active = sorted(n for n, d in there.items() if any(s["active"] for s in d["schedules"]))
        yield Check("deployed", "ok", f"{len(there)}; scheduled: {', '.join(active) or 'none'}")
    workers = _ask(url, f"/work_pools/{POOL}/workers/filter", {})
    online = [w["name"] for w in workers if w["status"] == "ONLINE"]
    if online:
        yield Check("workers", "ok", f"{len(online)} online")
    else:
        yield Check("workers", "bad", "none is online: nothing that is scheduled will run",
                    f"run: prefect worker start --pool {POOL}")  # fmt: skip


def _ask(url: str, path: str, body: object = None) -> Any:  # noqa: ANN401  JSON
    request = urllib.request.Request(  # noqa: S310  the address the user gave
        f"{url}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310
        return json.loads(answer.read())
