"""Which stages an edit of our code makes again: those that import it, and no others."""

from pathlib import Path

import pytest

from tasks.dependencies import code_hash, sources

FILES = {
    "tasks/__init__.py": "",
    "tasks/stage.py": "from tasks import near\nfrom tasks.box import (\n    one,  # a module\n)\n",
    "tasks/near.py": "def call():\n    import tasks.later\n",
    "tasks/later.py": "",
    "tasks/pool.py": "import tasks.other\n",
    "tasks/other.py": "",
    "tasks/box/__init__.py": "",
    "tasks/box/one.py": "from tasks.pool import run\n",
    "tasks/box/two.py": "",
}
WITHIN = {"tasks/stage.py", "tasks/near.py", "tasks/later.py", "tasks/box/one.py"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, source in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", [name for name in FILES if "__init__" not in name])
def test_an_edit_counts_where_it_is_imported(root: Path, name: str) -> None:
    code_hash.cache_clear()
    before = code_hash("tasks.stage", root)
    (root / name).write_text(FILES[name] + "# edited\n", encoding="utf-8")
    code_hash.cache_clear()
    assert (code_hash("tasks.stage", root) != before) == (name in WITHIN)


def test_the_stages_of_pages_do_not_hang_on_each_other() -> None:
    extract, clean = sources("tasks.extract.partition"), sources("tasks.clean.partition")
    assert {"tasks.extract.metadata.dates", "tasks.extract.prune", "tasks.warc.reader"} <= {
        *extract
    }
    assert {"tasks.clean.shapes.caption", "tasks.phrasebook", "tasks.text"} <= {*clean}
    assert not [name for name in extract if name.startswith(("tasks.clean", "tasks.fetch"))]
    assert not [name for name in clean if name.startswith(("tasks.extract", "tasks.normalise"))]
