import pytest

from tasks.extract.garbled import is_shifted, shifted_blocks

READABLE = [
    "Der Fluss stieg in der Nacht um einen Meter, und die Feuerwehr rief alle Kräfte zusammen.",
    "The river rose by a metre in the night, and the fire brigade called in everyone it had.",
    "Le fleuve est monté d'un mètre dans la nuit et les pompiers ont appelé des renforts.",
    "Strč prst skrz krk, řekl trenér a odešel bez dalšího slova z prázdného stadionu domů.",
    "東京都は火曜日、新しい計画を発表した。 来年 春 から 実施 される 予定 だ という",
]


def shift(text: str) -> str:
    return "".join(char if char == " " else chr(ord(char) + 1) for char in text)


@pytest.mark.parametrize("text", READABLE)
def test_readable_text_is_not_shifted(text: str) -> None:
    assert not is_shifted(text)


@pytest.mark.parametrize("text", READABLE[:3])
def test_shifted_text_is_found(text: str) -> None:
    assert is_shifted(shift(text))


def test_blocks_of_the_same_markup_go_with_the_shifted_ones() -> None:
    texts = [READABLE[0], shift(READABLE[0]), "Xbttfs", "Der Rat", READABLE[1]]
    paths = ["p.free", "p.locked", "p.locked", "p.locked", "p.free"]
    assert shifted_blocks(texts, paths) == {1, 2}
