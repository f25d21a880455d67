"""Files that appear whole or not at all, and stay after a power cut.

Each write goes to a hidden neighbour (``.<name>.<random>.unfinished``), is fsynced, renamed over
the name, and its folder is fsynced. A crash leaves at most a hidden neighbour, which no reader
looks at and `sweep` removes.
"""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from tasks.errors import EnvironmentFault

if TYPE_CHECKING:
    import pyarrow as pa

UNFINISHED: Final = ".unfinished"

PARQUET: Final[dict[str, Any]] = {
    "compression": "zstd",
    "write_page_index": True,
    "write_page_checksum": True,
    "store_schema": True,
}
"""How what is kept is written as Parquet; equal tables give equal bytes."""

PASSING: Final[dict[str, Any]] = {
    "compression": "lz4",
    "use_dictionary": False,
    "write_statistics": False,
    "write_page_checksum": True,
    "store_schema": True,
}
"""How what only the next stages read is written: a third larger, in three fifths of the time."""

_ADVICE: Final = {
    errno.ENOSPC: "the disk is full: free space and run the same command again",
    errno.EDQUOT: "the disk quota is used up: free space and run the same command again",
    errno.EFBIG: "the file is larger than this system allows: raise the limit and run again",
    errno.EROFS: "the file system is read-only: mount it writable or choose another --data folder",
    errno.EACCES: "no permission: make the folder writable or choose another --data folder",
    errno.EPERM: "not permitted: make the folder writable or choose another --data folder",
    errno.EIO: "the disk reported an error: check it, then run the same command again",
    errno.ENOTDIR: "a file stands where a folder is needed: move it, or choose another --data",
    errno.EEXIST: "a file stands where a folder is needed: move it, or choose another --data",
    errno.EMFILE: "too many open files: raise the limit (ulimit -n) and run again",
}


@contextmanager
def faults(path: Path) -> Iterator[None]:
    """Turn the system's refusals to write `path` into `EnvironmentFault`s that say what to do."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0)
        if advice is None:
            raise
        raise EnvironmentFault(f"cannot write {path}: {advice}") from error


@contextmanager
def unfinished(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that becomes `path` when the block ends, and vanishes when it raises.

    Raises:
        EnvironmentFault: the disk or folder does not let us write.
    """
    with faults(path):
        make_folder(path.parent)
        neighbour = path.parent / f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}"
        try:
            with neighbour.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            neighbour.replace(path)
        except BaseException:
            neighbour.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def write_bytes(content: bytes, path: Path) -> None:
    """Write `content` to `path`, whole and durable, over what was there."""
    with unfinished(path) as file:
        file.write(content)


def write_parquet(
    table: "pa.Table",
    path: Path,
    *,
    row_group_rows: int = 65536,
    options: Mapping[str, Any] = PARQUET,
) -> None:
    """Write `table` to `path`, whole and durable: zstd, statistics, page index, unless told."""
    import pyarrow.parquet as pq  # noqa: PLC0415  Prefect's server needs the rest of this room only

    with unfinished(path) as file:
        pq.write_table(table, file, row_group_size=row_group_rows, **options)


def make_folder(folder: Path) -> None:
    """Make `folder` and its parents, each durable in its own parent."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with faults(folder):
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable: renames and links survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def switch(link: Path, target: Path) -> None:
    """Point the symbolic link `link` at `target`, in one step that readers see whole.

    The target is stored relative to the link, so the data folder can be moved.
    """
    with faults(link):
        neighbour = link.parent / f".{link.name}.{secrets.token_hex(4)}{UNFINISHED}"
        neighbour.symlink_to(os.path.relpath(target, link.parent))
        neighbour.replace(link)
        sync_folder(link.parent)


def sweep(folder: Path) -> int:
    """Remove what crashed writes left in `folder`; return how many. Only under a lock."""
    if not folder.is_dir():
        return 0
    left = [p for p in folder.iterdir() if p.name.startswith(".") and p.name.endswith(UNFINISHED)]
    for path in left:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return len(left)
