# ruff: noqa: E501  real lines of text are long
import pytest

from tasks.normalise.language import detect

TEXTS = {
    "en": "The council met on Tuesday to talk about the flood, and nobody had expected the water to rise so fast.",
    "de": "Der Rat traf sich am Dienstag, um über das Hochwasser zu sprechen, und niemand hatte damit gerechnet.",
    "fa": "شورا روز سه‌شنبه برای گفتگو درباره سیل تشکیل جلسه داد و هیچ کس انتظار نداشت آب به این سرعت بالا بیاید.",
    "ja": "市議会は火曜日、洪水について話し合うために集まった。水がこれほど早く増えるとは誰も思っていなかった。",
    "zh": "市议会星期二开会讨论洪水问题，没有人预料到水位会上升得这么快，救援人员整夜都在工作。",
    "el": "Το συμβούλιο συνεδρίασε την Τρίτη για να συζητήσει για την πλημμύρα.",
    "th": "สภาประชุมเมื่อวันอังคารเพื่อหารือเกี่ยวกับน้ำท่วม",
    "ko": "시의회는 화요일 홍수에 대해 논의하기 위해 모였다.",
}


@pytest.mark.parametrize("lang", TEXTS)
def test_languages(lang: str) -> None:
    found, score = detect(TEXTS[lang])
    assert found == lang
    assert score > 0.5


def test_too_little_text_believes_the_page() -> None:
    assert detect("Ja.", "nl-BE") == ("nl", 0.0)
    assert detect("") == ("", 0.0)
