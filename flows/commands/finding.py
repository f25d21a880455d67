"""One finding of ``cleancopy doctor``."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; `advice` says what to do when it is not well."""

    name: str
    level: str  # "ok", "note" or "bad"
    found: str
    advice: str = ""
