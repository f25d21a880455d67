"""Which of a page's dates is the publication's, where they disagree."""

from collections.abc import Callable

import pytest

from tasks.schema import Metadata

Read = Callable[..., Metadata]

MACHINE = "<meta property='article:published_time' content='2026-05-16T16:16:10+02:00'>"
SHOWN_LATER = "<div class='date-line'>20. Mai 2026, 15:00 Uhr</div>"


def day(metadata: Metadata) -> str:
    return metadata.published_at.date().isoformat() if metadata.published_at else ""


@pytest.fixture
def read_article(read: Read) -> Callable[[str, str], Metadata]:
    def read_html(head: str, body: str) -> Metadata:
        return read(
            f"<html lang='de'><head><title>Regen im Hafen</title>{head}</head><body><article>"
            f"<h1>Regen im Hafen</h1>{body}<p>Es regnete.</p></article></body></html>",
            url="https://www.hafenbote.example/regen-im-hafen",
        )

    return read_html


def test_the_later_day_that_readers_are_shown(read_article: Callable[[str, str], Metadata]) -> None:
    metadata = read_article(MACHINE, SHOWN_LATER)
    assert day(metadata) == "2026-05-20"
    assert metadata.published_from == "line"
    found = {c.value for c in metadata.candidates if c.field == "published_at"}
    assert "2026-05-16T16:16:10+02:00" in found, "the machine's date stays a candidate"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            f"<div class='date-line'>16. Mai 2026, 16:16 Uhr</div>{SHOWN_LATER}",
            id="the machine's day is shown too",
        ),
        pytest.param("<p>20. Mai 2026, 15:00 Uhr</p>", id="no element is marked as a date"),
        pytest.param(
            "<div class='date-line'>Aktualisiert: 20. Mai 2026, 15:00 Uhr</div>",
            id="it says that it is a change",
        ),
        pytest.param(
            "<div class='comment-date'>20. Mai 2026, 15:00 Uhr</div>", id="it is a comment's"
        ),
    ],
)
def test_the_machine_keeps_its_day(read_article: Callable[[str, str], Metadata], body: str) -> None:
    assert day(read_article(MACHINE, body)) == "2026-05-16"


def test_a_change_named_behind_the_date_is_no_change_of_it(
    read_article: Callable[[str, str], Metadata],
) -> None:
    body = "<p class='date'>Written: 2026-05-16 15:03 / Updated: 2026-05-20 15:30</p>"
    assert day(read_article("", body)) == "2026-05-16"


def test_an_aside_with_one_date_is_the_articles_own_line(
    read_article: Callable[[str, str], Metadata],
) -> None:
    aside = (
        "<aside class='meta'><p class='authors'>Von: <a class='author-name' href='/autor/q'>"
        "Ada Quill</a></p><time itemprop='datePublished' datetime='2026-05-16T11:45+02:00'>"
        "16. Mai 2026</time></aside>"
    )
    metadata = read_article("", aside)
    assert (day(metadata), metadata.authors) == ("2026-05-16", ("Ada Quill",))


def test_a_date_in_bare_numbers_yields_to_one_that_can_be_read_one_way(
    read_article: Callable[[str, str], Metadata],
) -> None:
    head = "<meta name='date' content='11/01/2026 12:43:42'>"
    assert day(read_article(head, "")) == "2026-01-11"
    assert day(read_article(head, "<p>Erstellt am: 01.11.2026</p>")) == "2026-11-01"
