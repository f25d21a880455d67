"""WARC files being written: crash-safe, rolled, closed by rename.

A file is ``<stem>-00000.warc.gz.open`` while it is written and locked by its writer; `close`
renames it to ``<stem>-00000.warc.gz``, and a closed file never changes. What was written is
durable after `sync`, not before: report nothing as captured earlier.
"""

import fcntl
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from tasks.errors import EnvironmentFault
from tasks.warc.record import Record, compress, info_block, info_fields, stable_id

OPEN_SUFFIX: Final = ".open"
ROLL_BYTES: Final = 1_000_000_000
"""A file is rolled once it is larger; the size the WARC guidelines recommend."""


class WarcWriter:
    """Appends groups of records to ``<stem>-NNNNN.warc.gz`` files in `folder`.

    Positions are (file name, byte offset). Not for use from two threads at once.
    """

    def __init__(
        self,
        folder: Path,
        stem: str,
        about: Mapping[str, str],
        roll_bytes: int = ROLL_BYTES,
        dated: datetime | None = None,
    ) -> None:
        self._folder = folder
        self._stem = stem
        self._about = about
        self._roll_bytes = roll_bytes
        self._dated = dated
        self._number = 0
        self._file: BinaryIO | None = None
        self._name = ""
        self._is_torn = False  # a group was begun and could not be finished

    def append(self, group: Sequence[Record]) -> list[tuple[str, int]]:
        """Write the records of one group one after another; returns their positions."""
        file = self._file or self._open()
        positions = []
        self._is_torn = True
        for record in group:
            positions.append((self._name, file.tell()))
            for piece in compress(record):
                file.write(piece)
        self._is_torn = False
        return positions

    @property
    def is_full(self) -> bool:
        """Tell whether the current file has reached its size and should be closed."""
        return self._file is not None and self._file.tell() >= self._roll_bytes

    def sync(self) -> None:
        """Return when everything appended is on disk."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Sync and close the current file under its final name; `append` would open the next.

        After an `append` that failed (a full disk) the file stays open by name, for recovery.
        """
        if self._is_torn:
            self.abandon()
        if self._file is None:
            return
        self.sync()
        close_file(Path(str(self._file.name)))
        self._file.close()
        self._file = None

    def abandon(self) -> None:
        """Let go of the current file as it is; what was not synced may be lost."""
        if self._file is not None:
            with suppress(OSError):  # what is still in memory does not fit on the disk
                self._file.close()
            self._file = None

    def _open(self) -> BinaryIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        taken = {p.name.removesuffix(OPEN_SUFFIX) for p in self._folder.iterdir()}
        while self._numbered() in taken:
            self._number += 1
        self._name = self._numbered()
        path = self._folder / (self._name + OPEN_SUFFIX)
        file = path.open("xb")
        if not lock(file):
            file.close()
            raise EnvironmentFault(f"{path} is being written by another run; wait for it to end")
        self._file = file
        moment = self._dated or datetime.now(UTC)
        block = info_block(self._about)
        fields = info_fields(stable_id(self._name), self._name, moment)
        for piece in compress(Record(fields, BytesIO(block), len(block))):
            file.write(piece)
        self._number += 1
        return file

    def _numbered(self) -> str:
        return f"{self._stem}-{self._number:05}.warc.gz"


def lock(file: BinaryIO) -> bool:
    """Lock `file` until it is closed or its process ends; False when another process has it."""
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def close_file(path: Path) -> Path:
    """Give the finished file ``X.warc.gz.open`` its final name; returns it."""
    final = path.with_name(path.name.removesuffix(OPEN_SUFFIX))
    path.rename(final)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return final
