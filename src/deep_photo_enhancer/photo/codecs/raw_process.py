"""A process that develops one raw file: LibRaw then prints, and breaks, where nobody else is hurt.

Run as a file outside the package, which would take longer to import: most pixels allowed and "size" or "pixels" as arguments,
the raw file on the standard input; on the standard output a line of JSON, then the pixels where these are wanted. See
`deep_photo_enhancer.photo.codecs.raw` for the settings.
"""

import io
import json
import sys


def main() -> None:
    """Print {"shape": ...} and uint16 pixels, or {"upright": [width, height]}.

    Else {"error": ...}, {"memory": true}, or a {"size": ...} over the limit.
    """
    import rawpy

    limit, wanted = int(sys.argv[1]), sys.argv[2]
    try:
        with rawpy.RawPy() as raw:
            raw.open_buffer(io.BytesIO(sys.stdin.buffer.read()))
            sizes = raw.sizes
            width, height = max(sizes.raw_width, sizes.width), max(sizes.raw_height, sizes.height)
            if width * height > limit:
                _answer({"size": [width, height]})
                return
            if wanted == "size":
                upright = (sizes.iheight, sizes.iwidth) if sizes.flip in (5, 6) else (sizes.iwidth, sizes.iheight)
                _answer({"upright": upright})
                return
            raw.unpack()
            pixels = raw.postprocess(
                use_camera_wb=True,
                no_auto_bright=True,
                output_color=rawpy.ColorSpace.sRGB,
                output_bps=16,
                gamma=(2.4, 12.92),
            )
    except MemoryError:
        _answer({"memory": True})
        return
    except Exception as error:  # LibRaw's words are bytes
        reason = error.args[0] if error.args else type(error).__name__
        _answer({"error": reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)})
        return
    _answer({"shape": pixels.shape})
    sys.stdout.buffer.write(pixels.tobytes())


def _answer(content: object) -> None:
    sys.stdout.buffer.write(json.dumps(content).encode() + b"\n")


if __name__ == "__main__":
    main()
