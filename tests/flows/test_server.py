"""What is said when the embedded server does not come up."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from flows.server import Server
from tasks.errors import EnvironmentFault
from tasks.process import environment


@pytest.fixture
def ended(tmp_path: Path) -> Server:
    """A server whose process has ended before it answered."""
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(1)"])
    process.wait()
    return Server("http://127.0.0.1:9/api", tmp_path / "server.log", process)


def test_the_log_is_named(ended: Server) -> None:
    with pytest.raises(EnvironmentFault, match=r"does not answer: see .*server\.log"):
        ended.wait()


def test_a_home_that_takes_no_more_bytes_is_named(ended: Server) -> None:
    """The kernel refuses to write beyond a file size, as on a full disk."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, old[1]))
    try:
        with pytest.raises(EnvironmentFault, match=r"cannot write .*: the file is larger than"):
            ended.wait()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def test_the_server_loads_nothing_of_ours_that_takes_time() -> None:
    program = "import sys, flows.server; sys.exit('pyarrow' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], env=environment(), check=True)
