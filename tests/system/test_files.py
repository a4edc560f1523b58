from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from threading import Thread

import pytest

from deep_photo_enhancer.system import files
from deep_photo_enhancer.system.files import (
    MARK,
    STALE,
    atomic_write,
    is_standard_output,
    is_stream,
    realpath,
    remove_leftovers,
    remove_unfinished_files,
    shorten,
    temporary_file,
)

posix = pytest.mark.skipif(os.name != "posix", reason="devices and links as POSIX has them")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_when_the_block_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "figures.json"
    with atomic_write(path) as unfinished:
        unfinished.write_text("all of it")
        assert not path.exists()
    assert path.read_text() == "all of it"
    assert names(path.parent) == ["figures.json"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic_write(path) as unfinished:  # noqa: PT012
        unfinished.write_text("half of")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert names(tmp_path) == ["figures.json"]


@posix
def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with atomic_write(tmp_path / "a") as unfinished:
            unfinished.touch()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_no_mode_and_no_time_is_set_as_some_shares_take_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError

    for name in ("chmod", "fchmod", "utime"):
        monkeypatch.setattr(os, name, refuse, raising=False)
    with atomic_write(tmp_path / "a") as unfinished:
        unfinished.write_text("content")
    assert (tmp_path / "a").read_text() == "content"


@pytest.mark.parametrize("stem", ["n" * 250, "\u6c34" * 83, "\N{GRINNING FACE}" * 62])
def test_names_as_long_as_they_may_be(tmp_path: Path, stem: str) -> None:
    path = tmp_path / f"{stem}.jpg"
    with atomic_write(path) as unfinished:
        unfinished.write_text("content")
    assert names(tmp_path) == [path.name]


def test_a_process_that_ends_can_remove_what_its_threads_have_not_finished(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "done.json") as unfinished:
        unfinished.write_text("done")
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "a.json"), atomic_write(tmp_path / "b.json"):  # noqa: PT012
        assert len(list(tmp_path.iterdir())) == 3
        remove_unfinished_files()
        assert names(tmp_path) == ["done.json"]
    assert names(tmp_path) == ["done.json"]


# What is no regular file


@posix
def test_links_stay_and_the_file_that_they_lead_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "old").write_text("old")
    for link, target in (("to old", "there/old"), ("to new", "there/new"), ("to link", "to old")):
        (tmp_path / link).symlink_to(target)
        with atomic_write(tmp_path / link) as unfinished:
            assert unfinished.parent == realpath(tmp_path / "there")
            unfinished.write_text(link)
        assert (tmp_path / link).is_symlink()
        assert (tmp_path / link).read_text() == link
    assert names(tmp_path / "there") == ["new", "old"]
    assert (tmp_path / "there" / "old").read_text() == "to link"


@posix
def test_links_in_a_circle_are_refused_and_stay(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"), atomic_write(tmp_path / "a"):
        pass
    assert (tmp_path / "a").readlink() == Path("b")


@posix
def test_a_pipe_stays_one_and_gets_the_content_when_it_is_complete(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert is_stream(pipe)
    got: list[str] = []
    reader = Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    with atomic_write(pipe) as unfinished:
        unfinished.write_text("all of it")
        assert got == []
    reader.join(10)
    assert got == ["all of it"]
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert names(tmp_path) == ["pipe"]


@posix
def test_a_pipe_that_nobody_reads_is_refused_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PATIENCE", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="No process reads this pipe"), atomic_write(tmp_path / "pipe"):
        pytest.fail("the block was entered")
    assert stat.S_ISFIFO((tmp_path / "pipe").lstat().st_mode)


@posix
def test_a_device_is_written_into(tmp_path: Path) -> None:
    (tmp_path / "null").symlink_to(os.devnull)
    for path in (Path(os.devnull), tmp_path / "null"):
        with atomic_write(path) as unfinished:
            assert unfinished.parent != Path("/dev")
            unfinished.write_text("content")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    assert (tmp_path / "null").is_symlink()


@posix
def test_folders_and_sockets_are_refused_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = socket.socket(socket.AF_UNIX)
    monkeypatch.chdir(tmp_path)  # its name may be no longer than 108 bytes
    server.bind("socket")
    (tmp_path / "folder").mkdir()
    for name, reason in (("folder", "Is a directory"), ("socket", "Is a socket")):
        with pytest.raises(OSError, match=reason), atomic_write(tmp_path / name):
            pytest.fail("the block was entered")
    server.close()
    assert names(tmp_path) == ["folder", "socket"]


STREAMS = """
import sys
from pathlib import Path
from deep_photo_enhancer.system.files import atomic_write, is_standard_output
print("before")
with atomic_write(Path(sys.argv[1])) as unfinished:
    unfinished.write_text("content\\n")
print(is_standard_output(Path(sys.argv[1])))
"""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="Linux's names of open files")
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_in_a_file_goes_on_where_it_was(tmp_path: Path, name: str) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        subprocess.run([sys.executable, "-c", STREAMS, name], stdout=file, check=True)
    assert log.read_text() == "before\ncontent\nTrue\n"
    assert names(tmp_path) == ["log"]
    assert not is_standard_output(log)
    assert not is_standard_output(Path(os.devnull))


# Temporary files


def test_a_temporary_file_is_gone_afterwards() -> None:
    with temporary_file() as path:
        path.write_text("content")
        assert path.read_text() == "content"
    assert not path.exists()


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="Linux's files in memory")
def test_without_a_temporary_folder_it_lies_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_options: object) -> None:
        raise FileNotFoundError("no usable temporary directory")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    with temporary_file() as path:
        path.write_text("the first content, which is longer")
        with atomic_write(path) as unfinished:  # as metadata is put into an encoded photo
            unfinished.write_text(path.read_text()[:9])
        assert path.read_text() == "the first"
    assert not path.exists()


# Leftovers


def killed(folder: Path, process: int, age: float) -> Path:
    """What a killed process of that number left."""
    with atomic_write(folder / "a.jpg") as unfinished:
        name = unfinished.name.replace(f"-{os.getpid()}-", f"-{process}-")
    (folder / "a.jpg").unlink()
    return aged(folder / name, age)


def aged(path: Path, age: float) -> Path:
    path.touch()
    os.utime(path, (time.time() - age, time.time() - age))
    return path


@posix
def test_only_what_this_program_certainly_left_is_removed(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = killed(tmp_path, gone.pid, STALE + 5)
    kept = [killed(tmp_path, gone.pid, STALE - 60), killed(tmp_path, os.getpid(), STALE + 5)]
    foreign = (".holiday-film-a1b2c3d4.part", ".film.part", ".a-1-00000000.part", f"a-{gone.pid}-00000000{MARK}", f".film{MARK}")
    kept += [aged(tmp_path / name, STALE + 5) for name in foreign]
    (tmp_path / f".folder-{gone.pid}-00000000{MARK}").mkdir()
    kept.append(aged(tmp_path / f".folder-{gone.pid}-00000000{MARK}", STALE + 5))
    remove_leftovers(tmp_path)
    assert not left.exists()
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    remove_leftovers(tmp_path / "does not exist")


def test_a_name_is_cut_between_letters_and_stays_one_of_its_own() -> None:
    assert shorten("short", "-compare.jpg") == "short-compare.jpg"
    assert shorten("n" * 243, "-compare.jpg") == "n" * 243 + "-compare.jpg"
    long = "\u6c34" * 84
    cut = shorten(long, "-compare.jpg")
    assert cut == "\u6c34" * 78 + f"~{zlib.crc32(long.encode()):08x}-compare.jpg"  # 3 bytes each: 234 + 9 + 12
    assert shorten(f"{long}n", "-compare.jpg") != cut
    assert len(os.fsencode(shorten("\N{GRINNING FACE}" * 70, ".jpg"))) == 240 + 9 + 4
