"""``cleancopy sources``: list and check what is fetched, try a source, add one."""

from collections import Counter
from typing import Any

from cyclopts import App

from flows.commands.common import Common, note, out, out_json
from tasks.errors import ConfigError, Exit, PageError
from tasks.fetch.entry import add as write_entry
from tasks.fetch.entry import entry_of, source_of
from tasks.fetch.probe import Found, probe
from tasks.page import process
from tasks.rules import RuleBook, load_rules
from tasks.schema import Capture, Failure
from tasks.settings import load_settings
from tasks.sources import Source, load_sources
from tasks.text import count_words
from tasks.urls import fetchable, site
from tasks.yamlfile import did_you_mean

app = App(name="sources", help="List, check, test or add sources.", result_action="return_value")

_SHOWN_CHARS = 70


@app.command(name="list")
def show(*, common: Common = Common()) -> None:  # noqa: B008
    """Print the sources, one a line, and which have rules of their own in config/sites."""
    for source in load_sources(common.config_folder):
        if common.json:
            out_json(source.model_dump(mode="json") | {"site_rules": _own_rules(source, common)})
            continue
        off = "" if source.enabled else "  (off)"
        counts = f"{len(source.feeds)} feeds, {len(source.sitemaps)} sitemaps"
        own = _own_rules(source, common)
        more = f"  (rules: {own})" if own else ""
        out(f"{source.id:30} {counts:22} {source.homepage}{more}{off}")


def _own_rules(source: Source, common: Common) -> str:
    """Return the file of rules for the source's site only, below the config folder; or ""."""
    name = f"sites/{site(source.homepage)}.yaml"
    return name if (common.config_folder / name).is_file() else ""


@app.command
def check(*, common: Common = Common()) -> int:  # noqa: B008
    """Check config/sources.yaml: errors with file, line and column; then what is unwise."""
    sources = load_sources(common.config_folder)
    settings = load_settings(common.config_folder).fetch
    warnings = [f"{source.id}: {doubt}" for source in sources for doubt in _doubts(source)]
    if sources and not settings.contact:
        warnings.append("fetch.contact in pipeline.yaml is empty: publishers cannot reach you")
    for warning in warnings:
        note(f"cleancopy: {warning}")
    if common.json:
        out_json({"sources": len(sources), "warnings": warnings})
    else:
        out(f"{len(sources)} sources, {len(warnings)} warnings")
    return Exit.DONE


@app.command
def test(source_id: str, *, common: Common = Common()) -> int:  # noqa: B008, PT028
    """Try a source: its robots.txt, feeds and sitemaps, and five articles, extracted.

    Args:
        source_id: The id in sources.yaml.
        common: Where to work and how to print.
    """
    known = {source.id: source for source in load_sources(common.config_folder)}
    if source_id not in known:
        raise ConfigError(f"there is no source {source_id!r}{did_you_mean(source_id, known)}")
    found = probe(known[source_id], load_settings(common.config_folder).fetch)
    good = _show(found, load_rules(common.config_folder), common)
    return Exit.DONE if good else Exit.PARTIAL


@app.command
def add(
    url: str,
    *,
    id: str = "",  # noqa: A002  the option's name
    dry_run: bool = False,
    connect_to: str = "",
    allow_private: bool = False,
    common: Common = Common(),  # noqa: B008
) -> int:
    """Look at a site, show what was found and five articles, and write it to sources.yaml.

    Args:
        url: The site's front page.
        id: A short name; the domain without it.
        dry_run: Show the entry, write nothing.
        connect_to: Dial this host:port instead.
        allow_private: The site may have a private address.
        common: Where to work and how to print.
    """
    try:
        homepage = fetchable(url if "://" in url else f"https://{url}")
    except PageError as error:
        raise ConfigError(f"{url}: {error.message}") from error
    special = {"connect_to": connect_to, "allow_private": allow_private}
    looked = Source.model_validate({"id": "new", "homepage": homepage, **special})
    found = probe(looked, load_settings(common.config_folder).fetch)
    good = _show(found, load_rules(common.config_folder), common)
    source = source_of(homepage, found).model_copy(update=special)
    source = source.model_copy(update={"id": id}) if id else source
    if not dry_run:
        write_entry(common.config_folder, source)
        note(f"cleancopy: written to {common.config_folder / 'sources.yaml'}:")
    if common.json:
        out_json(source.model_dump(mode="json", exclude_defaults=True))
    else:
        out(entry_of(source).rstrip())
    return Exit.DONE if good else Exit.PARTIAL


def _doubts(source: Source) -> list[str]:
    """Return what is allowed in `source`, and unwise."""
    doubts = []
    if not (source.feeds or source.sitemaps or source.urls or source.homepage_links):
        doubts.append("names no feed, sitemap or page, so nothing will be fetched")
    if source.delay_s is not None and source.delay_s < 1 and not source.allow_private:
        doubts.append(f"delay_s {source.delay_s:g} is less than a second")
    if source.connect_to and not source.allow_private:
        doubts.append("connect_to leads nowhere private unless allow_private is true")
    return doubts


def _show(found: Found, rules: RuleBook, common: Common) -> bool:
    """Print what was found and the samples extracted; tell whether all went well.

    A language that the site does not declare is that of most samples.
    """
    results = [_sample(sample, rules) for sample in found.samples]
    spoken = Counter(result["lang"] for result in results if result.get("lang"))
    found.language = found.language or next((lang for lang, _ in spoken.most_common(1)), "")
    good = bool(results) and all("error" not in result for result in results)
    if common.json:
        out_json({**vars(found), "samples": results})
        return good
    delay = f", delay {found.delay_s:g} s" if found.delay_s else ""
    out(f"robots.txt: {found.robots}{delay}")
    out(f"language: {found.language or 'not known'}")
    for file in found.files:
        newest = f", newest {file.newest:%Y-%m-%d %H:%M}" if file.newest else ""
        out(f"{file.kind:8} {file.error or f'{file.pages} pages{newest}':34} {file.url}")
    for result in results:
        out(f"sample   {result['url']}")
        if "error" in result:
            out(f"         {result['error']}")
            continue
        authors = ", ".join(result["authors"]) or "no author"
        date = result["published"] or "no date"
        out(f"         {result['title']} | {authors} | {date} | {result['words']} words")
        out(f"         {result['begins']}")
    return good


def _sample(sample: Capture | Failure, rules: RuleBook) -> dict[str, Any]:
    """Return what the pipeline makes of a sample page."""
    if isinstance(sample, Failure):
        return {"url": sample.page.url, "error": f"{sample.slug}: {sample.message}"}
    try:
        page = process(sample, rules)
    except PageError as error:
        return {"url": sample.page.url, "error": str(error)}
    published = page.metadata.published_at
    return {
        "url": sample.page.url,
        "title": page.metadata.title,
        "authors": list(page.metadata.authors),
        "published": published.isoformat() if published else "",
        "lang": page.lang,
        "words": count_words(page.text),
        "begins": page.text[:_SHOWN_CHARS].replace("\n", " "),
    }
