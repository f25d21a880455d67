"""A PostgreSQL cluster of our own on loopback, in a folder that goes away with it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.server import HOST, free_port

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "fsync": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
}


def binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL, which Debian keeps out of PATH; None without."""
    found = [Path(path).parent for path in [shutil.which("initdb")] if path]
    found += sorted(
        (p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        key=lambda folder: int(folder.parent.name),
    )
    return found[-1] if found else None


@contextmanager
def postgres(programs: Path) -> Iterator[str]:
    """Give the address of a new cluster, as SQLAlchemy writes it, while the block runs.

    PostgreSQL refuses to run as root: then it runs as the user Debian made for it, or as nobody.
    """
    folder = Path(tempfile.mkdtemp(prefix="cleancopy-postgres-"))
    user = _user(folder)
    port = free_port()
    data = folder / "data"
    options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())

    def call(program: str, *arguments: str) -> None:
        with (folder / "said.log").open("ab") as said:
            subprocess.run(
                [programs / program, *arguments],
                cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=said, timeout=240,
                check=True, **user,
            )  # fmt: skip

    try:
        call("initdb", f"--pgdata={data}", "--username=prefect", "--auth=trust", "--no-sync",
             "--encoding=UTF8", "--locale=C")  # fmt: skip
        log = folder / "server.log"
        call("pg_ctl", f"--pgdata={data}", f"--log={log}", "--wait", "--timeout=180", "start",
             f"--options=-p {port} {options}")  # fmt: skip
        try:
            yield f"postgresql+asyncpg://prefect@{HOST}:{port}/postgres"
        finally:
            call("pg_ctl", f"--pgdata={data}", "--mode=immediate", "stop")
    except subprocess.CalledProcessError as error:
        said = (folder / "said.log").read_text(encoding="utf-8", errors="replace")
        raise AssertionError(f"{error}\n{said[-3000:]}") from error
    finally:
        shutil.rmtree(folder)


def _user(folder: Path) -> dict[str, Any]:
    """Return as whom the cluster is to run, if not as we do, and make `folder` his."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
