"""What holds for processes that this program starts: whose child they are, what they find."""

import ctypes
import gc
import os
import signal
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Final

NEW_OBJECTS: Final = 100_000
"""Made and not yet gone before the collector looks at them; a page of 200 blocks makes 2,000."""

_ONE_THREAD: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""Numeric libraries are kept to one thread a process; Arrow's second allocator, which is not used,
is kept from starting one as soon as it is loaded."""

_PR_SET_PDEATHSIG: Final = 1


def environment() -> dict[str, str]:
    """Return the environment for a child interpreter that finds the modules this one finds.

    With ``-P`` beside it, a folder that happens to be called ``tasks`` where the user stands is
    not mistaken for ours.
    """
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    return os.environ | _ONE_THREAD | {"PYTHONPATH": path}


def end_with(parent: int) -> None:
    """End this process, at once, when the process `parent` that started it ends.

    The kernel does it where it can (Linux); elsewhere a worker ends when its pipe is closed.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent process is gone")


def hide_pandas() -> None:
    """Make pandas impossible to import in this process.

    pyarrow imports it with the first array, which costs a second and 40 MiB, wherever it finds it.
    """
    sys.meta_path.insert(0, _NoPandas())


def collect_seldom() -> None:
    """Have the cyclic garbage collector look at a page's objects a few times, not hundreds.

    All pages of a part live until it is written, and trees are freed by their reference counts;
    with Python's defaults the search for cycles among them took a quarter of a stage's time.
    """
    gc.set_threshold(NEW_OBJECTS, 20, 20)


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)
