"""Run one stage on one partition, without Prefect: ``python -m tasks extract 2026-11-24``.

Standard output is one JSON line, the stage's report; everything else goes to standard error. The
exit status is one of `tasks.errors.Exit`. Two stages never work on one partition at a time.
"""

import argparse
import importlib
import json
import logging
import resource
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NoReturn

from tasks.errors import ConfigError, ContractError, EnvironmentFault, Exit
from tasks.process import collect_seldom, end_with, hide_pandas
from tasks.progress import Lines, listening
from tasks.runs import ACROSS
from tasks.settings import default_folder
from tasks.store.layout import Layout, checked
from tasks.store.lock import held

STAGES: Final = {
    "fetch": ("tasks.fetch.partition", "tasks.sources.FetchOptions"),
    "capture": ("tasks.fetch.files", "tasks.sources.FileOptions"),
    "extract": ("tasks.extract.partition", ""),
    "remember": ("tasks.clean.remember", ""),
    "clean": ("tasks.clean.partition", ""),
    "normalise": ("tasks.normalise.partition", ""),
    "dedup": ("tasks.dedup.partition", "tasks.store.options.DedupOptions"),
    "health": ("tasks.health.partition", ""),
    "publish": ("tasks.publish.partition", "tasks.store.options.PublishOptions"),
    "compact": ("tasks.publish.compact", "tasks.store.options.CompactOptions"),
    "replay": ("tasks.replay.partition", "tasks.store.options.ReplayOptions"),
    "report": ("tasks.publish.report", "tasks.store.options.ReportOptions"),
}
"""Stage -> the module whose ``run`` does it, and the model of its ``--options``, if any."""

PANDAS: Final = {"publish", "compact"}
"""Stages that use pandas; the others are quicker without."""

FAULTS: Final = (
    (ConfigError, Exit.USAGE),
    (ContractError, Exit.CONTRACT),
    (EnvironmentFault, Exit.ENVIRONMENT),
)


def main(argv: Sequence[str]) -> int:
    """Run the stage that the command line names, print its report, and return the exit status."""
    args = _parser().parse_args(argv)
    if args.end_with:
        end_with(args.end_with)
    if args.stage not in PANDAS:
        hide_pandas()
    collect_seldom()
    signal.signal(signal.SIGTERM, _interrupted)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("tasks").setLevel(logging.INFO)
    try:
        with listening(Lines()):
            report = run(
                args.stage, args.partition, args.data, args.config, args.run_id, args.options
            )
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except tuple(kind for kind, _ in FAULTS) as error:
        sys.stderr.write(f"{error}\n")
        return next(code for kind, code in FAULTS if isinstance(error, kind))
    except Exception:  # noqa: BLE001  the last handler: a bug, told whole
        traceback.print_exc()
        return Exit.BUG
    sys.stdout.write(json.dumps(report, default=str) + "\n")
    return Exit.DONE


def run(
    stage: str, partition: str, data: Path, config: Path, run_id: str, options: str
) -> dict[str, Any]:
    """Run a stage and return its report, with the seconds it took: on the clock, and of CPUs.

    Raises:
        ConfigError, ContractError, EnvironmentFault: as the stage raised them.
    """
    module, model = STAGES[stage]
    lock = Layout(data).lock(f"partition-{checked(partition)}")
    with nullcontext() if stage in ACROSS else held(lock, who=run_id):
        started = time.monotonic()
        call = importlib.import_module(module).run
        given = [_options(model, options)] if model else []
        report = asdict(call(partition, data, config, run_id, *given))
        return report | {"seconds": round(time.monotonic() - started, 2), "cpu_s": _cpu_s()}


def _cpu_s() -> float:
    """Return the CPU seconds of this process and of all workers it has ended."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(one) for one in who]
    return round(sum(one.ru_utime + one.ru_stime for one in used), 2)


def _options(model: str, options: str) -> object:
    module, _, name = model.rpartition(".")
    kind = getattr(importlib.import_module(module), name)
    try:
        return kind.model_validate_json(options)
    except ValueError as error:
        raise ConfigError(f"--options: {error}") from error


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tasks", description=__doc__)
    parser.add_argument("stage", choices=list(STAGES))
    parser.add_argument("partition", help="a date, or the name of a backfill")
    parser.add_argument("--data", type=Path, default=default_folder("data"))
    parser.add_argument("--config", type=Path, default=default_folder("config"))
    parser.add_argument("--run-id", default="by-hand", help="written into the rows")
    parser.add_argument("--options", default="{}", help="JSON, what the stage may be told")
    parser.add_argument("--end-with", type=int, default=0, metavar="PID", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
