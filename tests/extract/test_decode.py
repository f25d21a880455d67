import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import PageError
from tasks.extract.decode import decode, repair, to_text

GERMAN = "Für größere Mühen gab es keinen Grund, sagte der Bürgermeister am Dienstag in Köln."
RUSSIAN = "Правительство сообщило во вторник, что новые правила вступят в силу весной."


def page(text: str, head: str = "") -> str:
    return f"<html><head>{head}</head><body><p>{text}</p></body></html>"


def read(body: bytes, charset: str = "") -> str:
    return decode(body, charset).decode()


@pytest.mark.parametrize("bom", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_decides(bom: str) -> None:
    assert GERMAN in read(page(GERMAN).encode(bom), "iso-8859-1")


def test_utf8_wins_over_a_wrong_header() -> None:
    assert GERMAN in read(page(GERMAN).encode(), "iso-8859-1")


def test_header_then_meta() -> None:
    assert RUSSIAN in read(page(RUSSIAN).encode("koi8-r"), "koi8-r")
    meta = '<meta charset="windows-1251">'
    assert RUSSIAN in read(page(RUSSIAN, meta).encode("windows-1251"))


def test_nothing_declared_is_detected() -> None:
    assert GERMAN in read(page(GERMAN * 5).encode("cp1252"))


def test_a_few_broken_bytes_do_not_spoil_utf8() -> None:
    body = page(GERMAN * 20).encode() + b"<p>caf\xc3</p>"
    assert GERMAN in read(body)


def test_mojibake_is_repaired_and_quotes_stay_curly() -> None:
    broken = "„Für größere Mühen“, sagte er – it’s".encode().decode("cp1252", "replace")
    text = repair("Der Bürgermeister â€“ nicht â€œerâ€\x9d â€“ blieb.")
    assert text == "Der Bürgermeister – nicht “er” – blieb."
    assert "größere" in repair(broken)


@given(st.text())
def test_sound_text_without_controls_is_not_changed(text: str) -> None:
    sound = text.encode("ascii", "ignore").decode()
    assert repair(sound) == sound


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"\x00\x01\x02" * 50, "not-html"),
        (b"only words", "not-html"),
    ],
)
def test_what_is_no_page_gets_its_slug(body: bytes, slug: str) -> None:
    with pytest.raises(PageError) as error:
        decode(body)
    assert error.value.slug == slug


def test_a_sound_page_is_not_copied() -> None:
    body = page(GERMAN).encode()
    assert decode(body) is body


def test_mojibake_is_repaired_in_the_page() -> None:
    assert "nicht “er” –" in read(page("Es war nicht â€œerâ€\x9d â€“ sagte Köln.").encode())
    assert "it’s" in read(page("it\x92s so").encode())
    assert "café" in read(page("caf\0é").encode() + b" " * 1000)


@given(st.binary(max_size=300))
def test_any_bytes_become_text(body: bytes) -> None:
    assert isinstance(to_text(body), str)
