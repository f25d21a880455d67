import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.extract.metadata.bylines import has_lead, split_names, split_outlets, without_lead
from tasks.extract.metadata.names import is_full_name, is_organisation, is_person

OUTLETS = frozenset({"harbourcourier", "harbourcourierexample", "thelocal", "local"})


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By J. R. Ewing", ("J. R. Ewing",)),
        ("By JANE ROE and JOHN DOE", ("JANE ROE", "JOHN DOE")),
        ("By Jane Roe, John Doe and Mary Major", ("Jane Roe", "John Doe", "Mary Major")),
        ("Jane Roe, Senior Reporter", ("Jane Roe",)),
        ("Jane Roe for the Harbour Courier", ("Jane Roe",)),
        ("By Jane Roe | May 3, 2026", ("Jane Roe",)),
        ("By Jane Roe jane.roe@courier.example", ("Jane Roe",)),
        ("Jane Roe Reuters", ("Jane Roe",)),
        ("Written by: Dr. Jane O’Hara-Smith", ("Dr. Jane O’Hara-Smith",)),
        ("Von Anna Martel, Nairobi", ("Anna Martel",)),
        ("VON MORITZ BEISPIEL am 21. April 2026", ("MORITZ BEISPIEL",)),
        ("Ein Kommentar von Ursula von der Leine", ("Ursula von der Leine",)),
        ("Por Ana Gil Ruiz y Luis Mora Paz", ("Ana Gil Ruiz", "Luis Mora Paz")),
        ("José Ortega y Gasset", ("José Ortega y Gasset",)),
        ("Par Zoé Petit et Luc Grand", ("Zoé Petit", "Luc Grand")),
        ("A cura di Maria Rossi", ("Maria Rossi",)),
        ("Door Jan de Vries en Piet van der Berg", ("Jan de Vries", "Piet van der Berg")),
        ("Av Åse Öberg og Nils Ås", ("Åse Öberg", "Nils Ås")),
        ("Автор: Иван Петров", ("Иван Петров",)),
        ("Γράφει η Μαρία Παππά", ("Μαρία Παππά",)),
        ("Yazan: Ayşe Çelik ve Ali Şahin", ("Ayşe Çelik", "Ali Şahin")),
        ("بقلم: ليلى حسن", ("ليلى حسن",)),
        ("文・山田太郎、佐藤花子", ("山田太郎", "佐藤花子")),
        ("作者：王建宏", ("王建宏",)),
        ("홍길동 기자", ("홍길동",)),
        ("Roe, Jane", ("Jane Roe",)),
        ("Martin Luther King, Jr.", ("Martin Luther King Jr.",)),
        ("Jane Roe, The Harbour Spectator", ("Jane Roe",)),
        ("HC-Redaktion", ()),
        ("Juan Carlos Muñoz C.", ("Juan Carlos Muñoz C.",)),
    ],
)
def test_names_are_read_in_order(byline: str, names: tuple[str, ...]) -> None:
    assert split_names(byline, OUTLETS) == names


@pytest.mark.parametrize(
    "text",
    [
        "", "admin", "Staff", "Editorial Staff", "Reuters", "AFP", "dpa", "von dpa",
        "By Reuters Staff", "Harbour Courier", "von Local",
        "https://www.facebook.com/courier", "jane@courier.example", "@courier",
        "Published: 3 May 2026", "3 May 2026", "Read more", "View author archive",
        "Get author RSS feed", "12 comments", "Share this", "courier.example", "jane.roe",
        "dpa/lno", "Redaktion", "Die Redaktion", "Redacción", "La rédaction", "编辑部",
        "Newsroom", "Follow us", "harbour-courier.example, Harbour, England", "AP Photo",
        "undefined", "n/a", "1234567", "Autorenseite von", "Condé Nast",
    ],
)  # fmt: skip
def test_what_is_nobody_is_refused(text: str) -> None:
    assert split_names(text, OUTLETS) == ()


@pytest.mark.parametrize(
    ("byline", "outlets"),
    [
        ("By Jane Roe, Associated Press", ("Associated Press",)),
        ("AFP/The Local", ("AFP", "The Local")),
        ("Courier Staff", ("Courier Staff",)),
        ("Redaktion 1. November 2026 10:29", ("Redaktion",)),
        ("Jane Roe", ()),
    ],
)
def test_organisations_are_told_apart(byline: str, outlets: tuple[str, ...]) -> None:
    assert split_outlets(byline, OUTLETS) == outlets


def test_a_name_that_begins_like_a_byline_word_stays() -> None:
    assert split_names("De Jong") == ("De Jong",)
    assert split_names("Byron Day") == ("Byron Day",)
    assert not has_lead("By the river it rained")


@given(st.text(max_size=300))
def test_any_text_is_survived_and_names_come_from_it(text: str) -> None:
    names = split_names(text)
    assert len(set(names)) == len(names)
    for name in names:
        assert is_person(name)
        assert set("".join(name.split())) <= set(text)
    assert without_lead(text) in text
    is_full_name(text or "x")
    assert is_organisation(text) in (True, False)
