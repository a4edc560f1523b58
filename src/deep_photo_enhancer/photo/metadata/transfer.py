"""Which container a file is, and its metadata in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, map_file
from deep_photo_enhancer.photo.containers.detect import container_of
from deep_photo_enhancer.photo.metadata import exif, heif, jp2, jpeg, jxl, photoshop, png, raw, tiff_file, webp, xmp
from deep_photo_enhancer.photo.metadata.blocks import EXIF_IN_PART, GEO, LONGEST, Blocks, Metadata
from deep_photo_enhancer.system.files import atomic_write

Keep = Literal["all", "no-gps"]


@dataclass(frozen=True)
class Container:
    """How the metadata of a container is read and written, and what it can hold."""

    read: Callable[[Data], Blocks]
    write: Callable[[Data, BinaryIO, Metadata], tuple[str, ...]] | None = None
    """Into a file that a codec wrote; says what was left out. None where nothing is written, and for JPEG, which takes more."""
    holds_iptc: bool = True
    texts: frozenset[str] = frozenset()
    """Kinds of comments that it holds."""
    turned_by_tags: bool = True
    """Whether its decoder leaves the turn that EXIF and XMP ask for to us; the others have one of their own."""


CONTAINERS = {
    "JPEG": Container(jpeg.read, texts=frozenset({"COM"})),
    "PNG": Container(png.read, png.write, texts=frozenset({"tEXt", "zTXt", "iTXt"})),
    "WebP": Container(webp.read, webp.write, holds_iptc=False),
    "TIFF": Container(tiff_file.read, tiff_file.write),
    "HEIF": Container(heif.read, heif.write, holds_iptc=False, turned_by_tags=False),
    "JPEG XL": Container(jxl.read, jxl.write, holds_iptc=False, turned_by_tags=False),
    "JPEG 2000": Container(jp2.read, jp2.write),
    "RAF": Container(raw.read_raf, turned_by_tags=False),
    "CR3": Container(raw.read_cr3, turned_by_tags=False),
}
"""One row a container, by the name that `container_of` gives."""

_MOST_NAMED = 5
UNKNOWN = (1.0, 1.0)
"""The resolution of a photo that says nothing of it."""

_CLAIMS = {
    "motion": "the video of its motion photo is left out",
    "gain map": "its HDR gain map is left out: the output is a standard photo",
    "depth": "its depth map is left out",
    "credentials": "its content credentials are left out: they vouch for the old pixels only",
}
_SECOND_PICTURE = "the further pictures in the file are left out"


def read_metadata(data: Data) -> tuple[Metadata, tuple[str, ...]]:
    """What a photo's file holds beside pixels and profile, and what of it the output will not have, a clause each.

    The file is known by its content. Blocks that are damaged are left out with a warning; nothing is raised. XMP comes without
    what it says of things that are not carried (motion photo, gain map, depth map), and Photoshop's resources without
    thumbnails. From TIFF and RAW files the EXIF block is built of the tags that describe the photo.
    """
    container = container_of(data)
    if container not in CONTAINERS:
        return Metadata(), ()
    try:
        found = CONTAINERS[container].read(data)
        if container == "JPEG":
            jpeg.look_behind(found, data)
    except DamagedError:
        return Metadata(), ("its metadata is damaged and is left out",)
    return _check(found, is_turned=CONTAINERS[container].turned_by_tags)


def read_orientation(data: Data) -> int:
    """How the decoded pixels of a file have to be turned, 1 to 8 as in EXIF, by the blocks that `read_metadata` reads.

    What a TIFF says itself goes before EXIF, and that before XMP. 1 where nothing says it, and for the formats whose decoders
    turn the pixels: HEIC, AVIF, JPEG XL and RAW.
    """
    container = container_of(data)
    if container not in CONTAINERS or not CONTAINERS[container].turned_by_tags:
        return 1
    try:
        found = CONTAINERS[container].read(data)
    except DamagedError:
        return 1
    try:
        block = exif.repair(found.exif)[0] if found.exif else None
    except DamagedError:
        block = None
    return _orientation(found, block, found.xmp)


def adapt_metadata(metadata: Metadata, width: int, height: int, keep: Keep) -> tuple[Metadata, tuple[str, ...]]:
    """The same for the enhanced photo, upright with `width` by `height` pixels, and what was left out of it, a clause each.

    Orientation becomes 1 and sizes these, in place; the EXIF thumbnail goes. "no-gps" removes coordinates: the GPS directory of
    EXIF with its values, XMP's properties of GPS, and data of other programs, which may hold some. Names of places (IPTC, XMP)
    and maker notes stay as they are. A block that cannot be read is left out; `read_metadata` has said so.
    """
    keep_gps = keep == "all"
    block, packet = metadata.exif, metadata.xmp
    try:
        block = exif.patch(block, width, height, keep_gps) if block is not None else None
    except DamagedError:
        block = None
    try:
        packet = xmp.patch(packet, width, height, keep_gps) if packet is not None else None
    except DamagedError:
        packet = None
    pieces = tuple(piece for piece in metadata.pieces if keep_gps or not piece.is_private)
    private = {piece.kind for piece in metadata.pieces} - {piece.kind for piece in pieces}
    left_out = (f"its data from other programs ({_listed(private)}) is left out: it may say where the photo was taken",)
    return Metadata(block, packet, metadata.iptc, metadata.texts, pieces), left_out if private else ()


def embed(file: Path, metadata: Metadata, resolution: tuple[float, float] = UNKNOWN) -> tuple[str, ...]:
    """Put the blocks into an encoded file that holds pixels and profile; other metadata in it is replaced.

    The file is known by its content, and replaced as a whole. `resolution`, pixels a millimetre across and down, goes into a
    JPEG's JFIF header, which libvips leaves out; other files are left with the encoder's. Returns what the file cannot hold, a
    clause each. PhotoError when it is none that can hold metadata; OSError when it cannot be written.
    """
    if not metadata and resolution == UNKNOWN:
        return ()
    try:
        with (  # the new file takes the old one's place last, when nothing is open any more
            atomic_write(file) as unfinished,
            file.open("rb") as source,
            map_file(source) as data,
            unfinished.open("wb") as target,
        ):
            container = container_of(data) or ""
            write = CONTAINERS[container].write if container in CONTAINERS else None
            if container == "JPEG":
                left_out = jpeg.write(data, target, metadata, resolution)
            elif write is not None:
                left_out = write(data, target, metadata)
            else:
                raise PhotoError(f"{file}: cannot put metadata into this format; choose another one")
    except DamagedError as error:
        raise PhotoError(f"{file}: cannot put metadata into this file; write it again, or without metadata") from error
    return (*left_out, *_homeless(container, metadata))


def _check(found: Blocks, is_turned: bool) -> tuple[Metadata, tuple[str, ...]]:
    """Only what can be changed later as it must be."""
    warnings = list(found.warnings)
    claims = set(found.claims)
    block, packet, resources = _readable_exif(found, warnings), found.xmp or None, found.iptc or None
    try:
        _short_enough(packet)
        if packet is not None:
            packet, said = xmp.remove_claims(packet)
            xmp.patch(packet, 1, 1, keep_gps=False)
            claims |= said
    except DamagedError:
        packet = None
        warnings.append("its XMP data is damaged and is left out")
    if resources is not None:
        resources, complete = photoshop.repair(resources)
        if not complete:
            warnings.append(f"{'a part of ' if resources else ''}its IPTC data is damaged and is left out")
        resources = photoshop.drop_stale(resources)
    turned = is_turned and _orientation(found, block, packet) != 1
    lost = {piece.kind for piece in found.pieces if turned and piece.kind == GEO} | found.dropped
    if lost:
        warnings.append(f"its data from other programs ({_listed(lost)}) is left out: it may not hold for the new pixels")
    pieces = tuple(piece for piece in found.pieces if piece.kind not in lost)
    metadata = Metadata(block, packet, resources, tuple(found.texts), pieces)
    return metadata, (*warnings, *_of_claims(claims, found.unknown))


def _readable_exif(found: Blocks, warnings: list[str]) -> bytes | None:
    """What of EXIF can be read, and changed later as it must be."""
    if not found.exif:
        return None
    try:
        _short_enough(found.exif)
        block, complete = exif.repair(found.exif)
        for keep_gps in (True, False):
            exif.patch(block, 1, 1, keep_gps)
    except DamagedError:
        warnings.append("its EXIF data is damaged and is left out")
        return None
    if not complete:
        warnings.append(EXIF_IN_PART)
    return block


def _orientation(found: Blocks, block: bytes | None, packet: bytes | None) -> int:
    """By the container, or else by EXIF, or else by XMP."""
    said = found.orientation or (exif.orientation(block) if block else None)
    try:
        _short_enough(packet)
        return said or (xmp.orientation(packet) if packet else None) or 1
    except DamagedError:
        return 1


def _short_enough(block: bytes | None) -> None:
    if block is not None and len(block) > LONGEST:
        raise DamagedError


def _of_claims(claims: set[str], unknown: int) -> list[str]:
    sentences = [sentence for claim, sentence in _CLAIMS.items() if claim in claims]
    explained = claims & {"motion", "gain map", "depth"}
    if "second picture" in claims and not explained:
        return [*sentences, _SECOND_PICTURE]
    if unknown and not explained:
        return [*sentences, f"{unknown} bytes after the picture are left out"]
    return sentences


def _homeless(container: str, metadata: Metadata) -> list[str]:
    sentences = []
    if metadata.iptc is not None and not CONTAINERS[container].holds_iptc:
        sentences.append(f"its IPTC data is left out: {container} has no place for it")
    kinds = {kind for kind, _ in metadata.texts} - CONTAINERS[container].texts
    homeless = {piece.kind for piece in metadata.pieces if piece.container != container}
    if homeless:
        sentences.append(f"its data from other programs ({_listed(homeless)}) cannot be kept in {container}")
    if kinds:
        sentences.append(f"its {'comment' if kinds == {'COM'} else 'PNG texts'} cannot be kept in {container}")
    return sentences


def _listed(kinds: set[str]) -> str:
    """The first few, for a message."""
    names = sorted(kinds)
    return ", ".join([*names[:_MOST_NAMED], *(["..."] if len(names) > _MOST_NAMED else [])])
