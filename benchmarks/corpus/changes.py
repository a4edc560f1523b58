"""The tags that may differ between a photo and its enhanced copy, each with the reason. All others must be equal."""

from __future__ import annotations

UPRIGHT = ("IFD0:Orientation", "XMP-tiff:Orientation")
"""1 in every output that has them: the pixels were turned."""
SIZES = ("*:ImageWidth", "*:ImageHeight", "*:ExifImageWidth", "*:ExifImageHeight", "*:ImageLength", "*:PixelXDimension")
"""A side of the output, wherever it is named."""

CHANGES: dict[str, str] = {
    "SourceFile": "the file's name",
    "System:*": "the file's name, length and dates",
    "IFD0:SubfileType": "TIFF's way to say that there is one picture",
    "File:EncodingProcess": "JPEGs are written as baseline",
    "JFIF:JFIFVersion": "JPEG's first header is rewritten",
    "PNG:Interlace": "PNGs are written without interlace",
    "PNG:Filter": "PNG's way of packing",
    "IFD0:Compression": "TIFFs are written with LZW",
    "IFD0:Predictor": "TIFFs are written with LZW and differences",
    "IFD0:StripOffsets": "where a TIFF's pixels lie",
    "IFD0:StripByteCounts": "where a TIFF's pixels lie",
    "IFD0:RowsPerStrip": "where a TIFF's pixels lie",
    "IFD0:PlanarConfiguration": "how a TIFF's pixels lie",
    "IFD0:FillOrder": "how a TIFF's pixels lie",
    "File:ExifByteOrder": "TIFFs are written in the machine's byte order",
    "RIFF:WebP_Flags": "that there is XMP now, with the record of the settings",
    "QuickTime:MediaData*": "the compressed pixels, and where they lie",
    "QuickTime:*Brand*": "what the writer of an AVIF or HEIC calls it",
    "QuickTime:HandlerDescription": "what the writer of an AVIF or HEIC calls itself",
    "QuickTime:ChromaSamplePosition": "AVIF's chroma is written at full resolution",
    "QuickTime:ImageSpatialExtent": "the size of the stored pixels, not turned and rounded up; what is shown is compared",
    "QuickTime:CleanAperture": "which of the stored pixels are shown",
    "QuickTime:*Profile*Flags": "which decoders can read a HEIC",
    "QuickTime:*LevelIDC": "which decoders can read a HEIC",
}
"""Patterns of "Group:Name", by ExifTool's names, to reasons."""

WITHOUT_RESOLUTION = "JFIF:*"
"""Differs where a JPEG's first header names no unit: it may be left out, or say 72 dots an inch."""

GONE: dict[str, str] = {
    "IFD1:*": "the thumbnail showed the old photo",
    "XMP-xmp:Thumbnail*": "the thumbnail showed the old photo",
    "ExifTool:Warning*": "what ExifTool minded is mended or left out",
    "IFD0:Tile*": "where a TIFF's pixels lie",
    "IFD0:PageNumber": "the first of one",
    "IFD0:PrimaryChromaticities": "sRGB's",
    "IFD0:WhitePoint": "sRGB's",
    "IFD0:SampleFormat": "whole numbers are the usual",
    "IFD0:YCbCrPositioning": "RGB TIFFs have none",
    "PNG:RedX": "sRGB's, or the profile says more",
    "PNG:RedY": "",
    "PNG:GreenX": "",
    "PNG:GreenY": "",
    "PNG:BlueX": "",
    "PNG:BlueY": "",
    "PNG:WhitePointX": "",
    "PNG:WhitePointY": "",
    "PNG:Gamma": "",
    "PNG:BackgroundColor": "only for programs that show transparent places on a colour of the picture's own",
    "PNG:ModifyDate": "when the old pixels were last changed",
    "PNG-cICP:*": "written as the profile that the codes mean",
    "QuickTime:Color*": "written as the profile that the codes mean; sRGB is what is meant without them",
    "QuickTime:TransferCharacteristics": "",
    "QuickTime:MatrixCoefficients": "",
    "QuickTime:VideoFullRangeFlag": "",
    "QuickTime:Rotation": "the pixels were turned",
    "QuickTime:Unknown_imir": "the pixels were mirrored",
}
"""Tags that the output may lack, with the reason, where it is not that of the one before."""

NEW: dict[str, str] = {
    "XMP-dpe:*": "the record of the settings",
    "IFD0:SampleFormat": "whole numbers, as is usual",
    "JFIF:*": "a first header for a JPEG without one, for its resolution",
    "IFD0:XResolution": "TIFF demands it: 1 pixel a millimetre where nothing is known",
    "IFD0:YResolution": "",
    "IFD0:ResolutionUnit": "",
    "PNG-pHYs:*": "72 dots an inch where nothing is known",
    "IFD0:RowsPerStrip": "where a TIFF's pixels lie",
    "IFD0:Strip*": "where a TIFF's pixels lie",
    "QuickTime:*": "boxes of the writer's",
    "RIFF:VP8Version": "WebP's lossy form",
    "RIFF:HorizontalScale": "",
    "RIFF:VerticalScale": "",
}
"""Tags that only the output may have."""

OF_THE_FORMAT = (
    "File:*", "JFIF:*", "PNG:*", "PNG-pHYs:*", "RIFF:*", "Meta:*", "QuickTime:*", "Jpeg2000:*", "XML-*:*", "JXL:*",
    "JPEG2000:*",
    "IFD0:Compression", "IFD0:Predictor", "IFD0:Strip*", "IFD0:RowsPerStrip", "IFD0:PhotometricInterpretation",
    "IFD0:PlanarConfiguration",
    "IFD0:SamplesPerPixel", "IFD0:BitsPerSample", "IFD0:SubfileType", "IFD0:SampleFormat", "IFD0:Orientation",
    "IFD0:ImageWidth", "IFD0:ImageHeight",
)  # fmt: skip
"""Tags that tell how a format stores its pixels; not compared where the output has another format."""
