"""The command ``cleancopy``. Each command's module is imported when that command is used.

Exit codes: 0 done; 1 a bug; 2 usage or configuration; 3 done, but some sources failed or pages were
quarantined; 4 a data contract or gate was broken, nothing published; 5 the environment (disk,
folder, library, server); 130 interrupted.
"""

import shlex
import sys
from collections.abc import Sequence
from typing import Final

from cyclopts import App, CycloptsError

from tasks.errors import ConfigError, ContractError, EnvironmentFault, Exit
from tasks.yamlfile import did_you_mean

EPILOGUE: Final = __doc__.partition("\n\n")[2]

COMMANDS: Final = {
    "demo": ("flows.demo:demo", "Run the whole pipeline on a bundled newsroom, offline."),
    "run": ("flows.commands.run:daily", "Fetch what is new and bring it to the dataset."),
    "backfill": ("flows.commands.run:backfill", "Take in saved pages, texts, WARC files or URLs."),
    "reclean": ("flows.commands.run:reclean", "Make all again from stored captures; no network."),
    "diff": ("flows.commands.diff:diff", "Show what a change of rules does to stored pages."),
    "fetch": ("flows.commands.fetch:fetch", "Fetch and capture only."),
    "clean": ("flows.commands.clean:clean", "Print the clean text of files."),
    "explain": ("flows.commands.explain:explain", "Show every block of a page and its reason."),
    "review": ("flows.commands.review:app", "Write pages to review what was removed."),
    "data": ("flows.commands.data:app", "Look into the published dataset."),
    "health": ("flows.commands.health:health", "Show how each site does, and what is in alarm."),
    "quarantine": ("flows.commands.quarantine:app", "What was held back and what failed."),
    "sources": ("flows.commands.sources:app", "List, check, test or add sources."),
    "deploy": ("flows.commands.deploy:deploy", "Put the flows on a Prefect server."),
    "doctor": ("flows.commands.doctor:doctor", "Check this machine and this project."),
}
"""Command -> where it is, and what ``--help`` says of it without importing it."""

DASH: Final = {"-": "/dev/stdin"}
"""cyclopts takes a lone dash for an option without a name."""

FAULTS: Final = {
    ConfigError: Exit.USAGE,
    ContractError: Exit.CONTRACT,
    EnvironmentFault: Exit.ENVIRONMENT,
}


def _app() -> App:
    app = App(
        name="cleancopy",
        help="Turn scraped news into clean Parquet, with a reason for every line removed.",
        help_epilogue=EPILOGUE,
        result_action="return_value",
        version_flags=["--version"],
        suppress_keyboard_interrupt=False,
    )
    for name, (path, text) in COMMANDS.items():
        app.command(path, name=name, help=text)
    return app


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    tokens = list(sys.argv[1:] if argv is None else argv)
    try:
        _check(tokens)
        code = _app()([DASH.get(t, t) for t in tokens], exit_on_error=False, print_error=True)
    except CycloptsError:
        code = Exit.USAGE
    except tuple(FAULTS) as error:
        sys.stderr.write(f"cleancopy: {error}\n")
        code = next(code for kind, code in FAULTS.items() if isinstance(error, kind))
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        code = Exit.DONE
    except KeyboardInterrupt:
        again = shlex.join(["cleancopy", *tokens])
        sys.stderr.write(f"\ncleancopy: interrupted; nothing is lost. To go on: {again}\n")
        code = Exit.INTERRUPTED
    sys.exit(int(code or 0))


def _check(tokens: Sequence[str]) -> None:
    """Refuse an unknown command here: cyclopts would import every command to suggest one."""
    word = tokens[0] if tokens else "--help"
    if not word.startswith("-") and word not in COMMANDS:
        raise ConfigError(f"there is no command {word!r}{did_you_mean(word, COMMANDS)}")


if __name__ == "__main__":
    main()
