from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict

from tasks.errors import ConfigError
from tasks.yamlfile import load, load_model


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Boat(Strict):
    name: str
    kind: Literal["ferry", "barge"] = "ferry"
    tons: float = 1.0


class Harbour(Strict):
    boats: tuple[Boat, ...] = ()
    by_pier: dict[str, Boat] = {}
    flag: Boat | None = None


def write(folder: Path, text: str) -> Path:
    path = folder / "harbour.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def complaints(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_model(path, Harbour)
    return str(caught.value).replace(f"{path.parent}/", "").splitlines()


def test_a_good_file_is_a_model(tmp_path: Path) -> None:
    path = write(tmp_path, "boats:\n- name: Alma\n  tons: 12\nby_pier: {no: {name: Anna}}\n")
    harbour = load_model(path, Harbour)
    assert harbour.boats == (Boat(name="Alma", tons=12),)
    assert harbour.by_pier["no"].name == "Anna"


def test_no_and_on_are_words_and_numbers_are_numbers(tmp_path: Path) -> None:
    data, _ = load(write(tmp_path, "a: no\nb: on\nc: true\nd: 12\ne: 1.5\nf: '12'\ng:\n"))
    assert data == {"a": "no", "b": "on", "c": True, "d": 12, "e": 1.5, "f": "12", "g": None}


def test_a_missing_file_is_an_empty_one(tmp_path: Path) -> None:
    assert load_model(tmp_path / "absent.yaml", Harbour) == Harbour()


def test_overrides_win_over_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "flag: {name: Alma, tons: 1}\n")
    assert load_model(path, Harbour, {("flag", "tons"): "7"}).flag == Boat(name="Alma", tons=7)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("boots: []", "1:1: unknown key 'boots'; did you mean 'boats'?"),
        (
            "boats:\n- name: A\n  kind: fery",
            (
                "3:3: boats.0.kind: Input should be 'ferry' or 'barge', not 'fery'; "
                "did you mean 'ferry'?"
            ),
        ),
        ("boats:\n- tons: 3", "2:3: the key 'name' is missing"),
        (
            "by_pier:\n  east:\n    nam: A\n    name: B",
            "3:5: unknown key 'nam'; did you mean 'name'?",
        ),
        (
            "flag:\n  name: A\n  tonns: 3",
            "3:3: unknown key 'tonns'; did you mean 'tons'?",
        ),
        ("a: 1\na: 2", "2:1: the key 'a' is given twice"),
        ("a: [1", "2:1: did not find expected ',' or ']'"),
        ("? [a]\n: 1", "1:3: a key must be a word"),
    ],
)
def test_a_complaint_says_where_and_what_to_write(
    tmp_path: Path, text: str, complaint: str
) -> None:
    (found,) = complaints(write(tmp_path, text + "\n"))
    assert found.removeprefix("harbour.yaml:") == complaint


def test_every_complaint_of_a_file_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "boats:\n- tons: much\n  name: A\n- naem: B\n")
    assert [line.split(": ", 1)[0] for line in complaints(path)] == [
        "harbour.yaml:2:3", "harbour.yaml:4:3", "harbour.yaml:4:3",
    ]  # fmt: skip


def test_what_is_no_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"name: caf\xe9\n")
    with pytest.raises(ConfigError, match=r"latin\.yaml: is not UTF-8"):
        load(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_positions_of_paths_that_do_not_exist_are_those_of_their_parents(tmp_path: Path) -> None:
    _, locate = load(write(tmp_path, "boats:\n- name: A\n"))
    assert (locate(("boats", 0, "tons")).line, locate(("boats", 9)).line) == (2, 1)
