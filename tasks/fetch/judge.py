"""What a response means: usable, moved, unchanged, or failed with a slug. Pure."""

from dataclasses import dataclass
from typing import Final

from tasks.errors import PageError
from tasks.fetch.reply import Response
from tasks.urls import fetchable
from tasks.warc.reader import media_of

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
RATE_LIMITS: Final = frozenset({429, 503})
NOT_MODIFIED: Final = 304
PARTIAL: Final = 206


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a response means."""

    error: str = ""  # slug; "" for usable, moved and unchanged
    message: str = ""
    redirect: str = ""  # where to go on


def judge(response: Response, purpose: str, hops: tuple[str, ...], max_redirects: int) -> Outcome:
    """Return what `response` to a request for `purpose` means, after the redirects `hops`."""
    if response.error:
        return Outcome(response.error, response.message)
    if response.status in REDIRECTS:
        return _redirect(response, hops, max_redirects)
    if purpose == "page" and 200 <= response.status < 300:  # noqa: PLR2004
        return _page(response)
    return _status(response.status, purpose)


def unasked(response: Response) -> Outcome:
    """Return what an answer means to a question that was not put: 304 to a plain request."""
    return Outcome("bad-response", f"status {response.status} to a request without a condition")


def _status(status: int, purpose: str) -> Outcome:
    if status == NOT_MODIFIED or (purpose == "robots" and 400 <= status < 500):  # noqa: PLR2004
        return Outcome()  # a site without robots.txt is no failure
    if status in RATE_LIMITS:
        return Outcome("rate-limited", f"status {status}")
    if not 200 <= status < 300:  # noqa: PLR2004
        return Outcome("http-error", f"status {status}")
    return Outcome()


def _page(response: Response) -> Outcome:
    kind = response.get("content-type")
    if response.status == PARTIAL:
        return Outcome("bad-response", "a part of the page, though the whole was asked for")
    if response.wire_bytes == 0:
        return Outcome("empty")
    if response.is_binary or media_of(kind, response.start) == "other":
        return Outcome("not-html", f"content type {kind[:100] or 'not given'}")
    return Outcome()


def _redirect(response: Response, hops: tuple[str, ...], max_redirects: int) -> Outcome:
    location = response.get("location")
    if not location:
        return Outcome("bad-response", f"status {response.status} without Location")
    try:
        target = fetchable(location, response.url)
    except PageError as error:
        slug = "redirect-scheme" if error.slug == "url-scheme" else error.slug
        return Outcome(slug, f"redirect: {error.message}")
    if target == response.url or target in hops:
        return Outcome("redirect-loop", f"back to {target}")
    if len(hops) >= max_redirects:
        return Outcome("redirect-limit", f"over {max_redirects} redirects")
    return Outcome(redirect=target)
