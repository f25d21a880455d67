"""What holds for every test."""

import signal


def pytest_configure() -> None:
    """Let children be interrupted: a shell's background job hands down that SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
