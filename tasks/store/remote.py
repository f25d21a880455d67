"""The same protocol on an object store: keys instead of hard links, a manifest instead of a link.

    <root>/files/<table>/<month>-<hash>.parquet   never changed: the same key, the same bytes
    <root>/snapshots/<id>/origin                  id of the data folder the snapshot came from
    <root>/snapshots/<id>/manifest.json           which keys it is made of: the one switch

Current is the snapshot with the highest number that has a manifest. So the switch is one object
that appears; none is replaced, and a writer who comes late with an older snapshot changes nothing
for readers. Writing one object is atomic on S3 and its like; renaming is not, so nothing is
renamed. Files go first, then the documents, the manifest last. A crash leaves keys that no manifest
names, which the next expiry removes. Readers ask a manifest for its keys and read exactly those, at
any time: `expire` alone removes files.

One writer at a time, wherever it runs: `tasks.store.claim`. `push` refuses to follow another data
folder's snapshot, and a newer one of its own.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyarrow import fs

from tasks.errors import ConfigError, ContractError, EnvironmentFault
from tasks.store.atomic import write_bytes
from tasks.store.claim import LEASE_S, WAIT_S, Claim, claimed
from tasks.store.layout import Layout
from tasks.store.manifest import DataFile, Manifest, from_bytes, read_manifest
from tasks.store.snapshot import snapshot_folder

_ORIGIN: Final = "origin"
_MANIFEST: Final = "manifest.json"
_DOCUMENTS: Final = (_ORIGIN, "card.md", "dictionary.md", _MANIFEST)
"""In the order in which they are written."""
_CHUNK_BYTES: Final = 1 << 22


class Remote:
    """A root on an object store, or on any file system that Arrow knows."""

    def __init__(
        self,
        filesystem: fs.FileSystem,
        root: str,
        lease_s: float = LEASE_S,
        wait_s: float = WAIT_S,
    ) -> None:
        self._files = filesystem
        self._root = root.rstrip("/")
        self._times = lease_s, wait_s

    @classmethod
    def at(cls, uri: str) -> "Remote":
        """Return the remote at `uri`, such as ``s3://bucket/news?region=eu-north-1``.

        Raises:
            ConfigError: the URI names no file system.
            EnvironmentFault: it does not answer.
        """
        try:
            filesystem, root = fs.FileSystem.from_uri(uri)
        except (pa.ArrowInvalid, ValueError) as error:
            raise ConfigError(f"no object store at the URI given: {error}") from error
        except OSError as error:
            raise EnvironmentFault(f"no object store at the URI given: {error}") from error
        return cls(filesystem, root)

    def push(self, layout: Layout) -> int:
        """Bring the current local snapshot here; return how many files had to be sent.

        Raises:
            ContractError: what is current here is another data folder's, or newer.
            EnvironmentFault: the store does not let us write, or another push is at work; what
                was current stays.
        """
        snapshot = snapshot_folder(layout)
        manifest = read_manifest(snapshot)
        with self._writing() as claim:
            self._refuse(manifest, origin(layout))
            sent = sum(self._send(snapshot, file, claim) for file in manifest.files)
            for name in _DOCUMENTS:
                is_origin = name == _ORIGIN
                content = origin(layout).encode() if is_origin else (snapshot / name).read_bytes()
                claim.check()
                self._put(f"snapshots/{manifest.id}/{name}", content)
            claim.check()
        return sent

    @contextmanager
    def _writing(self) -> Iterator[Claim]:
        """Be the only writer here; what the store refuses is the environment's fault."""
        try:
            if not isinstance(self._files, fs.S3FileSystem):
                self._files.create_dir(f"{self._root}/claims", recursive=True)
            with claimed(self._files, self._root, *self._times) as claim:
                yield claim
        except OSError as error:
            msg = f"cannot write to {self._root}: {error}: what was current there stays current"
            raise EnvironmentFault(msg) from error

    def current(self) -> Manifest | None:
        """Return the manifest of the current snapshot; None before the first."""
        there = self._snapshots()
        return self.manifest(there[-1]) if there else None

    def manifest(self, snapshot: str) -> Manifest:
        """Return the manifest of the snapshot with this id.

        Raises:
            ContractError: it is torn, or there is none.
        """
        try:
            content = self._get(f"snapshots/{snapshot}/{_MANIFEST}")
        except FileNotFoundError as error:
            raise ContractError(f"no snapshot {snapshot} in {self._root}") from error
        return from_bytes(content, f"{self._root}/snapshots/{snapshot}")

    def keys(self, manifest: Manifest, table: str) -> list[str]:
        """Return the keys of one table's files, for ``read_parquet(keys, filesystem=...)``."""
        return [f"{self._root}/files/{table}/{file.stored}" for file in manifest.of(table)]

    def expire(self, *, keep: int, younger: timedelta, now: datetime) -> list[str]:
        """Remove old snapshots and the files that no snapshot names; return the ids.

        The current one, the newest `keep` and all younger than `younger` stay. Manifests go
        first, so that a crash leaves files without a manifest and never the reverse.

        Raises:
            EnvironmentFault: as `push`.
        """
        with self._writing() as claim:
            return self._expire(keep, younger, now, claim)

    def _expire(self, keep: int, younger: timedelta, now: datetime, claim: Claim) -> list[str]:
        manifests = [self.manifest(name) for name in self._snapshots()]
        if not manifests:
            return []
        old = manifests[: -max(1, keep)]
        gone = [m.id for m in old if now - m.created >= younger]
        for name in gone:
            claim.renew()
            for document in reversed(_DOCUMENTS):
                self._files.delete_file(f"{self._root}/snapshots/{name}/{document}")
        named = {(f.table, f.stored) for m in manifests if m.id not in gone for f in m.files}
        for info in self._list("files"):
            table, name = info.path.split("/")[-2:]
            if (table, name) not in named:
                claim.renew()
                self._files.delete_file(info.path)
        return gone

    def _refuse(self, manifest: Manifest, who: str) -> None:
        """Refuse when what is current here is another data folder's, or newer than `manifest`."""
        there = self._snapshots()
        if not there or there[-1] == manifest.id:
            return
        if self._get(f"snapshots/{there[-1]}/{_ORIGIN}").decode() != who:
            msg = (
                f"{self._root} holds snapshot {there[-1]} of another data folder: push to another "
                "root, or remove its snapshots if they may be replaced"
            )
            raise ContractError(msg)
        if _sequence(there[-1])[0] >= manifest.sequence:
            msg = (
                f"{self._root} holds snapshot {there[-1]}, which this data folder's "
                f"{manifest.id} does not follow: it is a copy, or was set back; push the newer "
                "folder, or remove the snapshots there if they may be replaced"
            )
            raise ContractError(msg)

    def _send(self, snapshot: Path, file: DataFile, claim: Claim) -> bool:
        claim.renew()
        key = f"{self._root}/files/{file.table}/{file.stored}"
        there = self._files.get_file_info(key)
        if there.type == fs.FileType.File and there.size == file.bytes:
            return False
        with (snapshot / file.table / file.name).open("rb") as source, self._open(key) as target:
            while chunk := source.read(_CHUNK_BYTES):
                target.write(chunk)
                claim.renew()
        return True

    def _put(self, name: str, content: bytes) -> None:
        with self._open(f"{self._root}/{name}") as target:
            target.write(content)

    def _open(self, key: str) -> pa.NativeFile:
        if not isinstance(self._files, fs.S3FileSystem):
            self._files.create_dir(key.rpartition("/")[0], recursive=True)
        return self._files.open_output_stream(key)

    def _get(self, name: str) -> bytes:
        with self._files.open_input_stream(f"{self._root}/{name}") as source:
            return bytes(source.read())

    def _snapshots(self) -> list[str]:
        """Return the ids of all snapshots, in order of their numbers; the last is current."""
        paths = [info.path.split("/") for info in self._list("snapshots")]
        return sorted((path[-2] for path in paths if path[-1] == _MANIFEST), key=_sequence)

    def _list(self, folder: str) -> list[fs.FileInfo]:
        where = fs.FileSelector(f"{self._root}/{folder}", recursive=True, allow_not_found=True)
        return [i for i in self._files.get_file_info(where) if i.type == fs.FileType.File]


def _sequence(snapshot: str) -> tuple[int, str]:
    number, _, content = snapshot.partition("-")
    return int(number), content


def origin(layout: Layout) -> str:
    """Return the id of a data folder, which says who pushes; it is made once."""
    path = layout.state / "origin"
    if not path.is_file():
        write_bytes(secrets.token_hex(8).encode(), path)
    return path.read_text(encoding="ascii")
