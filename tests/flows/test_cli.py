"""The command line as people meet it: in its own process, with good input and with bad."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.conftest import ROOT, cleancopy

STORY = """<html lang="en"><head><title>Ferry late | The Mole</title>
<meta property="article:published_time" content="2026-11-20T08:30:00+01:00"></head><body>
<nav><a href="/">Home</a></nav><article><h1>Ferry late again</h1><p class="byline">By Ada Quill</p>
<p>The morning ferry left the pier forty minutes late on Friday, the harbour office said.</p>
<p>Nobody on board complained, because the tea urn had been repaired the night before.</p>
<p>The company expects the timetable to hold again from Monday, tides permitting.</p>
</article><footer><p>All rights reserved.</p></footer></body></html>"""


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.html").write_text(STORY, encoding="utf-8")
    with gzip.open(folder / "b.html.gz", "wb") as file:
        file.write(STORY.replace("Friday", "Sunday").encode())
    (folder / "c.txt").write_text("Leave a Reply\n", encoding="utf-8")
    (folder / "d.html").write_bytes(b"")
    return folder


def test_help_lists_the_commands_and_exit_codes() -> None:
    done = cleancopy("--help")
    assert done.returncode == 0
    for word in ("backfill", "explain", "doctor", "130 interrupted"):
        assert word in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["clean", "a.html"], ["explain", "a.html"], ["clean", "--help"]],
    ids=" ".join,
)
def test_starts_without_prefect_and_pandas(arguments: list[str], pages: Path) -> None:
    program = f"""
import sys
from flows.cli import main
try:
    main({arguments!r})
except SystemExit as end:
    assert not end.code, end.code
heavy = sorted({{"prefect", "pandas", "httpx2"}} & set(sys.modules))
print("imported:", heavy)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=pages, env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "imported: []", done.stderr


def test_an_unknown_command_is_told_with_what_was_meant() -> None:
    done = cleancopy("explian")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no command 'explian'; did you mean 'explain'?" in done.stderr


def test_an_unknown_option_is_a_usage_error() -> None:
    done = cleancopy("clean", "--bogus", "x")
    assert done.returncode == 2
    assert "--bogus" in done.stdout + done.stderr


def test_clean_prints_the_text_only(pages: Path) -> None:
    done = cleancopy("clean", pages / "a.html")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The morning ferry left")
    assert "Home" not in done.stdout
    assert "rights" not in done.stdout


def test_clean_reads_standard_input(pages: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "flows.cli", "clean", "-", "--format", "markdown"],
        input=STORY.encode(), cwd=ROOT, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().startswith("# Ferry late again\n\n*Ada Quill · 2026-11-20")


def test_a_manifest_gives_one_object_a_line_in_order(pages: Path) -> None:
    rows = [
        {"id": f"{number}", "path": name, "url": f"http://mole.example/{number}"}
        for number, name in enumerate(["b.html.gz", "d.html", "a.html", "missing.html"] * 12)
    ]
    manifest = pages / "pages.jsonl"
    manifest.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = cleancopy("clean", "--manifest", manifest, "--format", "jsonl", "--workers", "2")
    assert done.returncode == 3, done.stderr
    made = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in made] == [row["id"] for row in rows]
    first, empty, third, missing = made[:4]
    assert "Sunday" in first["text"]
    assert third["title"] == "Ferry late again"
    assert third["authors"] == ["Ada Quill"]
    assert third["published"] == "2026-11-20T08:30:00+01:00"
    assert third["url"] == "http://mole.example/2"
    assert (empty["error"], missing["error"]) == ("empty", "unreadable")
    assert "No such file" in missing["message"]


def test_a_broken_manifest_names_file_and_line(pages: Path) -> None:
    manifest = pages / "pages.jsonl"
    manifest.write_text('{"id": "1", "path": "a.html"}\n{"id": 2}\n', encoding="utf-8")
    done = cleancopy("clean", "--manifest", manifest)
    assert done.returncode == 2
    assert f"{manifest}:2:1: a line must be an object such as" in done.stderr


def test_a_page_without_text_is_told_and_the_others_go_on(pages: Path) -> None:
    done = cleancopy("clean", pages)
    assert done.returncode == 3
    assert done.stdout.count("The morning ferry") == 2
    assert "d.html: empty: the response or file holds no bytes" in done.stderr
    assert "c.txt: " in done.stderr


@pytest.mark.parametrize("command", ["clean", "explain"])
def test_no_such_file_and_empty_folder(command: str, tmp_path: Path) -> None:
    done = cleancopy(command, tmp_path / "none.html")
    assert done.returncode == 2
    assert "none.html: there is no such file or folder" in done.stderr
    done = cleancopy(command, tmp_path)
    assert done.returncode == 2
    assert "the folder holds no page" in done.stderr


def test_explain_accounts_for_every_block(pages: Path) -> None:
    done = cleancopy("explain", pages / "a.html", "--json")
    assert done.returncode == 0, done.stderr
    page = json.loads(done.stdout)
    assert [b["index"] for b in page["blocks"]] == list(range(len(page["blocks"])))
    fates = {b["text"]: b["fate"] for b in page["blocks"]}
    assert fates["All rights reserved."] == "removed"
    assert all(b["rule"] and b["evidence"] for b in page["blocks"] if b["fate"] != "kept")
    assert {c["field"] for c in page["candidates"]} >= {"title", "published_at"}


def test_explain_prints_plain_lines_when_piped(pages: Path) -> None:
    done = cleancopy("explain", pages / "a.html")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert " removed " in done.stdout


@pytest.mark.parametrize("command", [["run"], ["clean", "a.html"], ["fetch"], ["reclean"]])
def test_a_misspelt_setting_stops_every_command_at_once(command: list[str], pages: Path) -> None:
    config = pages / "config"
    config.mkdir()
    (config / "pipeline.yaml").write_text("work:\n  wrokers: 2\n", encoding="utf-8")
    done = cleancopy(*command, "--config", config, "--data", pages / "data", cwd=pages)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pipeline.yaml:2:3: unknown key 'wrokers'; did you mean 'workers'?" in done.stderr
    assert not (pages / "data").exists()


def test_doctor_finds_this_project_well(tmp_path: Path) -> None:
    done = cleancopy("doctor", "--json", "--data", tmp_path / "data")
    checks = [json.loads(line) for line in done.stdout.splitlines()]
    bad = [check for check in checks if check["level"] == "bad"]
    assert (done.returncode, bad) == (0, [])
    assert {"python", "libraries", "flows", "tasks", "settings", "rules", "disk"} <= {
        check["name"] for check in checks
    }
    assert not (tmp_path / "data").exists()


def test_doctor_says_what_is_wrong_with_the_settings(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text("wrok: {}\n", encoding="utf-8")
    done = cleancopy("doctor", "--config", tmp_path)
    assert done.returncode == 2
    assert "pipeline.yaml:1:1: unknown key 'wrok'; did you mean 'work'?" in done.stdout


def test_deploy_needs_a_server() -> None:
    done = cleancopy("deploy")
    assert done.returncode == 2
    assert "PREFECT_API_URL is not set" in done.stderr


def test_a_source_that_is_down_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "sources.yaml").write_text(
        "sources:\n"
        "  - {id: down, homepage: 'http://down.example/', feeds: ['http://down.example/rss'],\n"
        "     connect_to: '127.0.0.1:9', allow_private: true, delay_s: 0}\n",
        encoding="utf-8",
    )
    (config / "pipeline.yaml").write_text("fetch: {retries: 0}\n", encoding="utf-8")
    done = cleancopy("fetch", "--config", config, "--data", tmp_path / "data")
    assert done.returncode == 3, done.stderr
    assert "connect-failed" in done.stderr
