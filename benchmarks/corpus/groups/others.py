"""What other programs leave in files: orientations in unusual places, data of their own, and damage that spares the picture."""

from __future__ import annotations

import binascii
import struct
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

import tifffile
from PIL import Image

from benchmarks.corpus.case import Case
from benchmarks.corpus.groups.metadata import EXIF, GPS, IPTC
from benchmarks.corpus.groups.orientations import stored
from benchmarks.corpus.pictures import Pictures, levels
from benchmarks.corpus.tools import convert, run, tagged
from deep_photo_enhancer.photo.containers.bmff import Box, boxes, contents, encode_box
from deep_photo_enhancer.photo.containers.jpeg import encode_segment, segments
from deep_photo_enhancer.photo.containers.png import chunks, encode_chunk
from deep_photo_enhancer.photo.containers.webp import encode_chunk as encode_riff

Make = Callable[[Path], object]
_TURNED = (6, 8)
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="%d"/></rdf:RDF></x:xmpmeta>'
)
_GEO_JP2 = bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03")
_NOT_KEPT = "is left out: it may not hold for the new pixels"
SEGMENTS: dict[str, Sequence[tuple[int, bytes]]] = {
    "gopro": [(0xE6, b"GoPro\0DEVC\0\1\0\x04DVID\0\0\0\1")],
    "flir": [(0xE1, b"FLIR\0\1%c\2" % part + bytes(range(256)) * 100) for part in range(3)],
    "kodak": [(0xE3, b"Meta\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")],
    "flashpix": [(0xE2, b"FPXR\0\0\1\0\1\0\0\0\0\0")],
    "nameless": [(0xE7, bytes(range(64))), (0xE9, b"\xff\xfe\xff\xfe")],
    "twelve": [(0xEC, b"[picture info]\r\nTimeDate=1\r\n"), (0xE5, b"RMETA\0MM\0"), (0xEF, b"Q 95\0")],
}


def cases(pictures: Pictures) -> list[Case]:
    return [*_orientations(pictures), *_kept(pictures), *_left_out(pictures), *_damaged(pictures), *_properties(pictures)]


# orientations


def _orientations(pictures: Pictures) -> list[Case]:
    found = []
    for orientation in _TURNED:
        exif, packet = b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0%c\0\0\0\0\0\0" % orientation, (_XMP % orientation).encode()
        profile = b"\nexif\n%8d\n%s\n" % (len(exif) + 6, binascii.hexlify(b"Exif\0\0" + exif))
        texts = {
            "exif-behind": (encode_chunk(b"eXIf", exif), True),
            "exif-prefix": (encode_chunk(b"eXIf", b"Exif\0\0" + exif), False),
            "raw-profile": (encode_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile)), False),
            "xmp-alone": (encode_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet), False),
            "xmp-behind": (encode_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet), True),
        }
        made: dict[str, Make] = {
            f"{name}-{orientation}.png": partial(_png, pictures, orientation, *chunk) for name, chunk in texts.items()
        }
        made[f"imagemagick-{orientation}.png"] = partial(_by_imagemagick, pictures, orientation)
        for suffix in ("jpg", "webp"):
            made[f"xmp-alone-{orientation}.{suffix}"] = partial(_xmp_alone, pictures, orientation)
        made[f"exif-{orientation}.jp2"] = partial(_jp2, pictures, orientation, b"JpgTiffExif->JP2" + exif)
        for name, make in made.items():
            truth, tolerance = levels(pictures.colours), 4.0 if name.endswith(("jpg", "webp")) else 0.0
            free = ("PNG:*", "PNG-*:*", "Jpeg2000:*", "ExifTool:*", "XMP-x:*", "File:*")  # in another form, or the sides
            found.append(Case("orientations of others", name, make, truth=truth, tolerance=tolerance, may_differ=free))
    return found


def _lying(pictures: Pictures, orientation: int, path: Path) -> None:
    turned = pictures.pnm(f"stored{orientation}", stored(pictures.colours, orientation))
    convert(turned, "-strip", "-quality", "95", "-sampling-factor", "1x1", path)


def _png(pictures: Pictures, orientation: int, chunk: bytes, is_behind: bool, path: Path) -> None:
    _lying(pictures, orientation, path)
    _insert(path, chunk, b"IEND" if is_behind else b"IDAT")


def _insert(path: Path, chunk: bytes, before: bytes) -> None:
    data = path.read_bytes()
    at = next(each.at for each in chunks(data) if each.kind == before)
    path.write_bytes(data[:at] + chunk + data[at:])


def _by_imagemagick(pictures: Pictures, orientation: int, path: Path) -> None:
    """As "convert phone.jpg x.png" does it: eXIf behind the pixels."""
    jpeg = pictures.folder / f"phone{orientation}.jpg"
    Image.fromarray(stored(pictures.colours, orientation)).save(jpeg, quality=100, subsampling=0)
    tagged(jpeg, "-n", f"-IFD0:Orientation={orientation}")
    convert(jpeg, path)
    plain = pictures.folder / f"phone{orientation}.png"
    _lying(pictures, orientation, plain)
    theirs, ours = path.read_bytes(), plain.read_bytes()
    exif = b"".join(theirs[each.at : each.end] for each in chunks(theirs) if each.kind in (b"eXIf", b"zTXt"))
    path.write_bytes(ours[:-12] + exif + ours[-12:])  # exact pixels with ImageMagick's chunks


def _xmp_alone(pictures: Pictures, orientation: int, path: Path) -> None:
    _lying(pictures, orientation, path)
    tagged(path, "-n", f"-XMP-tiff:Orientation={orientation}")


def _jp2(pictures: Pictures, orientation: int, uuid: bytes, path: Path) -> None:
    png = pictures.folder / f"lying{orientation}.png"
    _lying(pictures, orientation, png)
    run("opj_compress", "-i", png, "-o", path)
    _before_box(path, b"jp2c", encode_box(b"uuid", uuid))


def _before_box(path: Path, kind: bytes, new: bytes) -> None:
    data = path.read_bytes()
    at = next(box.at for box in boxes(data) if box.kind == kind)
    path.write_bytes(data[:at] + new + data[at:])


# data of others


def _kept(pictures: Pictures) -> list[Case]:
    """What must be in the output byte for byte."""
    found = []
    for name, of_others in SEGMENTS.items():
        new = b"".join(encode_segment(*each) for each in of_others)
        found.append(_holding(f"{name}.jpg", partial(_jpeg, pictures, new), new, 4))
    for kind, body in ((b"sBIT", b"\5\6\5"), (b"vpAg", bytes(9)), (b"prVt", b"private"), (b"sCAL", b"\x011\x001")):
        chunk = encode_chunk(kind, body)
        make = partial(_with_chunk, pictures, chunk)
        found.append(_holding(f"{kind.decode()}.png", make, chunk, 0))
    other = encode_riff(b"GEOX", b"of another program")
    found.append(_holding("chunk.webp", partial(_webp, pictures, other), other, 4))
    for name, uuid in (("geo", _GEO_JP2 + b"II*\0\x08\0\0\0\0\0\0\0\0\0"), ("uuid", b"sixteen bytes of a name, and more")):
        box = encode_box(b"uuid", uuid)
        found.append(_holding(f"{name}.jp2", partial(_jp2, pictures, 1, uuid), box, 0, "Jpeg2000:*"))
    uuid_box = encode_box(b"uuid", b"sixteen bytes of a name, and more")
    found.append(_holding("uuid.avif", partial(_avif, pictures, uuid_box), uuid_box, 4))
    found.append(
        _holding("box.jxl", partial(_jxl, pictures, encode_box(b"mine", b"content")), encode_box(b"mine", b"content"), 4)
    )
    found.append(Case("data of others", "geo.tif", partial(_geo_tiff, pictures, 1)))
    found.append(Case("data of others", "long-exif.jpg", partial(_long_exif, pictures), tolerance=4))
    return found


def _holding(name: str, make: Make, new: bytes, tolerance: float, *may_differ: str) -> Case:
    def check(_before: Path, after: Path) -> str | None:
        return None if new in after.read_bytes() else f"{len(new)} bytes of another program are not in the output"

    free = ("File:*", "JXL:*", *may_differ)
    return Case("data of others", name, make, tolerance=tolerance, check=check, may_differ=free)


def _left_out(pictures: Pictures) -> list[Case]:
    """What cannot be kept is said, in one line."""
    gopro = encode_segment(*SEGMENTS["gopro"][0])
    said: dict[str, tuple[Make, str, float, tuple[str, ...]]] = {
        "spiff.jpg": (partial(_jpeg, pictures, encode_segment(0xE8, b"SPIFF\0\1\0" + bytes(22))), _NOT_KEPT, 4, ()),
        "range.jpg": (partial(_jpeg, pictures, encode_segment(0xEB, b"JP\0\1\0\0\0\1RESI" + bytes(9))), _NOT_KEPT, 4, ()),
        "private.png": (partial(_with_chunk, pictures, encode_chunk(b"prVW", b"preview")), _NOT_KEPT, 0, ()),
        "turned.tif": (partial(_geo_tiff, pictures, 6), f"(GeoTIFF) {_NOT_KEPT}", 0, ()),
        "strip.jpg": (partial(_jpeg, pictures, gopro), "it may say where the photo was taken", 4, ("--strip-gps",)),
        "format.jpg": (partial(_jpeg, pictures, gopro), "(APP6 GoPro) cannot be kept in PNG", 4, ("--format", "png")),
    }
    free = ("GoPro:*", "SPIFF:*", "GeoTiff:*", "IFD0:*", "ExifTool:*", "APP*:*", "PNG:*", "JPEG*:*")
    return [
        Case(
            "data of others", name, make, options, tolerance=tolerance, warnings=(words,), may_differ=free,
            output="format.png" if "--format" in options else None,
        )
        for name, (make, words, tolerance, options) in said.items()
    ]  # fmt: skip


def _jpeg(pictures: Pictures, new: bytes, path: Path) -> None:
    _lying(pictures, 1, path)
    tagged(path, *EXIF)
    data = path.read_bytes()
    first = next(segments(data))
    path.write_bytes(data[: first.end] + new + data[first.end :])


def _with_chunk(pictures: Pictures, chunk: bytes, path: Path) -> None:
    _lying(pictures, 1, path)
    _insert(path, chunk, b"IDAT")


def _webp(pictures: Pictures, chunk: bytes, path: Path) -> None:
    _lying(pictures, 1, path)
    tagged(path, *EXIF)
    data = path.read_bytes() + chunk
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])


def _avif(pictures: Pictures, box: bytes, path: Path) -> None:
    png = pictures.folder / "plain.png"
    _lying(pictures, 1, png)
    run("avifenc", "-s", "9", "--min", "0", "--max", "12", png, path)
    path.write_bytes(path.read_bytes() + box)


def _jxl(pictures: Pictures, box: bytes, path: Path) -> None:
    png = pictures.folder / "plain.png"
    _lying(pictures, 1, png)
    run("cjxl", "--quiet", "-d", "0.1", "--container=1", png, path)
    data = path.read_bytes()
    kind = next(each.kind for each in boxes(data) if each.kind in (b"jxlc", b"jxlp"))
    _before_box(path, kind, box)


def _geo_tiff(pictures: Pictures, orientation: int, path: Path) -> None:
    """A place in UTM zone 11, as in GeoTIFF 1.1, annex D."""
    tags = [
        (33550, 12, 3, (0.5, 0.5, 0.0), True),
        (33922, 12, 6, (0.0, 0.0, 0.0, 440720.0, 3751320.0, 0.0), True),
        (34735, 3, 16, (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32611), True),
        (65000, 2, 7, "a tag.", True),
        (274, 3, 1, orientation, True),
    ]
    tifffile.imwrite(path, stored(pictures.colours, orientation), photometric="rgb", metadata=None, extratags=tags)


def _long_exif(pictures: Pictures, path: Path) -> None:
    """EXIF of 150 kB, which ExifTool spreads over several segments."""
    text = pictures.folder / "long-exif.txt"
    text.write_text("".join(f"line {number} of many\n" for number in range(8000)))
    _lying(pictures, 1, path)
    tagged(path, *EXIF, f"-IFD0:ImageDescription<={text}")


# damage


def _damaged(pictures: Pictures) -> list[Case]:
    part = "a part of its EXIF data is damaged and is left out"
    lost = ("ExifTool:*", "GPS:*", "IFD0:*", "ExifIFD:*", "InteropIFD:*", "Composite:*")
    made = [
        Case("damaged in part", "no-end.jpg", partial(_endless, pictures, (), 0), tolerance=4),
        Case("damaged in part", "no-end-progressive.jpg", partial(_endless, pictures, ("-progressive",), 0), tolerance=4),
        Case("damaged in part", "no-end-restarts.jpg", partial(_endless, pictures, ("-restart", "1"), 0), tolerance=4),
        Case("damaged in part", "less.jpg", partial(_endless, pictures, (), 60), refused="damaged"),
        Case(
            "damaged in part", "photoshop.jpg", partial(_cut_resources, pictures), tolerance=4, may_differ=("ExifTool:*",),
            warnings=("a part of its IPTC data is damaged",), expect={"IPTC:City": "Vik"},
        ),
    ]  # fmt: skip
    kept = {0x8769: {"IFD0:Make": "Maker", "GPS:GPSLatitude": 47.5}, 0x8825: {"IFD0:Make": "Maker", "ExifIFD:ISO": 400}}
    for tag, expect in kept.items():
        for goal in (3, 0x7FFFFFFF):
            make = partial(_lost_pointer, pictures, tag, goal)
            name = f"pointer-{tag:x}-{goal}.jpg"
            made.append(Case("damaged in part", name, make, tolerance=4, warnings=(part,), may_differ=lost, expect=expect))
    make = partial(_cut_exif, pictures)
    expect_maker = {"IFD0:Make": "Maker"}
    made.append(Case("damaged in part", "cut.jpg", make, tolerance=4, warnings=(part,), may_differ=lost, expect=expect_maker))
    read_now = ("JXL:*", "File:*", "XMP-*:*", *lost)  # of which ExifTool reads the packed ones only with a further package
    expect_all = {"IFD0:Make": "Maker", "ExifIFD:ISO": 400, "XMP-dc:Title": "packed"}
    make = partial(_packed, pictures)
    return [*made, Case("damaged in part", "packed.jxl", make, tolerance=4, may_differ=read_now, expect=expect_all)]


def _endless(pictures: Pictures, options: tuple[str, ...], more: int, path: Path) -> None:
    run("cjpeg", "-quality", "95", "-sample", "1x1", *options, "-outfile", path, pictures.ppm)
    path.write_bytes(path.read_bytes()[: -2 - more])


def _exif_segment(path: Path) -> tuple[bytes, int, int]:
    """The file's bytes, and where the TIFF structure of its EXIF begins and ends."""
    data = path.read_bytes()
    segment = next(each for each in segments(data) if data[each.body : each.body + 6] == b"Exif\0\0")
    return data, segment.body + 6, segment.end


def _lost_pointer(pictures: Pictures, tag: int, goal: int, path: Path) -> None:
    _lying(pictures, 1, path)
    tagged(path, *EXIF, *GPS[:4])
    data, start, _ = _exif_segment(path)
    at = data.index(struct.pack(">HHI", tag, 4, 1), start) + 8
    path.write_bytes(data[:at] + struct.pack(">I", goal) + data[at + 4 :])


def _cut_exif(pictures: Pictures, path: Path) -> None:
    """EXIF that ends within its second directory."""
    _lying(pictures, 1, path)
    tagged(path, *EXIF)
    data, start, end = _exif_segment(path)
    at = data.index(struct.pack(">HHI", 0x8769, 4, 1), start) + 8
    stop = start + struct.unpack_from(">I", data, at)[0] + 2 + 12 * 3 + 5
    path.write_bytes(data[: start - 10] + encode_segment(0xE1, data[start - 6 : stop]) + data[end:])


def _cut_resources(pictures: Pictures, path: Path) -> None:
    _lying(pictures, 1, path)
    tagged(path, *IPTC)
    data = path.read_bytes()
    segment = next(each for each in segments(data) if data[each.body : each.body + 9] == b"Photoshop")
    body = data[segment.body : segment.end] + b"8BIM\x07\xd0\0\0\0\0\xff\xff too short"
    path.write_bytes(data[: segment.at] + encode_segment(segment.marker, body) + data[segment.end :])


def _packed(pictures: Pictures, path: Path) -> None:
    """JPEG XL whose EXIF and XMP are packed with Brotli, as newer versions of cjxl do it."""
    _jxl(pictures, b"", path)
    tagged(path, *EXIF, "-XMP-dc:Title=packed")
    pack, plain = import_module("brotli").compress, contents(path.read_bytes())
    packed = ((b"brob", kind + pack(body)) if kind in (b"Exif", b"xml ") else (kind, body) for kind, body in plain)
    path.write_bytes(b"".join(encode_box(*each) for each in packed))


# properties


def _properties(pictures: Pictures) -> list[Case]:
    """HEIC and AVIF whose list of properties begins with those of another picture."""
    return [
        Case("properties", f"alpha-first.{suffix}", partial(_other_first, pictures), tolerance=5, may_differ=("QuickTime:*",))
        for suffix in ("avif", "heic")
    ]


def _other_first(pictures: Pictures, path: Path) -> None:
    png = pictures.folder / "with-alpha.png"
    convert(pictures.ppm, "-strip", "-alpha", "set", "-channel", "A", "-evaluate", "set", "60%", png)
    if path.suffix == ".avif":
        run("avifenc", "-s", "9", "--min", "0", "--max", "12", png, path)
    else:
        run("heif-enc", "-q", "95", "-p", "chroma=444", png, "-o", path)
    path.write_bytes(reverse_properties(path.read_bytes()))


def reverse_properties(data: bytes) -> bytes:
    """The file with its properties in the reverse order; no byte of it moves elsewhere."""

    def find(kind: bytes, start: int, end: int) -> Box:
        return next(box for box in boxes(data, start, end) if box.kind == kind)

    meta = find(b"meta", 0, len(data))
    iprp = find(b"iprp", meta.body + 4, meta.end)
    ipco, ipma = (find(kind, iprp.body, iprp.end) for kind in (b"ipco", b"ipma"))
    properties = [encode_box(*each) for each in contents(data[ipco.body : ipco.end])]
    body = bytearray(data[ipma.body : ipma.end])
    wide, at = body[3] & 1, 8
    for _ in range(struct.unpack_from(">I", body, 4)[0]):
        at += 4 if body[0] else 2
        for place in range(at + 1, at + 1 + body[at] * (1 + wide), 1 + wide):
            essential = body[place] & 0x80
            index = (struct.unpack_from(">H", body, place)[0] & 0x7FFF) if wide else body[place] & 0x7F
            new = len(properties) + 1 - index
            body[place : place + 1 + wide] = struct.pack(">H", essential << 8 | new) if wide else bytes([essential | new])
        at += 1 + body[at] * (1 + wide)
    reversed_properties = b"".join(reversed(properties))
    return data[: ipco.body] + reversed_properties + data[ipco.end : ipma.body] + bytes(body) + data[ipma.end :]
