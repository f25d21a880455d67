"""config/sources.yaml: what is accepted, and what a mistake in it is told."""

from pathlib import Path

import pytest

from tasks.errors import ConfigError
from tasks.sources import FetchOptions, FetchSettings, Source, load_sources

CONFIG = Path(__file__).parents[1] / "config"


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "sources.yaml").write_text(text)
    return tmp_path


def test_the_shipped_file_is_read_and_its_example_too(tmp_path: Path) -> None:
    assert load_sources(CONFIG) == ()
    commented = (CONFIG / "sources.yaml").read_text().split("\n# sources:\n")[1].split("\n#\n")[0]
    example = "sources:\n" + "\n".join(line.removeprefix("# ") for line in commented.splitlines())
    (source,) = load_sources(written(tmp_path, example))
    assert set(Source.model_fields) == source.model_fields_set
    assert source.expect.articles_per_day == (5, 60)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sources:\n  - id: a\n    homepage: http://a.example/\n    feed: []\n",
         r"sources.yaml:4:5: unknown key 'feed'; did you mean 'feeds'\?"),
        ("sources:\n  - homepage: http://a.example/\n", "sources.yaml:2:.*'id' is missing"),
        ("sources:\n  - id: A b\n    homepage: http://a.example/\n", "sources.yaml:2:5.*id"),
        ("sources:\n  - id: a\n    homepage: ftp://a.example/\n", "sources.yaml:3:5.*not http"),
        ("sources:\n  - id: a\n    homepage: http://a.example/\n    feeds: [nonsense]\n",
         "sources.yaml:4:.*not an absolute URL"),
        ("sources:\n  - id: a\n    homepage: http://a.example/\n    delay_s: -1\n", ":4:5.*delay"),
        ("sources:\n  - id: a\n    homepage: http://a.example/\n    connect_to: x\n", ":4:5"),
        ("sources:\n  - id: a\n    homepage: http://a.example/\n    schedule: huorly\n",
         ":4:5.*hourly"),
        ("sources:\n  - id: a\n    homepage: http://a.e/\n    expect: {articles_per_day: [6, 5]}\n",
         ":4:.*the smaller first"),
        ("sources:\n  - {id: a, homepage: 'http://a.example/'}\n  - {id: a, homepage: 'http://b.e/'}",
         "'a' stands twice"),
        ("sorces: []\n", "sources.yaml:1:1.*did you mean 'sources'"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load_sources(written(tmp_path, text))


def test_a_source_owns_its_registered_domains() -> None:
    source = Source(id="a", homepage="http://www.a.co.uk/", feeds=("http://feeds.b.example/",))
    assert [source.owns(h) for h in ("m.a.co.uk", "b.example", "c.co.uk", "10.0.0.1")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_who_we_say_we_are() -> None:
    assert FetchSettings().user_agent == "cleancopy/0.1"
    settings = FetchSettings(agent="courierbot", contact="https://a.example/bot")
    assert settings.user_agent == "courierbot/0.1 (+https://a.example/bot)"


def test_options_come_from_json() -> None:
    options = FetchOptions.model_validate_json('{"limit": 3, "since": "2026-11-24T00:00:00Z"}')
    assert options.limit == 3
    assert options.since is not None
    with pytest.raises(ValueError, match="limits"):
        FetchOptions.model_validate_json('{"limits": 3}')
