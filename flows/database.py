"""The database of a new Prefect home: a copy of one that this environment made before.

Prefect makes its SQLite file by more than a hundred migrations, 4.5 s of CPU in every new data
folder. What they lead to depends on Prefect's version alone: the first that is made is kept, empty,
beside the installed packages. Where nothing can be written there, each home is migrated.
"""

import asyncio
import os
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path

from tasks.errors import EnvironmentFault
from tasks.store.atomic import make_folder, write_bytes


def prepare(home: Path, environment: Path = Path(sys.prefix)) -> None:
    """Make the database in `home`, unless there is one or Prefect's settings name another.

    Called in the server's process, before the server looks for its database. One that is there it
    brings up to date itself.
    """
    import prefect  # noqa: PLC0415  only the server's own process needs it
    from prefect.server.database import provide_database_interface  # noqa: PLC0415

    database = home / "prefect.db"
    interface = provide_database_interface()
    is_ours = interface.database_config.connection_url == f"sqlite+aiosqlite:///{database}"
    if not is_ours or database.exists():
        return
    kept = environment / "share" / "cleancopy" / f"prefect-{prefect.__version__}.db"
    if kept.exists():
        _copy(kept, database)
    else:
        asyncio.run(interface.create_db())
        with suppress(EnvironmentFault, OSError, sqlite3.OperationalError):  # not ours to write
            _keep(database, kept)


def _copy(kept: Path, database: Path) -> None:
    """Copy `kept` to `database`, whole, unless another server has made it meanwhile."""
    copy = database.with_name(f".{database.name}.{os.getpid()}")
    write_bytes(kept.read_bytes(), copy)
    try:
        database.hardlink_to(copy)
    except FileExistsError:
        pass
    except OSError:  # a file system without links: the last of two copies stands, both are empty
        copy.replace(database)
    copy.unlink(missing_ok=True)


def _keep(database: Path, kept: Path) -> None:
    """Copy a database that was just made to `kept`, whole."""
    make_folder(kept.parent)
    copy = kept.with_name(f".{kept.name}.{os.getpid()}")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM INTO ?", [str(copy)])
    copy.replace(kept)
