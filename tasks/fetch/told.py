"""What the log of a run hears of attempts that failed: why, of the first ones."""

import logging
from collections.abc import Mapping
from typing import Any, Final

LOG: Final = logging.getLogger(__name__)
MAX_TOLD: Final = 20


class Failures:
    """Tells the log of a run why attempts failed: of the first ones, the others are counted."""

    def __init__(self) -> None:
        self._told = 0

    def tell(self, row: Mapping[str, Any]) -> None:
        """Log a row of `fetches` if it has an error."""
        if not row["error"] or self._told > MAX_TOLD:
            return
        self._told += 1
        if self._told > MAX_TOLD:
            LOG.warning("more failed; all are in the table fetches")
        else:
            why = ": ".join(filter(None, (row["error"], row["message"])))
            LOG.warning("%s: %s", row["url"], why)
