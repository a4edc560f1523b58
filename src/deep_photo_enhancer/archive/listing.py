"""The photos of a place, in an order that is the same each time; never more than one folder or page is in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from deep_photo_enhancer.archive.places import Place, Stamp, file_stamp, stamp_of
from deep_photo_enhancer.enhancement.batch.plan import is_photo
from deep_photo_enhancer.enhancement.batch.tree import walk
from deep_photo_enhancer.errors import ArchiveError

PAGE = 1000
"""Keys that S3 is asked for at a time: the most that it gives."""
Group = list["Entry"]
"""Photos of one folder among which names of outputs may clash; of different groups they do not."""
Key = tuple[tuple[bool, str], ...] | str


@dataclass(frozen=True, slots=True)
class Entry:
    """One photo of the source."""

    key: str
    """Its path below the source's root."""
    stamp: Stamp
    problem: str | None = None
    """Why it cannot be looked at, as with a folder that is closed to us."""


@dataclass(frozen=True)
class Listing:
    """All photos of a place, found anew each time that `groups` is called."""

    place: Place
    groups: Callable[[], Iterator[Group]]
    order: Callable[[str], Any]
    """By what the photos' keys are sorted."""


def list_photos(place: Place) -> Listing:
    """The photos of a folder or URL. Hidden names, and what lies in hidden folders, are left out.

    S3 gives its keys page by page, sorted; folders, and stores that know such, are looked at one by one. ArchiveError, while
    listing, where there is no such place.
    """
    if place.protocol in ("s3", "s3a"):
        return Listing(place, lambda: by_stems(_s3_entries(place)), str)
    return Listing(place, lambda: _local_folders(place) if place.folder is not None else _store_folders(place), folder_order)


def folder_order(key: str) -> Key:
    """Photos of a folder before those of the folders in it, as `walk` has them."""
    *folders, name = key.split("/")
    return (*((True, folder) for folder in folders), (False, name))


def by_stems(entries: Iterator[Entry]) -> Iterator[Group]:
    """Groups of sorted entries: all that begin with a photo's name without its suffix.

    Within these are all photos that could want the same output: x.jpg, x.nef, x.nef.jpg.
    """
    group: Group = []
    prefix = ""
    for entry in entries:
        if group and not entry.key.startswith(prefix):
            yield group
            group = []
        if not group:
            prefix = _stem(entry.key) + "."
        elif entry.key < group[-1].key:
            raise ArchiveError(
                f"{entry.key}: comes after {group[-1].key}: this store does not sort its keys, which is not supported"
            )
        group.append(entry)
    if group:
        yield group


def _stem(key: str) -> str:
    while is_photo(key.rpartition("/")[2]) and not key.endswith("/"):
        key = os.path.splitext(key)[0]  # noqa: PTH122 (no path)
    return key


def _is_hidden(key: str) -> bool:
    return key.startswith(".") or "/." in key


def _s3_entries(place: Place) -> Iterator[Entry]:
    length = len(place.path()) - len(place.path().partition("/")[0])  # of the root below the bucket, with its slash
    for page in s3_pages(place, ""):
        for found in page:
            key = found["Key"][length:]
            if not _is_hidden(key) and is_photo(key.rpartition("/")[2]):
                problem = f"{place.url(key)}: has a folder without a name; rename it" if "//" in f"/{key}" else None
                yield Entry(key, stamp_of(found | {"size": found["Size"]}), problem)


def s3_pages(place: Place, key: str) -> Iterator[list[dict[str, Any]]]:
    """What S3 says of the objects below a key, a thousand at a time. ArchiveError where there is no such bucket."""
    bucket, prefix, _ = place.store.split_path(place.path(key))
    prefix = f"{prefix}/" if prefix and not prefix.endswith("/") else prefix
    token: dict[str, str] = {}
    while True:
        try:
            page = place.ask(
                lambda token=token: place.store.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, MaxKeys=PAGE, **token)  # type: ignore[misc]
            )
        except FileNotFoundError as error:
            raise ArchiveError(f"{place.name}: there is no bucket {bucket}; check the name") from error
        yield page.get("Contents") or []
        if not page.get("IsTruncated"):
            return
        token = {"ContinuationToken": page["NextContinuationToken"]}


def _local_folders(place: Place) -> Iterator[Group]:
    root = place.folder
    assert root is not None
    if not root.is_dir():
        raise ArchiveError(f"{place.name}: is {'a file' if root.exists() else 'not there'}; name a folder of photos, or a URL")
    for folder in walk(root, is_photo):
        below = folder.below.as_posix()
        if folder.problem is not None:
            yield [Entry(below, Stamp(0, "", 0), folder.problem)]
        elif folder.photos:
            keys = folder.photos if below == "." else [f"{below}/{name}" for name in folder.photos]
            yield [entry for key in keys if (entry := _local_entry(place, key)) is not None]


def _local_entry(place: Place, key: str) -> Entry | None:
    assert place.folder is not None
    try:
        return Entry(key, file_stamp(os.stat(place.folder / key)))  # noqa: PTH116 (a path less for each of millions)
    except FileNotFoundError:  # gone meanwhile
        return None
    except OSError as error:
        return Entry(key, Stamp(0, "", 0), f"{place.url(key)}: cannot be looked at: {error.strerror}; change its permissions")


def _store_folders(place: Place) -> Iterator[Group]:
    pending = [""]
    while pending:
        below = pending.pop()
        try:
            found = place.ask(lambda below=below: place.store.ls(place.path(below), detail=True), below)  # type: ignore[misc]
        except FileNotFoundError as error:
            if below:
                continue  # gone meanwhile
            raise ArchiveError(f"{place.name}: is not there; check the name") from error
        named = sorted((info["name"].rstrip("/").rpartition("/")[2], info) for info in found)
        start = f"{below}/" if below else ""
        folders = [start + name for name, info in named if info["type"] == "directory" and not name.startswith(".")]
        pending.extend(reversed(folders))
        photos = [
            Entry(start + name, stamp_of(info))
            for name, info in named
            if info["type"] == "file" and not name.startswith(".") and is_photo(name)
        ]
        if photos:
            yield photos
