"""The protocol on a real S3 server (moto, on loopback)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pandas as pd
import pyarrow as pa
import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs

from tasks.errors import ConfigError, ContractError, EnvironmentFault
from tasks.store.layout import Layout
from tasks.store.remote import Remote
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
