"""A Prefect server and a worker of our own on loopback: what a user has after reading the README.

Everything lies below one folder of the test: Prefect's home and database, logs, captures, dataset.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flows.server import HOST, SETTINGS, Server, free_port
from tests.flows.conftest import ROOT, _environment, cleancopy

LIMIT_S = 240.0
"""For anything that comes about in seconds on an idle machine."""

QUICK = {
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_DEPLOYMENT_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
}
"""A server and a worker that look often and start nothing by themselves."""

ENDS = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass(frozen=True)
class Orchestra:
    """A running server with a worker, and where they work."""

    url: str
    folder: Path
    environment: dict[str, str]
    worker: int = 0  # its process id

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def worker_log(self) -> str:
        return (self.folder / "worker.log").read_text(encoding="utf-8")

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  JSON
        """Ask the server's REST API."""
        request = urllib.request.Request(  # noqa: S310  our own address
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        deadline = time.monotonic() + LIMIT_S
        while True:
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                    said = answer.read()
                return json.loads(said) if said else None
            except urllib.error.HTTPError as error:  # 503: its database is busy; come again
                if error.code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                    raise AssertionError(f"{path}: {error} {error.read()[:2000]!r}") from error
                time.sleep(1)

    def start(
        self, deployment: str, environment: Mapping[str, str] | None = None, **parameters: object
    ) -> str:
        """Start a run of ``<flow>/<deployment>`` as a program would; return its id."""
        found = self.ask("GET", f"/deployments/name/{deployment}")
        wanted = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        if environment:
            wanted["job_variables"] = {"env": found["job_variables"]["env"] | environment}
        run = self.ask("POST", f"/deployments/{found['id']}/create_flow_run", wanted)
        return str(run["id"])

    def logged(self, run_id: str, name: str = "") -> list[str]:
        """Return the lines of a run's log, or those of one logger."""
        own = {"flow_run_id": {"any_": [run_id]}}
        logs = self.ask("POST", "/logs/filter", {"logs": own, "limit": 200})
        return [log["message"] for log in logs if name in ("", log["name"])]

    def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/flow_runs/{run_id}")
        return found

    def ended(self, run_id: str) -> dict[str, Any]:
        """Return a run when it has come to an end."""
        until(lambda: self.run(run_id)["state"]["type"] in ENDS, lambda: self.worker_log[-3000:])
        return self.run(run_id)

    def prefect(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Use Prefect's own command line, as people do."""
        return subprocess.run(
            [sys.executable, "-P", "-m", "prefect", *arguments],
            cwd=self.folder, env=self.environment, capture_output=True, text=True,
            timeout=LIMIT_S, check=False,
        )  # fmt: skip

    def cleancopy(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return cleancopy(*arguments, **self.environment)

    def processes(self) -> dict[int, str]:
        """Return the stages and their workers that are alive, by process id: their command."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                inherited = (folder / "environ").read_bytes()
            except OSError:
                continue
            is_ours = f"CLEANCOPY_DATA={self.data}\0".encode() in inherited
            if is_ours and "-m tasks" in command:
                found[int(folder.name)] = command
        return found


@contextmanager
def orchestra(folder: Path, **settings: str) -> Iterator[Orchestra]:
    """Start a server, deploy the flows with ``cleancopy deploy``, start a worker."""
    port = free_port()
    url = f"http://{HOST}:{port}/api"
    environment = _environment() | SETTINGS | QUICK | settings
    environment |= {"PREFECT_API_URL": url, "PREFECT_HOME": str(folder / "prefect")}
    environment |= {"CLEANCOPY_DATA": str(folder / "data"), "CLEANCOPY_WORK_WORKERS": "1"}
    environment |= {
        "PREFECT_SERVER_UI_ENABLED": "true",
        "PREFECT_SERVER_UI_API_URL": url,
        "PREFECT_LOGGING_LEVEL": "INFO",
    }
    (folder / "prefect").mkdir(parents=True)
    this = Orchestra(url, folder, environment)
    server = ["server", "start", "--host", HOST, "--port", str(port)]
    with _process(folder / "server.log", server, environment) as process:
        Server(url, folder / "server.log", process).wait()
        done = this.cleancopy("deploy")
        assert done.returncode == 0, done.stderr
        with _process(
            folder / "worker.log", ["worker", "start", "--pool", "cleancopy"], environment
        ) as worker:
            yield replace(this, worker=worker.pid)


@contextmanager
def _process(
    log: Path, arguments: list[str], environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "prefect", *arguments],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(holds: Callable[[], object], told: Callable[[], str] = str) -> None:
    """Return when `holds` does; `told` says what was seen instead."""
    deadline = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < deadline, told()
        time.sleep(0.25)
