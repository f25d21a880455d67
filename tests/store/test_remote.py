"""The protocol on a real S3 server (moto, on loopback)."""

import itertools
import operator
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import boto3
import pandas as pd
import pyarrow as pa
import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs

from tasks.errors import ConfigError, ContractError, EnvironmentFault
from tasks.publish import partition as publish
from tasks.store.claim import Claim, claimed
from tasks.store.layout import Layout
from tasks.store.remote import Remote
from tasks.store.snapshot import snapshot_folder
from tests.synthetic import NOON, finished, publish_pages


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, request: pytest.FixtureRequest) -> str:
    name = f"news-{abs(hash(request.node.nodeid))}"
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{endpoint}",
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",  # noqa: S106
    )
    client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def store(endpoint: str) -> fs.S3FileSystem:
    return fs.S3FileSystem(
        access_key="key",
        secret_key="secret",  # noqa: S106
        region="us-east-1",
        scheme="http",
        endpoint_override=endpoint,
    )


@pytest.fixture
def remote(store: fs.S3FileSystem, bucket: str) -> Remote:
    return Remote(store, f"{bucket}/clean")


def grow(data: Path, day: int) -> Layout:
    pages = [finished(f"day-{day}-{i}", at=NOON + timedelta(days=day)) for i in range(3)]
    publish_pages(data, pages, partition=f"day-{day}")
    return Layout(data)


def rows(remote: Remote, store: fs.S3FileSystem) -> int:
    manifest = remote.current()
    assert manifest is not None
    return len(pd.read_parquet(remote.keys(manifest, "articles"), filesystem=store))


def test_a_pushed_snapshot_is_read_by_its_keys(
    tmp_path: Path, remote: Remote, store: fs.S3FileSystem
) -> None:
    assert remote.current() is None
    first = remote.push(grow(tmp_path, 0))
    assert rows(remote, store) == 3
    again = remote.push(grow(tmp_path, 1))
    assert rows(remote, store) == 6
    assert again < first, "files that were there are not sent again"
    assert remote.push(Layout(tmp_path)) == 0


def test_a_crash_at_any_write_leaves_what_was_current(
    tmp_path: Path, store: fs.S3FileSystem, bucket: str
) -> None:
    remote = Remote(store, f"{bucket}/clean")
    remote.push(grow(tmp_path, 0))
    layout = grow(tmp_path, 1)
    writes = 0
    while True:
        dying = Remote(Dying(store, after=writes), f"{bucket}/clean")
        try:
            dying.push(layout)
        except KeyboardInterrupt:
            assert rows(remote, store) == 3, f"after {writes} writes"
            writes += 1
        else:
            break
    assert writes > 3
    assert rows(remote, store) == 6


class Dying:
    """A file system that is interrupted before its write number `after`, as Ctrl-C would."""

    def __init__(self, store: fs.S3FileSystem, after: int) -> None:
        self._store = store
        self._left = after

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def open_output_stream(self, key: str) -> pa.NativeFile:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        return self._store.open_output_stream(key)

    def create_dir(self, path: str, *, recursive: bool) -> None:
        """S3 has no folders."""


class Watched:
    """A file system that writes down who wrote and removed what, and waits where a test says so."""

    def __init__(self, store: fs.S3FileSystem, who: str, log: list[tuple[str, str]]) -> None:
        self._store, self._who, self._log = store, who, log
        self.meet: threading.Barrier | None = None  # once, between a claim and the look around

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def open_output_stream(self, key: str) -> pa.NativeFile:
        if "/claims/" not in key:
            self._log.append((self._who, key))
        return self._store.open_output_stream(key)

    def get_file_info(self, what: object) -> object:
        meet, self.meet = self.meet, None
        if meet is not None:
            meet.wait(60)
        return self._store.get_file_info(what)

    def create_dir(self, path: str, *, recursive: bool) -> None:
        """S3 has no folders."""


def at_once(pushes: Sequence[Callable[[], object]]) -> list[object]:
    """Do all at the same time; returns what each returned or raised."""
    with ThreadPoolExecutor(len(pushes)) as pool:
        futures = [pool.submit(push) for push in pushes]
    return [future.exception() or future.result() for future in futures]


def test_of_pushes_at_once_one_writes_after_the_other(
    tmp_path: Path, store: fs.S3FileSystem, bucket: str
) -> None:
    """All have claimed before any looks around: the worst there is."""
    layout = grow(tmp_path, 0)
    log: list[tuple[str, str]] = []
    stores = [Watched(store, str(number), log) for number in range(3)]
    meet = threading.Barrier(len(stores))
    for watched in stores:
        watched.meet = meet
    remotes = [Remote(watched, f"{bucket}/clean") for watched in stores]
    results = at_once([partial(remote.push, layout) for remote in remotes])
    assert sorted(map(bool, results)) == [False, False, True], results
    turns = [who for who, _ in itertools.groupby(log, key=operator.itemgetter(0))]
    assert sorted(turns) == ["0", "1", "2"], "nobody wrote between another's first and last"
    assert rows(Remote(store, f"{bucket}/clean"), store) == 3
    assert not store.get_file_info(fs.FileSelector(f"{bucket}/clean/claims", allow_not_found=True))


def test_of_two_folders_that_grew_apart_one_is_pushed_and_one_refused(
    tmp_path: Path, store: fs.S3FileSystem, bucket: str
) -> None:
    remote = Remote(store, f"{bucket}/clean")
    remote.push(grow(tmp_path / "one", 0))
    shutil.copytree(tmp_path / "one", tmp_path / "two", symlinks=True)
    layouts = [grow(tmp_path / "one", 1), grow(tmp_path / "two", 2)]
    results = at_once([partial(remote.push, layout) for layout in layouts])
    refused = [result for result in results if isinstance(result, ContractError)]
    assert len(refused) == 1
    assert "does not follow" in str(refused[0])
    won = layouts[0 if results[1] is refused[0] else 1]
    manifest = remote.current()
    assert manifest is not None
    assert manifest.id == snapshot_folder(won).name
    assert rows(remote, store) == 6


def test_a_push_and_an_expiry_at_once(tmp_path: Path, store: fs.S3FileSystem, bucket: str) -> None:
    """Expiry removes files that no snapshot names: those of a push under way among them."""
    remote = Remote(store, f"{bucket}/clean")
    for day in range(4):
        layout = grow(tmp_path, day)
        expire = partial(remote.expire, keep=1, younger=timedelta(0), now=datetime.now(UTC))
        results = at_once([partial(remote.push, layout), expire, expire])
        assert not [result for result in results if isinstance(result, Exception)]
        assert rows(remote, store) == 3 * (day + 1)


def test_the_claim_of_a_killed_push_ends_with_its_lease(
    tmp_path: Path, store: fs.S3FileSystem, bucket: str
) -> None:
    layout, root = grow(tmp_path, 0), f"{bucket}/clean"
    left = Claim(store, f"{root}/claims/left.json", "a machine that is gone", 900)
    left.write()
    with pytest.raises(EnvironmentFault, match="by a machine that is gone, or was killed"):
        Remote(store, root, wait_s=0).push(layout)
    assert Remote(store, root, lease_s=1, wait_s=60).push(layout)
    assert Remote(store, root).current() is not None
    with pytest.raises(FileNotFoundError):
        store.open_input_stream(left.key)


def test_who_stood_still_writes_no_more(store: fs.S3FileSystem, bucket: str) -> None:
    with claimed(store, f"{bucket}/clean", lease_s=2) as claim:
        claim.check()
        time.sleep(1.1)
        with pytest.raises(EnvironmentFault, match="stood still for 1 s"):
            claim.renew()


class Frozen:
    """A file system that stands still before the manifest is written, until it is told to go on."""

    def __init__(self, store: fs.S3FileSystem) -> None:
        self._store = store
        self.stands, self.goes_on = threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def open_output_stream(self, key: str) -> pa.NativeFile:
        if key.endswith("manifest.json"):
            self.stands.set()
            assert self.goes_on.wait(60)
        return self._store.open_output_stream(key)

    def create_dir(self, path: str, *, recursive: bool) -> None:
        """S3 has no folders."""


def test_a_writer_that_wakes_late_changes_nothing_for_readers(
    tmp_path: Path, store: fs.S3FileSystem, bucket: str
) -> None:
    """It stood still just before its switch, for longer than its claim counts.

    Meanwhile another machine pushed the next snapshot and expired the files of this one.
    """
    root = f"{bucket}/clean"
    grow(tmp_path, 0)
    layout = grow(tmp_path, 1)
    frozen = Frozen(store)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(Remote(frozen, root, lease_s=2).push, layout)
        try:
            assert frozen.stands.wait(60)
            publish.compact(tmp_path, "run-c", before="2099-01-01")
            quick = Remote(store, root, lease_s=2)
            quick.push(layout)
            quick.expire(keep=1, younger=timedelta(0), now=datetime.now(UTC))
        finally:
            frozen.goes_on.set()
        with pytest.raises(EnvironmentFault, match="stood still"):
            late.result(60)
    manifest = quick.current()
    assert manifest is not None
    assert manifest.id == snapshot_folder(layout).name
    assert rows(quick, store) == 6


def test_the_example_for_analysts_reads_what_was_pushed(
    tmp_path: Path, remote: Remote, endpoint: str, bucket: str
) -> None:
    remote.push(grow(tmp_path, 0))
    remote.push(grow(tmp_path, 1))
    guide = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text(encoding="utf-8")
    code = re.findall(r"```python-s3\n(.*?)```", guide, re.DOTALL)
    where = f"s3://key:secret@{bucket}/clean?region=us-east-1&scheme=http"
    done = subprocess.run(
        [sys.executable, "-c", *code],
        env=os.environ | {"NEWS": f"{where}&endpoint_override={endpoint}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("6\n", "")


def test_expiry_removes_what_no_snapshot_names(
    tmp_path: Path, remote: Remote, store: fs.S3FileSystem
) -> None:
    held = []
    for day in range(3):
        remote.push(grow(tmp_path, day))
        manifest = remote.current()
        assert manifest is not None
        held.append(manifest)
    now = datetime.now(UTC)
    assert remote.expire(keep=1, younger=timedelta(days=1), now=now) == []
    assert remote.expire(keep=2, younger=timedelta(0), now=now) == [held[0].id]
    assert rows(remote, store) == 9
    assert len(pd.read_parquet(remote.keys(held[1], "articles"), filesystem=store)) == 6
    with pytest.raises(ContractError, match="no snapshot"):
        remote.manifest(held[0].id)


def test_another_data_folder_is_refused(tmp_path: Path, remote: Remote) -> None:
    remote.push(grow(tmp_path / "one", 0))
    with pytest.raises(ContractError, match="another data folder"):
        remote.push(grow(tmp_path / "two", 1))


def test_a_bucket_that_is_not_there_is_told(tmp_path: Path, store: fs.S3FileSystem) -> None:
    with pytest.raises(EnvironmentFault, match="cannot write to nowhere"):
        Remote(store, "nowhere/clean").push(grow(tmp_path, 0))
    with pytest.raises(ConfigError, match="no object store"):
        Remote.at("news://bucket")


def test_a_folder_is_a_remote_too(tmp_path: Path) -> None:
    remote = Remote.at(f"file://{tmp_path}/mirror")
    remote.push(grow(tmp_path / "data", 0))
    manifest = remote.current()
    assert manifest is not None
    assert len(pd.read_parquet(remote.keys(manifest, "articles"))) == 3
