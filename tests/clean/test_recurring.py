"""What a site repeats goes, and what only looks repeated stays: the guards, in many languages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tasks.clean.memory import learn
from tasks.clean.page import clean
from tasks.clean.recall import Recall
from tasks.clean.recurring import RULE
from tasks.rules import load_rules
from tasks.schema import Block, Cleaned, Extracted, Kind, Metadata, Page, Verdict
from tasks.settings import PROJECT

RULES = load_rules(PROJECT / "config")
BODY = "main/article/div.body/p"
BOX = "main/article/div.promo/p"

Line = tuple[str, Kind, str] | str
"""Text, kind and path; a text alone is a paragraph of the body."""


def story(number: int, n_sentences: int = 4) -> list[Line]:
    """Return the sentences of an article that no other article has."""
    names = ["Ash", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel", "Ivy", "Juniper"]
    return [
        f"{names[number]} Street was shut for the {names[k]} fair, the {names[(number + k) % 10]}"
        f" council of ward {names[number]} said in its report on {names[k]}."
        for k in range(n_sentences)
    ]


def page(
    name: str, lines: Sequence[Line], beside: Sequence[str] = (), title: str = ""
) -> Extracted:
    main = [line if isinstance(line, tuple) else (line, "paragraph", BODY) for line in lines]
    blocks = [Block(i, kind, text, path=path) for i, (text, kind, path) in enumerate(main)]
    outside = range(len(blocks), len(blocks) + len(beside))
    blocks += [Block(i, "furniture", t) for i, t in zip(outside, beside, strict=True)]
    gone = [
        Verdict(i, "remove", "html.outside_main_content", 1, "page.furniture", "html", (), 0.9)
        for i in outside
    ]
    about = Page(f"http://harbour.example/{name}", "s", datetime(2026, 11, 24, tzinfo=UTC), "html",
                 name.ljust(64, "0"))  # fmt: skip
    return Extracted(about, Metadata(title=title), tuple(blocks), tuple(gone), "trafilatura")


def cleaned(asker: Extracted, others: Sequence[Extracted]) -> Cleaned:
    return clean(asker, RULES, Recall(learn([asker, *others])["harbour.example"]))


def taken(asker: Extracted, others: Sequence[Extracted]) -> list[str]:
    removed = cleaned(asker, others).removed
    return [r.block.text for r in removed if r.verdict.rule == RULE]


def around(*lines: Line, n: int, where: str = "tail") -> list[Extracted]:
    """Return n + 1 articles that all have `lines` before, inside or after their own text."""
    pages = []
    for number in range(n + 1):
        own = story(number)
        place = {"head": 0, "inside": 2, "tail": len(own)}[where]
        pages.append(page(f"{number}", [*own[:place], *lines, *own[place:]]))
    return pages


FURNITURE = [
    "Our journalism needs you: give what you can to the Harbour Courier today.",
    "Unterstützen Sie den Talboten, damit er auch morgen noch berichten kann.",
    "Rejoignez les lecteurs du Courrier du Port et recevez notre lettre du matin.",
    "Apoya al Diario del Puerto con una donación y recibe nuestro boletín cada día.",
    "Поддержите нашу редакцию, чтобы мы могли и дальше рассказывать о порте.",
    "از روزنامه‌ی کوهپایه پشتیبانی کنید تا بتوانیم هر روز برای شما بنویسیم.",
    "汐見新聞の会員になると、すべての記事を最後までお読みいただけます。",
    "हमारे समाचार पत्र का समर्थन करें ताकि हम हर दिन आपके लिए लिख सकें।",
    "ساهموا في دعم صحيفة الميناء كي نواصل الكتابة لكم كل صباح بلا انقطاع.",
    "请支持海港日报，让我们能够每天继续为读者报道本地的新闻与故事。",
]


@pytest.mark.parametrize("text", FURNITURE)
def test_an_appeal_under_every_article_goes(text: str) -> None:
    asker, *others = around((text, "paragraph", BOX), n=3)
    assert taken(asker, others) == [text]


@pytest.mark.parametrize("text", FURNITURE)
def test_prose_on_one_other_article_stays(text: str) -> None:
    asker, *others = around((text, "paragraph", BOX), n=1)
    assert taken(asker, others) == []


def test_a_label_needs_one_other_article_at_the_edge_and_three_inside() -> None:
    label: Line = ("Straight from the quayside", "paragraph", BOX)
    for where, enough in (("tail", 1), ("head", 1), ("inside", 3)):
        asker, *others = around(label, n=enough, where=where)
        assert taken(asker, others) == ["Straight from the quayside"], where
        assert taken(asker, others[: enough - 1]) == [], where


BACKGROUND = [
    "The strike began in March, when talks over pay between the port and its pilots broke down.",
    "Der Streik begann im März, als die Gespräche über die Löhne der Lotsen scheiterten.",
    "ストライキは三月、水先人の賃金をめぐる港との話し合いが決裂したことで始まった。",
    "بدأ الإضراب في آذار حين انهارت المحادثات بين الميناء ومرشديه بشأن الأجور.",
]


@pytest.mark.parametrize("text", BACKGROUND)
def test_background_that_agencies_repeat_inside_the_body_stays(text: str) -> None:
    asker, *others = around(text, n=8, where="inside")
    assert taken(asker, others) == []


def test_background_at_the_end_here_but_inside_elsewhere_stays() -> None:
    asker, *_ = around(BACKGROUND[0], n=0, where="tail")
    others = around(BACKGROUND[0], n=4, where="inside")[1:]
    assert taken(asker, others) == []


KEPT: list[tuple[str, Kind]] = [
    ("Editor's note: this article mentions suicide; help is available at all hours.", "paragraph"),
    ("Anm. d. Red.: Dieser Beitrag erschien zuerst in der Sonntagsausgabe.", "paragraph"),
    ("“We shall overcome,” they sang.", "quote"),
    ("An earlier version misspelt the name of the harbour.", "correction"),
    ("PORT ELLERY, Nov 24", "dateline"),
    ("print('hello')", "code"),
]


@pytest.mark.parametrize(("text", "kind"), KEPT)
def test_what_editors_want_stays_however_often_it_recurs(text: str, kind: Kind) -> None:
    asker, *others = around((text, kind, BODY), n=9)
    assert taken(asker, others) == []


def test_a_site_rule_keeps_what_the_house_wants_kept() -> None:
    text = "The Courier is owned by its readers"
    asker, *others = around((text, "paragraph", BOX), n=4)
    keep = Verdict(4, "keep", "house.note", 1, "note", "html", (), 1.0, priority=95)
    assert taken(asker, others) == [text]
    assert taken(replace(asker, verdicts=(keep,)), others) == []


def test_the_headline_stays_and_so_does_what_equals_the_title() -> None:
    title = "Weather for the week"
    lines = [[(title, "headline", BODY), *story(n)] for n in range(4)]
    assert taken(page("0", lines[0]), [page(f"{n}", lines[n]) for n in (1, 2, 3)]) == []
    asker, *others = around((title, "paragraph", BODY), n=4, where="head")
    assert taken(replace(asker, metadata=Metadata(title=title)), others) == []


def test_results_that_differ_in_digits_only_stay() -> None:
    for line in ("Port Ellery 23 : 22", "1 | 18 | 4"):
        kind: Kind = "table" if "|" in line else "paragraph"
        asker, *others = around((line, kind, BODY), n=5)
        assert taken(asker, others) == []


def test_one_word_needs_two_other_articles() -> None:
    asker, *others = around(("Melissa", "paragraph", BODY), n=2)
    assert taken(asker, others[:1]) == []
    assert taken(asker, others) == ["Melissa"]


def test_a_teaser_elsewhere_is_no_evidence_against_the_first_paragraph() -> None:
    lead = "The ferry to the islands will not sail before Thursday, the harbour master said."
    asker = page("0", [lead, *story(0)], title="No ferry before Thursday")
    lists = ["Latest", "No ferry before Thursday", lead]
    beside = [page(f"{n}", story(n), lists) for n in range(1, 8)]
    assert taken(asker, beside) == []
    mistaken = [page(f"{n}", [*story(n), *lists]) for n in range(1, 8)]
    assert taken(asker, mistaken) == []


def test_a_copy_of_the_article_takes_nothing_from_it() -> None:
    asker = page("0", story(0))
    assert taken(asker, [page("copy", story(0)), page("copy-2", story(0)[:3])]) == []


def test_a_refrain_of_a_series_on_a_large_site_stays() -> None:
    sign_off: Line = ("Sincerely yours, Melissa", "paragraph", BODY)
    asker, other = around(sign_off, n=1)
    rest = [page(f"x{n}-{k}", [f"{line} ({n}{k})" for line in story(n)][k:])
            for n in range(2, 10) for k in range(2)]  # fmt: skip
    assert taken(asker, [other]) == ["Sincerely yours, Melissa"]
    assert taken(asker, [other, *rest]) == []


def test_cleaning_with_a_memory_twice_removes_the_same_and_keeps_the_ledger() -> None:
    asker, *others = around((FURNITURE[0], "paragraph", BOX), "Straight from the quayside", n=4)
    first, second = cleaned(asker, others), cleaned(asker, others)
    assert first == second
    kept = [block.text for block in first.kept]
    assert kept == [line for line in story(0) if isinstance(line, str)]
    assert len(first.kept) + len(first.moved) + len(first.removed) == len(asker.blocks)


def test_evidence_names_the_counts() -> None:
    asker, *others = around((FURNITURE[0], "paragraph", BOX), n=3)
    (removal,) = cleaned(asker, others).removed
    assert removal.verdict.stage == "site"
    assert removal.verdict.evidence[0] == "on 3 of 3 other articles of the site"
    assert "2026-11-24" in removal.verdict.evidence[2]


def test_markup_that_the_site_leaves_out_elsewhere_speaks_against_a_line() -> None:
    """One other article has the line; on two others its box held nothing of the article."""

    def confidence(box: str) -> tuple[float, str]:
        promo: Line = ("Sail with us", "paragraph", box)
        asker, other = (page(str(n), [*story(n), promo]) for n in range(2))
        beside = [page(str(n), story(n), [f"Berth {n}"]) for n in range(2, 6)]
        beside = [
            replace(one, blocks=(*one.blocks[:-1], replace(one.blocks[-1], path=BOX)))
            for one in beside
        ]
        asker, other, *beside = (replace(o, extractor="judged") for o in (asker, other, *beside))
        gone = cleaned(asker, [replace(other, extractor="trafilatura"), *beside]).removed
        (verdict,) = (r.verdict for r in gone if r.verdict.rule == RULE)
        return verdict.confidence, verdict.evidence[-1]

    assert confidence(BOX) == (0.97, "its markup held the article on 0, and nothing of it on 4")
    assert confidence("main/div.other/p") == (
        0.9, "its markup held the article on 0, and nothing of it on 0",
    )  # fmt: skip
