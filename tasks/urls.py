"""URLs as identities: the canonical URL of an article, its site, its id. No network, no files.

Two laws. A canonical URL never merges two articles: a query key is dropped only when it is in
`TRACKERS`, where it stands with its origin; keys that look alike but name articles (``id``,
``cid``, ``uid``, ``p``, ``story``) stay. And canonicalising twice changes nothing; nor does the
order of differently named query keys.

What is *fetched* is the URL as found (`fetchable`); what is *stored and compared* is `canonical`.
"""

import hashlib
import re
from functools import lru_cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote_to_bytes

import ada_url
from tld import get_tld

from tasks.errors import PageError

TRACKERS: Final[dict[str, str]] = {
    # A trailing * stands for any rest of the key. Keys compare in lower case.
    "utm_*": "Urchin and Google Analytics campaigns",
    "gclid": "Google Ads click",
    "dclid": "Google Display click",
    "gbraid": "Google Ads click from an app",
    "wbraid": "Google Ads click from the web to an app",
    "gad_source": "Google Ads source",
    "srsltid": "Google Merchant click",
    "_ga": "Google Analytics visitor, across domains",
    "_gl": "Google Analytics visitor, across domains",
    "fbclid": "Facebook click",
    "fb_action_ids": "Facebook share",
    "fb_action_types": "Facebook share",
    "fb_ref": "Facebook share",
    "fb_source": "Facebook share",
    "mibextid": "Facebook app share",
    "igshid": "Instagram share",
    "igsh": "Instagram share",
    "twclid": "Twitter click",
    "ref_src": "Twitter embed",
    "__twitter_impression": "Twitter AMP view",
    "ttclid": "TikTok click",
    "li_fat_id": "LinkedIn click",
    "msclkid": "Microsoft Ads click",
    "yclid": "Yandex click",
    "ysclid": "Yandex search click",
    "_openstat": "Openstat campaign",
    "mc_cid": "Mailchimp campaign",
    "mc_eid": "Mailchimp reader",
    "mkt_tok": "Marketo reader",
    "_hsenc": "HubSpot mail",
    "_hsmi": "HubSpot mail",
    "hsa_*": "HubSpot ads",
    "vero_id": "Vero mail campaign",
    "oly_anon_id": "Omeda reader",
    "oly_enc_id": "Omeda reader",
    "wickedid": "Wicked Reports click",
    "epik": "Pinterest click",
    "s_kwcid": "Adobe Advertising keyword",
    "s_cid": "Adobe Analytics campaign",
    "wt_mc": "Webtrekk campaign",
    "pk_*": "Matomo campaign",
    "mtm_*": "Matomo campaign",
    "piwik_*": "Matomo campaign",
    "matomo_*": "Matomo campaign",
    "xtor": "AT Internet campaign",
    "at_medium": "Piano (AT Internet) campaign",
    "at_campaign": "Piano (AT Internet) campaign",
    "at_custom*": "Piano (AT Internet) campaign",
    "ns_mchannel": "comScore campaign",
    "ns_source": "comScore campaign",
    "ns_campaign": "comScore campaign",
    "ns_linkname": "comScore campaign",
    "ns_fee": "comScore campaign",
    "soc_src": "social share of Yahoo",
    "soc_trk": "social share of Yahoo",
    "guccounter": "consent redirect of Yahoo",
    "guce_referrer": "consent redirect of Yahoo",
    "guce_referrer_sig": "consent redirect of Yahoo",
    "cmpid": "campaign of Bloomberg and others",
    "ocid": "campaign of MSN and the BBC",
    "smid": "social share of the New York Times",
    "smtyp": "social share of the New York Times",
    "intcid": "in-site promotion of Condé Nast",
    "icid": "in-site promotion",
    "ftag": "campaign of CBS",
    "phpsessid": "session of PHP",
    "jsessionid": "session of Java servlets",
}

_EXACT: Final = frozenset(k for k in TRACKERS if not k.endswith("*"))
_PREFIXES: Final = tuple(k[:-1] for k in TRACKERS if k.endswith("*"))

_UNSAFE = re.compile(
    # C0, DEL and C1 controls but tab and line ends (those are dropped, as browsers do), and the
    # marks that change the direction of text, so that a URL reads as another one
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
    # percent-encoded only what no slug holds: NUL and the direction overrides
    "|%00|%E2%80%A[A-E]|%E2%81%A[6-9]",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED: Final = "-._~"  # with letters and digits, RFC 3986 section 2.3
_SESSION_PATH = re.compile(r";jsessionid=[^/?]*", re.IGNORECASE)
_AMP_CACHES: Final = ("cdn.ampproject.org", "www.google.com", "amp.cloudflare.com")
MAX_URL_CHARS: Final = 4096


def fetchable(url: str, base: str = "") -> str:
    """Return `url`, made absolute against `base`, as it is requested: WHATWG form, no fragment.

    >>> fetchable("../b?x=1#top", "http://Example.com:80/a/")
    'http://example.com/b?x=1'

    Raises:
        PageError: "bad-url", "url-scheme", "url-credentials" or "url-characters".
    """
    url = url.strip()
    if len(url) > MAX_URL_CHARS:
        raise PageError("bad-url", f"longer than {MAX_URL_CHARS} characters")
    if _UNSAFE.search(url):
        raise PageError("url-characters", "control or direction characters in the URL")
    try:
        parsed = ada_url.URL(url, base=base or None)
    except ValueError as error:
        raise PageError("bad-url", f"not an absolute URL: {url[:200]}") from error
    if parsed.protocol not in {"http:", "https:"}:
        raise PageError("url-scheme", f"not http or https: {parsed.protocol}")
    if parsed.username or parsed.password:
        raise PageError("url-credentials", "the URL carries a user name or password")
    if not parsed.hostname.strip("."):
        raise PageError("bad-url", "no host")
    if not parsed.hash.startswith("#!"):
        parsed.hash = ""
    return str(parsed.href)


def canonical(url: str) -> str:
    """Return the identity of `url`: what two links to one article have in common.

    >>> canonical("HTTPS://News.Example.:443/a/./%7Ejo?utm_source=x&id=7&b=%c3%a4#top")
    'https://news.example/a/~jo?b=%C3%A4&id=7'
    >>> canonical("http://news.example/?p=12&cid=3&fbclid=Iw")
    'http://news.example/?cid=3&p=12'
    >>> canonical("file:///pages/a.html")
    'file:///pages/a.html'

    Raises:
        PageError: as `fetchable`.
    """
    if url.startswith("file:"):
        return url
    parsed = ada_url.URL(fetchable(url))
    parsed.hostname = parsed.hostname.rstrip(".")
    parsed.pathname = _SESSION_PATH.sub("", _normal_escapes(parsed.pathname))
    parsed.search = _normal_query(parsed.search.removeprefix("?"))
    parsed.hash = _normal_escapes(parsed.hash)
    return str(parsed.href)


@lru_cache(maxsize=256)
def resolve_canonical(page_url: str, declared: str) -> str:
    """Return the canonical URL of a page whose ``rel=canonical`` says `declared` ("": nothing).

    The declaration is believed, which resolves AMP and mobile variants, unless it would merge
    articles: it points to another registered domain (but an AMP cache may), to the front page, or
    loses a query key of the page without which the path is the same.

    >>> resolve_canonical("https://m.news.example/amp/rain-7", "https://www.news.example/rain-7")
    'https://www.news.example/rain-7'
    >>> resolve_canonical("https://news.example/story.php?id=7", "https://news.example/story.php")
    'https://news.example/story.php?id=7'
    """
    own = canonical(page_url)
    if not declared.strip() or own.startswith("file:"):
        return own
    try:
        other = canonical(fetchable(declared, page_url))
    except PageError:
        return own
    return own if other == own or _merges(own, other) else other


def _merges(own: str, other: str) -> bool:
    """Return whether to believe that `own` is `other` would make two articles one."""
    ours, theirs = ada_url.URL(own), ada_url.URL(other)
    if site(own) != site(other) and not _is_amp_cache(ours.hostname):
        return True
    if theirs.pathname == "/" and not theirs.search and ours.pathname != "/":
        return True
    return bool(theirs.pathname == ours.pathname and ours.search and not theirs.search)


def site(url: str) -> str:
    """Return the registered domain of `url`: what one publisher can own; for an address, itself.

    >>> site("https://www.news.co.uk/a"), site("http://amp.courier.example/"), site("http://127.0.0.1:8/")
    ('news.co.uk', 'courier.example', '127.0.0.1')
    """
    try:
        return registered_domain(ada_url.URL(url).hostname)
    except ValueError:
        return ""


@lru_cache(maxsize=65_536)
def registered_domain(host: str) -> str:
    """Return the registered domain of `host`, by the public suffix list that `tld` ships."""
    host = host.rstrip(".").lower()
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        pass
    found = get_tld(f"http://{host}/", as_object=True, fail_silently=True, search_private=True)
    if found is not None and not isinstance(found, str) and found.fld:
        return str(found.fld)
    return ".".join(host.split(".")[-2:])


def article_id(canonical_url: str) -> str:
    """Return the id of the article at `canonical_url`: 32 hex digits.

    >>> article_id("http://news.example/a")
    'b88ad5438309462839f7da92f54365d4'
    """
    return hashlib.sha256(canonical_url.encode()).hexdigest()[:32]


def host_of(url: str) -> str:
    """Return host and port of `url`, as politeness counts hosts: "news.example" or "h:8080"."""
    parsed = ada_url.URL(url)
    return str(parsed.host)


def origin_of(url: str) -> str:
    """Return scheme, host and port of `url`, as robots.txt counts them: "http://h:8080"."""
    return str(ada_url.URL(url).origin)


def _is_amp_cache(host: str) -> bool:
    return any(host == cache or host.endswith("." + cache) for cache in _AMP_CACHES)


def _normal_query(query: str) -> str:
    """Drop trackers and empty parts, sort by key (equal keys keep their order)."""
    parts = [_normal_escapes(part) for part in query.split("&") if part]
    kept = [part for part in parts if not _is_tracker(part.split("=", 1)[0])]
    return "&".join(sorted(kept, key=lambda part: part.split("=", 1)[0]))


def _is_tracker(key: str) -> bool:
    key = unquote_to_bytes(key).decode("utf-8", "replace").lower()
    return key in _EXACT or key.startswith(_PREFIXES)


def _normal_escapes(text: str) -> str:
    """Decode escapes of unreserved characters; all others in upper case; a stray % as %25."""

    def normal(run: re.Match[str]) -> str:
        return "".join(
            char if (char := chr(byte)) in _UNRESERVED or (char.isascii() and char.isalnum())
            else f"%{byte:02X}"
            for byte in bytes.fromhex(run.group().replace("%", ""))
        )  # fmt: skip

    return _ESCAPE.sub(normal, _STRAY_PERCENT.sub("%25", text))
