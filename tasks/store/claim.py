"""One writer at a time on an object store that has no conditional writes (Arrow offers none).

Who wants to write puts an object of its own below ``<root>/claims/``, and then lists that folder.
Who sees no other claim there may write; who does takes its own away and asks again, after a pause
of random length. Of two who ask at once, the one whose object came second sees the first one's, for
a store lists what was written before (S3 does since December 2020, as do its like and local disks).
So never do two write; at worst both see each other, and both ask again.

A claim counts for `LEASE_S` after it was last written, by the store's own clock: the times of other
claims are compared with the time of one's own. Its holder writes it again while it works, and stops
when it stood still for half of that; so a claim that no longer counts has no holder who writes.
"""

import json
import random
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final

from pyarrow import fs

from tasks.errors import EnvironmentFault

LEASE_S: Final = 900.0
"""After a writer was killed, others wait for so long."""

WAIT_S: Final = 60.0
"""A writer at work is waited for so long."""

_PAUSE_S: Final = (0.2, 1.5)


class Claim:
    """The right to write below a root, while it is renewed."""

    def __init__(self, files: fs.FileSystem, key: str, who: str, lease_s: float) -> None:
        self.key, self._who = key, who
        self._files, self._lease_s = files, lease_s
        self._written = _now()

    def write(self) -> None:
        """Write the claim, anew or again: from now on it counts for the whole lease."""
        before = _now()
        with self._files.open_output_stream(self.key) as target:
            target.write(json.dumps({"who": self._who}).encode())
        self._written = before

    def renew(self) -> None:
        """Write the claim again when a quarter of its lease is over; to be called now and then.

        Raises:
            EnvironmentFault: this process stood still, so others may be writing by now.
        """
        self.check()
        if self._age_s() > self._lease_s / 4:
            self.write()

    def check(self) -> None:
        """Return when nobody else can have begun to write.

        Raises:
            EnvironmentFault: this process stood still, so others may be writing by now.
        """
        if self._age_s() > self._lease_s / 2:
            idle = f"stood still for {self._age_s():.0f} s"
            raise EnvironmentFault(f"{idle}, so another push may have begun: run again")

    def withdraw(self) -> None:
        """Take the claim away; where that cannot be done, it ends with its lease."""
        with suppress(OSError):
            self._files.delete_file(self.key)

    def _age_s(self) -> float:
        """Return how long ago it was written; the clock that went further counts (a sleep)."""
        return max(now - then for now, then in zip(_now(), self._written, strict=True))


@contextmanager
def claimed(
    files: fs.FileSystem, root: str, lease_s: float = LEASE_S, wait_s: float = WAIT_S
) -> Iterator[Claim]:
    """Be the only writer below `root` while the block runs.

    Raises:
        EnvironmentFault: another writer is at work, or was killed a moment ago.
        OSError: the store cannot be written.
    """
    claim = _ask(files, root, lease_s, wait_s)
    try:
        yield claim
    finally:
        claim.withdraw()


def _ask(files: fs.FileSystem, root: str, lease_s: float, wait_s: float) -> Claim:
    """Return the claim that nobody else's stands against."""
    who, until = socket.gethostname(), time.monotonic() + wait_s
    while True:
        claim = Claim(files, f"{root}/claims/{secrets.token_hex(8)}.json", who, lease_s)
        claim.write()
        try:
            other = _other(files, root, claim, lease_s)
        except BaseException:
            claim.withdraw()
            raise
        if other is None:
            return claim
        claim.withdraw()
        if time.monotonic() > until:
            raise EnvironmentFault(
                f"another push to {root} is at work, by {other}, or was killed less than "
                f"{lease_s / 60:.0f} minutes ago: try again"
            )
        time.sleep(random.uniform(*_PAUSE_S))  # noqa: S311  so that two who met do not meet again


def _other(files: fs.FileSystem, root: str, claim: Claim, lease_s: float) -> str | None:
    """Return who else claims `root` just now; removes claims that count no longer."""
    selector = fs.FileSelector(f"{root}/claims", allow_not_found=True)
    times = {i.path: i.mtime for i in files.get_file_info(selector) if i.type == fs.FileType.File}
    if claim.key not in times:
        raise EnvironmentFault(f"{root}: does not list what was written: no push is safe there")
    oldest = times.pop(claim.key) - timedelta(seconds=lease_s)
    for key, written in times.items():
        if written > oldest:
            return _holder(files, key)
        try:
            files.delete_file(key)
        except FileNotFoundError:  # somebody else removed it
            continue
    return None


def _holder(files: fs.FileSystem, key: str) -> str:
    try:
        with files.open_input_stream(key) as source:
            return str(json.loads(source.read())["who"])
    except (OSError, ValueError, KeyError, TypeError):  # withdrawn since, or not ours
        return "somebody"


def _now() -> tuple[float, float]:
    return time.monotonic(), time.time()
