"""Where an archive lies: a folder, or the URL of any store that fsspec has a driver for."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from deep_photo_enhancer.errors import ArchiveError
from deep_photo_enhancer.system.files import atomic_write

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

T = TypeVar("T")

WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each further try where a store fails; varied by half, so that not all come back at once."""
WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "memory"})
"""Stores whose files appear under their names when they are complete. Elsewhere a file is written beside and renamed."""
AT_ONCE = 128 << 20
"""Bytes that S3 gets in one request: such uploads leave nothing behind when they are cut off."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True)
class Stamp:
    """What tells one content of a file from another."""

    size: int
    """In bytes."""
    version: str
    """The store's etag, or size and time."""
    modified: float
    """Seconds since 1970; 0 where the store does not say."""


@dataclass(frozen=True)
class Place:
    """The root of a tree of files, which are called by their paths below it, with slashes.

    Every method raises ArchiveError, one sentence, where the store refuses or does not answer after several tries.
    """

    name: str
    """An absolute path or a URL."""

    @staticmethod
    def of(name: str) -> Place:
        """The place of a folder or URL as a user writes it. ArchiveError where its driver is missing."""
        if "://" not in name:
            return Place(os.path.abspath(name))  # noqa: PTH100 (links stay as they are)
        place = Place(name.rstrip("/"))
        if re.match("[^/]+//[^/]*:[^/]*@", name):
            raise ArchiveError(
                f"{place.protocol}://: a password in the URL would stand in records and messages; give it as the driver asks"
            )
        place._opened  # noqa: B018 (says what is missing)
        return place

    @property
    def folder(self) -> Path | None:
        """Where the files lie on this machine, or on what is mounted there; None for other stores."""
        if "://" not in self.name:
            return Path(self.name)
        return Path(self._opened[1]) if self.name.startswith(("file://", "local://")) else None

    @property
    def protocol(self) -> str:
        """What stands before :// in the URL."""
        return self.name.partition("://")[0] if "://" in self.name else "file"

    @property
    def store(self) -> AbstractFileSystem:
        """fsspec's file system."""
        return self._opened[0]

    @cached_property
    def _opened(self) -> tuple[AbstractFileSystem, str]:
        import fsspec

        try:
            store, root = fsspec.core.url_to_fs(self.name, use_listings_cache=False)
        except ImportError as error:
            raise ArchiveError(f"{self.name}: {_one_sentence(error)}; install its driver, as with pip install s3fs") from error
        except ValueError as error:
            raise ArchiveError(f"{self.name}: {_one_sentence(error)}; use a folder, or s3://, gs://, az:// or file://") from error
        return store, str(root)

    def url(self, key: str = "") -> str:
        """What messages call a file."""
        return f"{self.name}/{key}" if key else self.name

    def path(self, key: str = "") -> str:
        """What the driver calls a file."""
        return f"{self._opened[1]}/{key}" if key else self._opened[1]

    def stamp(self, key: str) -> Stamp | None:
        """None where there is no such file."""
        try:
            if self.folder is not None:
                return file_stamp(os.stat(self.folder / key))  # noqa: PTH116 (as below)
            return stamp_of(self.ask(lambda: self.store.info(self.path(key)), key))
        except FileNotFoundError:
            return None

    def read(self, key: str, start: int | None = None, end: int | None = None) -> bytes | None:
        """The file's bytes, or those from `start` to `end`; None where there is no such file."""
        try:
            content: bytes = self.ask(lambda: self.store.cat_file(self.path(key), start=start, end=end), key)
        except FileNotFoundError:
            return None
        return content

    def write(self, key: str, content: bytes) -> None:
        """Replace a small file, whole."""
        if self.folder is not None:
            with self._sentences(key), atomic_write(self.folder / key) as unfinished:
                unfinished.write_bytes(content)
            return
        self._finish(key, lambda path: self.store.pipe_file(path, content))

    def create(self, key: str, content: bytes) -> bool:
        """Write a small file that is not there yet; False where it is, also when another came first by a hair."""
        if self.folder is not None:
            path = self.folder / key
            with self._sentences(key):
                path.parent.mkdir(parents=True, exist_ok=True)
                try:
                    number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
                except FileExistsError:
                    return False
                with os.fdopen(number, "wb") as file:
                    file.write(content)
            return True
        try:
            self.ask(lambda: self.store.pipe_file(self.path(key), content, mode="create"), key)
        except FileExistsError:
            return self.read(key) == content  # a try before may have come through
        except FileNotFoundError as error:
            raise self._no_bucket(key) from error
        return True

    def remove(self, key: str) -> None:
        """Also where there is no such file."""
        with suppress(FileNotFoundError):
            self.ask(lambda: self.store.rm_file(self.path(key)), key)

    def fetch(self, key: str, path: Path) -> Stamp:
        """Copy a file to `path`, whole, with its time."""
        for _ in WAITS:
            before = self.stamp(key)
            if before is None:
                raise ArchiveError(f"{self.url(key)}: is no longer there")
            try:
                self.ask(lambda: self.store.get_file(self.path(key), str(path)), key)
            except FileNotFoundError:  # removed since
                continue
            if path.stat().st_size == before.size and self.stamp(key) == before:
                os.utime(path, (before.modified, before.modified))
                return before
        raise ArchiveError(f"{self.url(key)}: changes while it is read; run the command again when it is complete")

    def publish(self, path: Path, key: str) -> None:
        """Copy the file `path` here: it appears whole, or not at all."""
        settings = {}
        if self.protocol in ("s3", "s3a"):
            settings = {"chunksize": AT_ONCE // 2}
            if path.stat().st_size >= AT_ONCE:
                self.abort_uploads(key)
        for _ in WAITS:
            self._finish(key, lambda name: self.store.put_file(str(path), name, **settings))
            if self._holds(path, key):
                return
        raise ArchiveError(f"{self.url(key)}: does not arrive as it was sent; check the store, and run the command again")

    def abort_uploads(self, key: str) -> None:
        """Forget what killed processes have sent of a file without finishing it (S3; other stores do so by themselves)."""
        if self.protocol not in ("s3", "s3a"):
            return
        bucket, prefix, _ = self.store.split_path(self.path(key))
        found = self.ask(lambda: self.store.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=prefix), key)
        for upload in found.get("Uploads") or []:
            if upload["Key"] == prefix:
                with suppress(FileNotFoundError):
                    self.ask(
                        lambda id_=upload["UploadId"]: self.store.call_s3(  # type: ignore[misc]
                            "abort_multipart_upload", Bucket=bucket, Key=prefix, UploadId=id_
                        ),
                        key,
                    )

    def ask(self, call: Callable[[], T], key: str = "") -> T:
        """What the call returns, after several tries where the store fails. FileNotFoundError and FileExistsError pass."""
        last: Exception | None = None
        for wait in (None,) if self.folder is not None else (*WAITS, None):
            try:
                return call()
            except (FileNotFoundError, FileExistsError, MemoryError):
                raise
            except PermissionError as error:
                raise ArchiveError(f"{self.url(key)}: access is denied; check the credentials and their permissions") from error
            except Exception as error:  # drivers raise their libraries' own
                if type(error).__name__ == "ResourceNotFoundError":  # Azure's, of a container
                    raise FileNotFoundError(str(error)) from error
                if "Credentials" in type(error).__name__ + type(error.__cause__).__name__:
                    raise ArchiveError(f"{self.url(key)}: no credentials were found; set them as its driver asks") from error
                if isinstance(error, OSError) and error.errno in _FULL:
                    raise ArchiveError(f"{self.url(key)}: {no_space(error)}") from error
                last = error
            if wait is not None:
                time.sleep(wait * random.uniform(0.5, 1.5))
        reason = _one_sentence(last)
        raise ArchiveError(f"{self.url(key)}: the store does not answer ({reason}); run the command again later") from last

    def _finish(self, key: str, write: Callable[[str], object]) -> None:
        """Let `write` write a file under another name, where it would appear before it is complete, and rename it."""
        if self.protocol in WHOLE:
            try:
                self.ask(lambda: write(self.path(key)), key)
            except FileNotFoundError as error:
                raise self._no_bucket(key) from error
            return
        parent, _, name = self.path(key).rpartition("/")
        beside = f"{parent}/.{name[:40]}-{secrets.token_hex(4)}.part"
        try:
            self.ask(lambda: self.store.makedirs(parent, exist_ok=True), key)
            self.ask(lambda: write(beside), key)
            self.ask(lambda: self.store.mv(beside, self.path(key)), key)
        except BaseException:
            with suppress(Exception):
                self.store.rm_file(beside)
            raise

    def _no_bucket(self, key: str) -> ArchiveError:
        return ArchiveError(f"{self.url(key)}: there is no bucket {self.path().partition('/')[0]}; check the name, or make it")

    def _holds(self, path: Path, key: str) -> bool:
        """Whether the store says of the file what is true of `path`: its size, and its MD5 where the etag is one."""
        found = self.ask(lambda: self.store.info(self.path(key)), key)
        if found["size"] != path.stat().st_size:
            return False
        etag = str(found.get("ETag", "")).strip('"')
        is_md5 = re.fullmatch("[0-9a-f]{32}", etag) and found.get("ServerSideEncryption", "AES256") == "AES256"
        if not is_md5 or found.get("SSECustomerAlgorithm"):
            return True
        return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() == etag

    @contextmanager
    def _sentences(self, key: str) -> Iterator[None]:
        """Turns a folder's errors into sentences."""
        try:
            yield
        except OSError as error:
            reason = no_space(error) if error.errno in _FULL else f"cannot write there: {error.strerror}; choose another target"
            raise ArchiveError(f"{self.url(key)}: {reason}") from error


def no_space(error: OSError) -> str:
    """The end of a sentence on a target that takes nothing more."""
    return f"cannot write there: {error.strerror}; make room, or choose another target"


def stamp_of(info: Mapping[str, Any]) -> Stamp:
    """From what a driver says of a file."""
    size = int(info.get("size") or 0)
    modified = _seconds(next((info[name] for name in _TIMES if info.get(name)), 0))
    etag = next((str(info[name]).strip('"') for name in ("ETag", "etag", "md5Hash") if info.get(name)), None)
    return Stamp(size, etag or f"{size}-{modified:.6f}", modified)


def file_stamp(found: os.stat_result) -> Stamp:
    """Of a file in a folder."""
    return Stamp(found.st_size, f"{found.st_size}-{found.st_mtime_ns}", found.st_mtime)


_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")


def _seconds(time: object) -> float:
    if isinstance(time, str):
        time = datetime.fromisoformat(time.replace("Z", "+00:00"))
    return time.timestamp() if isinstance(time, datetime) else float(time)  # type: ignore[arg-type]


def _one_sentence(error: object) -> str:
    return " ".join(str(error).split()).rstrip(".")[:300] or type(error).__name__


def refuse_nesting(source: Place, target: Place) -> None:
    """ArchiveError where outputs would lie among the photos, or photos among the outputs."""
    one, other = (_comparable(place) for place in (source, target))
    if one == other:
        raise ArchiveError(f"{target.name}: is the source itself; choose another target")
    if other.startswith(one.rstrip("/") + "/"):
        raise ArchiveError(f"{target.name}: lies inside the source {source.name}; choose a target outside it")
    if one.startswith(other.rstrip("/") + "/"):
        raise ArchiveError(f"{source.name}: lies inside the target {target.name}; choose a target outside it")


def _comparable(place: Place) -> str:
    if place.folder is not None:
        return f"file:{os.path.realpath(place.folder)}"
    aliases = {"s3a": "s3", "gcs": "gs", "abfs": "az", "abfss": "az"}
    return f"{aliases.get(place.protocol, place.protocol)}:{place.path()}"
