from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner, Result

from deep_photo_enhancer.cli import main
from deep_photo_enhancer.research.study.material import load_study
from deep_photo_enhancer.research.study.votes import Vote, VoteStore, read_csv, to_csv
from tests.research.study.fixtures import small_study, system_folders, table_5_votes


def dpe_study(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["study", *map(str, arguments)])


def test_a_study_is_made_with_and_without_the_word_new(tmp_path: Path) -> None:
    folders = system_folders(tmp_path, 2)
    for words in ([], ["new"]):
        output = tmp_path / f"study{len(words)}"
        result = dpe_study(*words, *folders, "-o", output)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == f"2 photos by 3 systems: 6 pairs for each participant\ndpe study serve {output}\n"
        assert len(load_study(output).pictures) == 6
    assert dpe_study("-o", tmp_path / "study2", *folders).exit_code == 0


def test_the_help_names_the_three_commands_and_says_that_new_may_be_left_out() -> None:
    for arguments in (["--help"], []):
        output = dpe_study(*arguments).output
        assert re.search(r"^  new .*^  report .*^  serve ", output, re.MULTILINE | re.DOTALL)
        assert "`new` may be left out" in output


def test_bad_photos_are_all_named_and_nothing_is_made(tmp_path: Path) -> None:
    folders = system_folders(tmp_path, 3)
    (folders[0] / "scene0.png").unlink()
    (folders[1] / "scene1.png").write_bytes(b"no photo")
    result = dpe_study(*folders, "-o", tmp_path / "study")
    assert result.exit_code == 1
    assert "2 problems with the study's photos" in result.stderr
    assert f"scene0: no photo of this name in {folders[0]}" in result.stderr
    assert f"{folders[1] / 'scene1.png'}: damaged, or not a photo" in result.stderr
    assert not (tmp_path / "study").exists()


def test_a_report_of_a_study_is_printed_and_written(tmp_path: Path) -> None:
    made = small_study(tmp_path)
    store = VoteStore(made.votes_file)
    for person in ("x" * 22, "y" * 22):
        store.add(Vote(person, "scene0", "gentle-ours", "loud-theirs", "gentle-ours", 1000, "2024"))
    result = dpe_study("report", made.folder)
    assert (result.exit_code, result.stderr) == (0, f"wrote report.md, report.json and votes.csv in {made.folder}\n")
    assert "2 votes by 2 participants on 1 photo." in result.stdout
    assert (made.folder / "report.md").read_text() == result.stdout
    assert json.loads((made.folder / "report.json").read_text())["totals"] == {"gentle-ours": 2, "loud-theirs": 0}
    assert [vote.participant for vote in read_csv(made.folder / "votes.csv")] == ["1", "2"]


def test_votes_of_a_file_are_reported(tmp_path: Path) -> None:
    (tmp_path / "paper.csv").write_text(to_csv(table_5_votes()))
    result = dpe_study("report", "--votes", tmp_path / "paper.csv")
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.search(r"^\| DPE over CLHE +\| +81% \| +77% to 84% \|$", result.stdout, re.MULTILINE)
    assert [path.name for path in tmp_path.iterdir()] == ["paper.csv"]
    assert dpe_study("report", "--votes", tmp_path / "paper.csv", "-o", tmp_path / "out").exit_code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["report.json", "report.md", "votes.csv"]


def test_a_file_without_votes_is_named_and_the_study_is_not_told_to_start(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("participant,photo,winner,loser\n")
    result = dpe_study("report", "--votes", tmp_path / "empty.csv")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert f"{tmp_path / 'empty.csv'}: holds no votes" in result.stderr
    assert "serve" not in result.stderr


def test_no_terminal_commands_of_a_file_of_votes_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text('participant,photo,winner,loser\n1,sea,"\x1b]0;title\x07","two\nlines"\n')
    result = dpe_study("report", "--votes", tmp_path / "votes.csv")
    assert result.exit_code == 0
    assert "\\x1b]0;title\\x07" in result.stdout
    assert all(line.isprintable() for line in result.stdout.split("\n"))


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_no_terminal_commands_of_a_folders_name_reach_the_terminal(tmp_path: Path) -> None:
    result = dpe_study(*system_folders(tmp_path, 2), "-o", tmp_path / "\x1b[31m")
    assert result.exit_code == 0
    assert result.stdout.endswith("\\x1b[31m\n")
    assert "\x1b" not in result.stdout


def test_a_report_needs_votes_of_one_kind(tmp_path: Path) -> None:
    made = small_study(tmp_path)
    assert "there are no votes yet" in dpe_study("report", made.folder).stderr
    for arguments in ([], [made.folder, "--votes", "x.csv"]):
        result = dpe_study("report", *arguments)
        assert result.exit_code == 2
        assert "Name a study, or a file with --votes." in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a console's Ctrl-C")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_prints_the_address_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    made = small_study(tmp_path)
    code = "from deep_photo_enhancer.cli.study import study; study()"
    command = [sys.executable, "-W", "error", "-c", code, "serve", str(made.folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/ \(Ctrl-C ends it\)\n", line)
        with urlopen(line.split()[0], timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(number)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
    assert rest == f"0 votes by 0 participants\ndpe study report {made.folder}\n"


def test_a_port_in_use_and_a_folder_that_is_no_study_are_errors_of_one_line(tmp_path: Path) -> None:
    made = small_study(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = dpe_study("serve", made.folder, "--port", port)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith(f"Error: 127.0.0.1:{port}: cannot listen there: ")
    assert "no study there; make one with dpe study" in dpe_study("serve", tmp_path).stderr
