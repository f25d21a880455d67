"""What can go wrong, in four kinds, and the slugs by which a page's failure is known.

- `PageError`: one page could not be processed. It ends as a quarantine row; the run goes on.
- `ConfigError`: configuration or usage is wrong. The run stops before it starts (exit code 2).
- `ContractError`: data broke its contract or a gate. Nothing is published (exit code 4).
- `EnvironmentFault`: disk, folder, library or server is not as needed (exit code 5).
"""

from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    """Exit codes of every command; README and ``--help`` list the same."""

    DONE = 0
    BUG = 1
    USAGE = 2
    PARTIAL = 3  # done, but some sources failed or pages were quarantined
    CONTRACT = 4  # data contract or health gate broken, nothing published
    ENVIRONMENT = 5
    INTERRUPTED = 130


SLUGS: Final[dict[str, str]] = {
    "bad-certificate": "the server's TLS certificate could not be verified",
    "bad-compression": "the body's content encoding is broken or unknown",
    "bad-response": "the server's answer broke the rules of HTTP",
    "bad-tls": "the TLS handshake failed",
    "bad-url": "the URL is not a valid absolute http or https URL",
    "blocked-by-robots": "robots.txt disallows the URL for our user agent",
    "circuit-open": "the host failed too often in this run; it is left alone for a while",
    "compression-bomb": "the body grows past the limit when decompressed",
    "bug": "a stage failed on the page in a way nobody foresaw: please report it",
    "connect-failed": "no connection to the host",
    "connect-timeout": "no connection to the host within the limit",
    "crash": "the page killed its worker process",
    "dns-failed": "the host name could not be resolved",
    "empty": "the response or file holds no bytes",
    "encoding": "the bytes could not be decoded to text",
    "feed-entities": "the XML declares entities or a document type with them",
    "feed-parse": "the feed or sitemap could not be parsed",
    "headers-too-large": "the response headers are over the limit",
    "http-error": "the server answered with an error status",
    "ledger": "kept + moved + removed did not add up to the page's blocks: a bug, never published",
    "length-mismatch": "more bytes than Content-Length said",
    "memory": "the page filled its worker's memory",
    "no-content": "no article text was found on the page",
    "no-response": "the server closed the connection without a response",
    "not-html": "the content type is neither HTML nor text",
    "parse": "the bytes could not be parsed as HTML",
    "private-address": "the host resolves to an address that is not public",
    "rate-limited": "the server asked to come back later (429 or 503)",
    "read-timeout": "the server fell silent",
    "redirect-limit": "more redirects than allowed",
    "redirect-loop": "the redirects lead back to a URL already visited",
    "redirect-scheme": "a redirect leaves http and https",
    "robots-unreachable": "robots.txt could not be read, so everything is taken as disallowed",
    "run-deadline": "the time of the run was over; the next run will fetch it",
    "sitemap-limit": "sitemaps over the limits of depth, number or entries",
    "timeout": "the page took longer than its deadline",
    "too-large": "the body is over the byte limit",
    "too-short": "less text than an article has",
    "too-slow": "bytes came slower than the least rate",
    "truncated": "the connection ended before the body did",
    "unreadable": "the file or record could not be read",
    "url-characters": "the URL holds control or direction characters",
    "url-credentials": "the URL carries a user name or password",
    "url-scheme": "the URL is neither http nor https",
}
"""Slug -> meaning. A stage may add its own; a slug, once published, keeps its meaning."""


class PageError(Exception):
    """One page could not be processed: its slug, and a message for people.

    >>> str(PageError("timeout", "over 20 s"))
    'timeout: over 20 s'
    """

    def __init__(self, slug: str, message: str = "") -> None:
        if slug not in SLUGS:
            msg = f"unknown slug {slug!r}"
            raise ValueError(msg)
        super().__init__(slug, message)
        self.slug = slug
        self.message = message or SLUGS[slug]

    def __str__(self) -> str:
        return f"{self.slug}: {self.message}"


class ConfigError(ValueError):
    """A configuration file or an option cannot be used; the message names file, line, column."""


class ContractError(Exception):
    """A dataset broke its schema, its manifest or a health gate; nothing was published."""


class EnvironmentFault(Exception):  # noqa: N818  a state of the machine, not of the program
    """Disk full, folder not writable, library missing, server unreachable; says what to do."""
