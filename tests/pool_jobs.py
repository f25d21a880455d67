"""What tests/test_pool.py lets worker processes do: each function is imported by name there."""

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from tasks.errors import EnvironmentFault, PageError

Tick = Callable[[int], None]
Bad = Mapping[int, PageError]


def work(items: Sequence[str], tick: Tick, bad: Bad) -> list[str]:
    """Do what each item says: upper-case it, or hang, die, swell or raise."""
    out = []
    for index, item in enumerate(items):
        if index in bad:
            out.append(f"{bad[index].slug}")
            continue
        tick(index)
        out.append(_do(item))
    return out


def _do(item: str) -> str:
    verb, _, rest = item.partition(" ")
    if verb == "hang":
        re.match(r"(a+)+$", "a" * 60 + "b")  # never returns, and holds the interpreter's lock
    elif verb == "exit":
        os._exit(7)
    elif verb == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif verb == "swell":
        _swell()
    elif verb == "raise":
        raise ValueError(rest)
    elif verb == "refuse":
        raise EnvironmentFault(rest)
    elif verb == "once":
        _die_once(Path(rest))
    elif verb == "sleep":
        time.sleep(float(rest))
    return item.upper()


def _swell() -> None:
    hoard = []
    while True:
        hoard.append(bytearray(16 * 2**20))
        time.sleep(0.005)


def _die_once(mark: Path) -> None:
    if not mark.exists():
        mark.touch()
        os._exit(1)


def who(items: Sequence[int], tick: Tick, bad: Bad) -> tuple[int, list[str]]:
    """Return the worker's process id and its imported top-level modules."""
    del bad
    for index, _ in enumerate(items):
        tick(index)
    pa.array([1])  # would import pandas, left to itself
    loaded = [name.partition(".")[0] for name, module in sys.modules.items() if module]
    return os.getpid(), sorted(set(loaded))


def never_steps_over(items: Sequence[str], tick: Tick, bad: Bad) -> None:
    del items, bad
    tick(0)
    os._exit(3)


def dies_at_start(items: Sequence[str], tick: Tick, bad: Bad) -> None:
    del items, tick, bad
    os._exit(3)


_WARMED_BY = 0


def warm() -> None:
    global _WARMED_BY  # noqa: PLW0603  what a fork inherits is the state of its modules
    _WARMED_BY = os.getpid()


def warmed_by(items: Sequence[int], tick: Tick, bad: Bad) -> tuple[int, int]:
    """Return the worker's process id, and that of the process which was warmed for it."""
    del bad
    for index, _ in enumerate(items):
        tick(index)
    return os.getpid(), _WARMED_BY


def fails_to_warm() -> None:
    import tests.no_such_module  # noqa: F401, PLC0415


def needs_what_is_not(items: Sequence[str], tick: Tick, bad: Bad) -> None:
    del items, tick, bad
    fails_to_warm()


def starts_a_thread() -> None:
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
