"""A Prefect server for the length of one command, when there is no other.

`running` must be entered before Prefect is imported, because Prefect reads its settings once: the
server's address, its home below the data folder instead of the user's own, no telemetry. The
server's log is ``<data>/prefect/server.log``. The server ends with the command, also when the
command is killed.

With PREFECT_API_URL set, that server is used and nothing is started.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows.database import prepare
from tasks.errors import EnvironmentFault
from tasks.process import collect_seldom, end_with, environment
from tasks.store.atomic import faults, make_folder

START_LIMIT_S: Final = 180.0
"""A first start makes the database and compiles Prefect: 5 to 28 s measured on 2 busy cores."""

PROBE_BYTES: Final = 1_000_000
DRAIN_LIMIT_S: Final = 10.0
_SENDERS: Final = {
    "prefect.logging.handlers": "APILogWorker",
    "prefect.events.worker": "EventsWorker",
}

HOST: Final = "127.0.0.1"

SETTINGS: Final = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "cleancopy",
    "PREFECT_CLI_PROMPT": "false",
}
"""Prefect's settings for a command of ours; what the environment says already wins.

No flow of ours uses a block: registering Prefect's own costs a second in every new data folder.
"""


def settings(home: Path) -> dict[str, str]:
    """Return Prefect's settings for a command whose Prefect home is `home`."""
    return SETTINGS | {"PREFECT_HOME": str(home.absolute())}


@dataclass(frozen=True, slots=True)
class Server:
    """A Prefect API; `process` is ours to watch, None when the server is somebody else's."""

    url: str
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def wait(self, limit_s: float = START_LIMIT_S) -> None:
        """Return when the API answers.

        Raises:
            EnvironmentFault: it does not within `limit_s`, or its process ended; if it could not
                write its home, how that is mended.
        """
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline and not (self.process and self.process.poll()):
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):  # noqa: S310  http(s)
                    return
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        if self.process:
            with faults(self.log.parent):
                _probe(self.log.parent)
        where = f"see {self.log}" if self.process else "is PREFECT_API_URL right?"
        raise EnvironmentFault(f"the Prefect server at {self.url} does not answer: {where}")


@contextmanager
def running(home: Path) -> Iterator[Server]:
    """Give a Prefect API, whose address is in the environment while the block runs.

    The server starts beside the block: `Server.wait` before the first flow. From here on this
    process looks for reference cycles less often: most of what Prefect's import makes stays.

    Raises:
        EnvironmentFault: `home` cannot be written.
    """
    collect_seldom()
    log = home / "server.log"
    given = os.environ.get("PREFECT_API_URL")
    for name, value in settings(home).items():
        os.environ.setdefault(name, value)
    if given:
        yield Server(given, log)
        return
    make_folder(home)
    with faults(log):
        process, url = _start(log)
    os.environ["PREFECT_API_URL"] = url
    try:
        yield Server(url, log, process)
    finally:
        _drain()
        del os.environ["PREFECT_API_URL"]
        _stop(process)


def free_port() -> int:
    """Return a port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _probe(folder: Path) -> None:
    """Write to `folder` and leave nothing there: what ended a server may be a full disk."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"\0" * PROBE_BYTES)
        file.flush()
        os.fsync(file.fileno())


def _start(log: Path) -> tuple[subprocess.Popen[bytes], str]:
    port = free_port()
    command = [sys.executable, "-P", "-m", "flows.server", str(port), str(os.getpid())]
    with log.open("ab") as file:
        process = subprocess.Popen(  # noqa: S603  our own module
            command, env=environment(), stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            start_new_session=True,
        )  # fmt: skip
    return process, f"http://{HOST}:{port}/api"


def _drain() -> None:
    """Let Prefect's threads send their last logs and events while a server is there."""
    for module, name in _SENDERS.items():
        loaded = sys.modules.get(module)
        if loaded is not None:
            getattr(loaded, name).drain_all(timeout=DRAIN_LIMIT_S)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _serve(port: int) -> None:
    """Run the server in this process; the environment holds its settings."""
    import uvicorn  # noqa: PLC0415  only the server's own process needs it
    from prefect.server.api.server import create_app  # noqa: PLC0415

    prepare(Path(os.environ["PREFECT_HOME"]))
    app = create_app(ephemeral=True, final=True)
    uvicorn.run(app, host=HOST, port=port, log_level="error")


if __name__ == "__main__":
    end_with(int(sys.argv[2]))
    collect_seldom()
    _serve(int(sys.argv[1]))
