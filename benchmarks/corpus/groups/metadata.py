"""EXIF, XMP, IPTC, comments, profiles in many parts; and what files hold beside the picture."""

from __future__ import annotations

import struct
from functools import partial
from pathlib import Path

from benchmarks.corpus.case import Case
from benchmarks.corpus.pictures import Pictures
from benchmarks.corpus.tools import convert, run, tagged

EXIF = (
    "-IFD0:Make=Maker", "-IFD0:Model=Model 1", "-IFD0:Artist=Ann Artist", "-IFD0:Copyright=(c) 2020", "-IFD0:Software=Studio",
    "-IFD0:ImageDescription=Fjäll, älv", "-IFD0:XPKeywords=one;two", "-IFD0:ModifyDate=2020:01:02 03:04:05",
    "-ExifIFD:DateTimeOriginal=2020:01:02 03:04:05", "-ExifIFD:SubSecTimeOriginal=123", "-ExifIFD:OffsetTimeOriginal=+02:00",
    "-ExifIFD:ExposureTime=1/250", "-ExifIFD:FNumber=2.8", "-ExifIFD:ISO=400", "-ExifIFD:FocalLength=35",
    "-ExifIFD:LensModel=Lens",
    "-ExifIFD:UserComment=a comment", "-ExifIFD:BodySerialNumber=77", "-IFD0:XResolution=300", "-IFD0:YResolution=300",
    "-ExifIFD:ExifImageWidth=151", "-ExifIFD:ExifImageHeight=101", "-InteropIFD:InteropIndex=R98",
)  # fmt: skip
GPS = (
    "-GPS:GPSLatitude=47.5", "-GPS:GPSLatitudeRef=N", "-GPS:GPSLongitude=11.25", "-GPS:GPSLongitudeRef=E", "-GPS:GPSAltitude=700",
    "-GPS:GPSDateStamp=2020:01:02", "-XMP-exif:GPSLatitude=47.5", "-XMP-exif:GPSLongitude=11.25",
)  # fmt: skip
XMP = (
    "-XMP-dc:Title=A title", "-XMP-dc:Subject=one", "-XMP-dc:Subject=two", "-XMP-xmp:Rating=4", "-XMP-photoshop:City=Vík",
    "-XMP-dc:Rights=all", "-XMP-crs:Exposure2012=+0.5", "-XMP-tiff:ImageWidth=151", "-XMP-xmpMM:DocumentID=xmp.did:1",
)  # fmt: skip
IPTC = (
    "-IPTC:Keywords=one",
    "-IPTC:Keywords=two",
    "-IPTC:Caption-Abstract=A caption",
    "-IPTC:City=Vik",
    "-IPTC:CodedCharacterSet=UTF8",
)
MADE = {"jpg": 4.0, "png": 0.0, "webp": 4.0, "tif": 0.0}
APP2 = b"\xff\xe2"


def rich(pictures: Pictures, path: Path) -> None:
    """Every kind of tag that the format of the path's suffix takes, and a Display P3 profile."""
    suffix = path.suffix.lower()
    if suffix in (".heic", ".avif", ".jp2", ".jxl"):
        png = pictures.folder / "rich.png"
        convert(pictures.ppm, "-profile", pictures.profile("p3"), png)
        command = {
            ".heic": ("heif-enc", "-q", "95", "-p", "chroma=444", png, "-o", path),
            ".avif": ("avifenc", "-s", "9", "--min", "0", "--max", "12", png, path),
            ".jp2": ("opj_compress", "-i", png, "-o", path),
            ".jxl": ("cjxl", "--quiet", "-d", "0.1", "--container=1", png, path),
        }[suffix]
        run(*map(str, command))
    else:
        convert(pictures.ppm, "-profile", pictures.profile("p3"), "-quality", "95", "-sampling-factor", "1x1", path)
    iptc = IPTC if suffix in (".jpg", ".tif", ".png", ".jp2") else ()
    comment = ("-Comment=a comment",) if suffix in (".jpg", ".png") else ()
    tagged(path, *EXIF, *GPS, *XMP, *iptc, *comment)


def cases(pictures: Pictures) -> list[Case]:
    found = [Case("metadata", f"rich.{suffix}", partial(rich, pictures), tolerance=of) for suffix, of in MADE.items()]
    sizes = ("File:ImageWidth", "File:ImageHeight")  # ExifTool sees a JPEG XL's size in some of its forms only
    found += [
        Case("metadata", f"rich.{suffix}", partial(rich, pictures), tolerance=4, may_differ=sizes if suffix == "jxl" else ())
        for suffix in ("heic", "avif", "jp2", "jxl")
    ]
    found += [
        Case("metadata", f"thumbnail.{suffix}", partial(_thumbnail, pictures), tolerance=MADE[suffix]) for suffix in ("jpg",)
    ]
    found += [
        Case("metadata", f"long-xmp.{suffix}", partial(_long_xmp, pictures), tolerance=of, may_differ=("XMP-xmpNote:*",))
        for suffix, of in MADE.items()
    ]
    found += [
        Case("metadata", f"long-profile.{suffix}", partial(_long_profile, pictures), tolerance=of) for suffix, of in MADE.items()
    ]
    found += [
        Case("metadata", "big-endian.jpg", partial(_big_endian, pictures), tolerance=4),
        Case("metadata", "comments.jpg", partial(_comments, pictures), tolerance=4),
        Case("metadata", "only-xmp.jpg", partial(_with, pictures, XMP), tolerance=4),
        Case("metadata", "only-iptc.jpg", partial(_with, pictures, IPTC), tolerance=4),
        Case("metadata", "photoshop.jpg", partial(_with, pictures, (*IPTC, "-Photoshop:URL=http://example.org")), tolerance=4),
        Case(
            "metadata",
            "resolution.jpg",
            partial(_with, pictures, ("-JFIF:ResolutionUnit=inches", "-JFIF:XResolution=240", "-JFIF:YResolution=240")),
            tolerance=4,
        ),
        Case("metadata", "texts.png", partial(_with, pictures, ("-PNG:Title=Fjäll", "-PNG:Author=Ann", "-PNG:Comment=c"))),
    ]
    return found + _beside(pictures)


def _beside(pictures: Pictures) -> list[Case]:
    """What is dropped with a warning."""
    motion = "the video of its motion photo is left out"
    gain_map, depth = "its HDR gain map is left out", "its depth map is left out"
    trailer = (
        "File:Trailer*",
        "MPF*:*",
        "MPImage*:*",
        "Samsung:*",
        "Trailer:*",
        "ExifTool:Warning*",
        "XMP-GCamera:*",
        "XMP-Container:*",
        "XMP-hdrgm:*",
        "XMP-GDepth:*",
        "XMP-x:*",
        "QuickTime:*",
    )
    told = {
        "motion-google": (
            (_packet(pictures, "GCamera", "http://ns.google.com/photos/1.0/camera/", "MotionPhoto"),),
            _mp4(),
            (),
            motion,
        ),
        "motion-samsung": ((), b"MotionPhoto_Data" + _mp4(), (), motion),
        "gain-map-ultra-hdr": (
            (_packet(pictures, "hdrgm", "http://ns.adobe.com/hdr-gain-map/1.0/", "Version"),),
            b"jpeg",
            ((APP2, b"MPF\0" + _mpf()),),
            gain_map,
        ),
        "gain-map-iso": ((), b"jpeg", ((APP2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"),), gain_map),
        "gain-map-apple": ((), b"jpeg with HDRGainMap", ((APP2, b"MPF\0" + _mpf()),), gain_map),
        "depth-google": (("-XMP-GDepth:Format=RangeInverse", "-XMP-GDepth:Near=1", "-XMP-GDepth:Far=5"), b"", (), depth),
        "further-picture": ((), b"jpeg", ((APP2, b"MPF\0" + _mpf()),), "the further pictures in the file are left out"),
        "unknown-trailer": ((), b"unknown bytes", (), "bytes after the picture are left out"),
    }
    found = []
    for name, (tags, behind, segments, words) in told.items():
        make = partial(_with_more, pictures, tags, behind, segments)
        found.append(Case("left out", f"{name}.jpg", make, tolerance=4, warnings=(words,), may_differ=trailer))
    box = b"JP\0\1\0\0\0\1\0\0\0\x20jumb\0\0\0\x18jumdc2pa" + bytes(20)
    jumbf = partial(_with_more, pictures, (), b"", ((b"\xff\xeb", box),))
    words = "its content credentials are left out"
    found.append(
        Case("left out", "credentials.jpg", jumbf, tolerance=4, warnings=(words,), may_differ=("JUMBF*:*", "ExifTool:*"))
    )
    return found


def _packet(pictures: Pictures, prefix: str, uri: str, name: str) -> str:
    """ExifTool's argument for XMP with one tag of value 1, of a kind that ExifTool does not write itself."""
    file = pictures.folder / f"{prefix}.xmp"
    file.write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:{prefix}="{uri}" {prefix}:{name}="1"/></rdf:RDF></x:xmpmeta>'
    )
    return f"-XMP<={file}"


def _with(pictures: Pictures, tags: tuple[str, ...], path: Path) -> None:
    convert(pictures.ppm, "-strip", "-quality", "95", "-sampling-factor", "1x1", path)
    tagged(path, *tags)


def _big_endian(pictures: Pictures, path: Path) -> None:
    _with(pictures, ("-api", "ByteOrder=MM", "-ExifByteOrder=MM", *EXIF, *GPS), path)


def _thumbnail(pictures: Pictures, path: Path) -> None:
    thumbnail = pictures.folder / "thumbnail.jpg"
    convert(pictures.ppm, "-strip", "-scale", "80x", thumbnail)
    _with(pictures, (*EXIF, f"-ThumbnailImage<={thumbnail}"), path)


def _long_xmp(pictures: Pictures, path: Path) -> None:
    text = pictures.folder / "long.txt"
    text.write_text("".join(f"line {number} & more\n" for number in range(8000)))
    _with(pictures, (*XMP, f"-XMP-dc:Description<={text}", "-XMP-photoshop:Instructions=short"), path)


def _long_profile(pictures: Pictures, path: Path) -> None:
    convert(pictures.ppm, "-profile", pictures.profile("long"), "-quality", "95", "-sampling-factor", "1x1", path)


def _comments(pictures: Pictures, path: Path) -> None:
    run("cjpeg", "-quality", "95", "-sample", "1x1", "-outfile", path, pictures.ppm)
    comments = b"".join(struct.pack(">2sH", b"\xff\xfe", len(text) + 2) + text for text in (b"first", b"second \xc3\xa9"))
    plain = path.read_bytes()
    path.write_bytes(plain[:20] + comments + plain[20:])


def _with_more(
    pictures: Pictures, tags: tuple[str, ...], behind: bytes, segments: tuple[tuple[bytes, bytes], ...], path: Path
) -> None:
    """A JPEG with segments (marker, content) after its first, and bytes after its end: for "jpeg", a picture."""
    _with(pictures, (*EXIF, *tags), path)
    plain = path.read_bytes()
    if behind.startswith(b"jpeg"):
        second = pictures.folder / "second.jpg"
        convert(pictures.ppm, "-strip", "-scale", "40x", second)
        behind = second.read_bytes() + behind[4:]
    more = b"".join(struct.pack(">2sH", marker, len(body) + 2) + body for marker, body in segments)
    at = 4 + struct.unpack(">H", plain[4:6])[0]
    path.write_bytes(plain[:at] + more + plain[at:] + behind)


def _mp4() -> bytes:
    return b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + b"\0\0\0\x10mdat" + bytes(range(1, 9))


def _mpf() -> bytes:
    """A directory of the multi-picture format with its version and number of pictures (CIPA DC-007)."""
    return b"MM\0*\0\0\0\x08\0\2" + b"\xb0\0\0\7\0\0\0\x040100" + b"\xb0\1\0\4\0\0\0\1\0\0\0\2" + bytes(4)
