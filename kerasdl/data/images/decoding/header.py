"""Reads the header of an image file: format, size and orientation, before anything is decoded.

A file of a few bytes can claim an image of gigabytes, so the claimed size is checked first: more than `MOST_PIXELS` is
an error. This is plain Python: a dozen graph operations would take longer than the decoding.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

import tensorflow as tf
from kerasdl.data.images.decoding.exif import exif_orientation

MOST_PIXELS = 100_000_000
# Formats that are decoded.
JPEG, PNG, GIF, BMP, WEBP = range(5)
# The magic bytes of each format and their offset; the first match wins.
SIGNATURES: tuple[tuple[int, int, bytes], ...] = (
    (JPEG, 0, b"\xff\xd8\xff"),
    (PNG, 0, b"\x89PNG\r\n\x1a\n"),
    (GIF, 0, b"GIF8"),
    (BMP, 0, b"BM"),
    (WEBP, 8, b"WEBPVP8"),
)
# Formats that are not decoded, with names for error messages.
OTHERS: tuple[tuple[str, int, bytes], ...] = (
    ("a BMP of OS/2", 0, b"BM"),
    ("a damaged PNG", 1, b"PNG"),
    ("a TIFF", 0, b"II*\0"),
    ("a TIFF", 0, b"MM\0*"),
    ("a BigTIFF", 0, b"II+\0"),
    ("a BigTIFF", 0, b"MM\0+"),
    ("an AVIF", 4, b"ftypavi"),
    ("a HEIC", 4, b"ftyphe"),
    ("a HEIC or AVIF", 4, b"ftypm"),
    ("an ICO (icon)", 0, b"\0\0\1\0"),
    ("a CUR (cursor)", 0, b"\0\0\2\0"),
    *(("a PBM, PGM or PPM", 0, b"P%d" % kind) for kind in range(1, 7)),
    ("a PSD (Photoshop)", 0, b"8BPS"),
    ("a JPEG 2000", 0, b"\0\0\0\x0cjP  "),
    ("a JPEG 2000", 0, b"\xff\x4f\xff\x51"),
    ("a JPEG XL", 0, b"\0\0\0\x0cJXL "),
    ("a JPEG XL", 0, b"\xff\x0a"),
    ("a PDF", 0, b"%PDF"),
    ("a web page or SVG", 0, b"<"),
    ("a placeholder of Git LFS, for `git lfs pull` to replace", 0, b"version https:"),
    ("an empty file, or zeros", 0, bytes(16)),
)
# A flag of extended WebP.
HAS_EXIF = 0x08
OS_2 = b"\x0c\0"
EXTENSION, FRAME, GIF_SCREEN = 0x21, 0x2C, 13
START_OF_SCAN, APP1 = 0xDA, 0xE1
WITHOUT_CONTENTS = {*range(0xC0), *range(0xD0, 0xDA)}
START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


class Header(NamedTuple):
    """The header of an image file.

    Attributes:
        kind: JPEG, PNG, GIF, BMP or WEBP.
        height: Height as stored, before the orientation is applied.
        width: Width as stored.
        orientation: EXIF orientation, 1..8; 1 is as stored.
        channels: 1 to 4 for JPEG and for PNG without transparency and palette; else 0.
    """

    kind: int
    height: int
    width: int
    orientation: int = 1
    channels: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the upright image."""
        return (self.width, self.height) if self.orientation > 4 else (self.height, self.width)


def read_header(encoded: bytes) -> Header:
    """Reads the header of an encoded image.

    Args:
        encoded: The bytes of a JPEG, PNG, GIF, BMP or WebP file.

    Raises:
        ValueError: The file has another format (named), its header is damaged, or it claims no pixels or more than
            `MOST_PIXELS`, 100 million.

    Example:
        >>> read_header(Path("portrait.jpg").read_bytes()).shape
        (1800, 1200)
    """
    kind = next((kind for kind, at, magic in SIGNATURES if encoded[at : at + len(magic)] == magic), None)
    if kind is None or (kind == BMP and encoded[14:16] == OS_2):
        padded = encoded[:16].ljust(16, b"\0")
        name = next((name for name, at, magic in OTHERS if padded[at : at + len(magic)] == magic), None)
        raise ValueError(
            "TensorFlow decodes JPEG, PNG, GIF, BMP and WebP: convert the file to one of them. "
            f"Received: {name or 'a file of no known format'}"
        )
    try:
        header = _READERS[kind](encoded)
    except (struct.error, IndexError) as error:
        raise ValueError(f"Damaged or cut short: the header is incomplete. Received: {len(encoded)} bytes") from error
    if not 0 < header.height * header.width <= MOST_PIXELS:
        raise ValueError(
            f"An image must have at least one pixel and at most {MOST_PIXELS:,} pixels. "
            f"Received: a header that claims {header.width} x {header.height}"
        )
    return header


def _jpeg(encoded: bytes) -> Header:
    orientation = 1
    for marker, body in _segments(encoded):
        if marker == APP1 and body.startswith(b"Exif\0\0"):
            orientation = exif_orientation(body[6:])
        if marker in START_OF_FRAME:
            height, width, channels = struct.unpack_from(">HHB", body, 1)
            return Header(JPEG, height, width, orientation, channels)
    # libjpeg may still read a stream with junk in it.
    try:
        height, width, channels = tf.io.extract_jpeg_shape(encoded).numpy().tolist()
    except tf.errors.OpError as error:
        raise ValueError(f"Damaged or cut short: a JPEG without an image. Received: {len(encoded)} bytes") from error
    return Header(JPEG, height, width, orientation, channels)


def _segments(encoded: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and contents of each segment of a JPEG, up to the first scan or anything that is not a segment.

    A marker without contents (TEM, restart, end) ends them, too: read on, its contents might be a false frame.
    """
    at = 2
    while at + 4 <= len(encoded) and encoded[at] == 0xFF:
        marker = encoded[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == START_OF_SCAN or marker in WITHOUT_CONTENTS:
            return
        length = int.from_bytes(encoded[at + 2 : at + 4], "big")
        yield marker, encoded[at + 4 : at + 2 + length]
        at += 2 + length


def _png(encoded: bytes) -> Header:
    width, height, _, color = struct.unpack_from(">IIBB", encoded, 16)
    # A tRNS chunk, if any, comes before the pixels.
    opaque = b"tRNS" not in encoded[: encoded.find(b"IDAT")]
    orientation = exif_orientation(encoded.partition(b"eXIf")[2])
    return Header(PNG, height, width, orientation, {0: 1, 2: 3}.get(color, 0) if opaque else 0)


def _gif(encoded: bytes) -> Header:
    """The canvas, enlarged to its first frame if that is larger (GIF89a)."""
    width, height, flags = struct.unpack_from("<HHB", encoded, 6)
    at = GIF_SCREEN + palette_bytes(flags)
    while encoded[at] == EXTENSION:
        at = after_blocks(encoded, at + 2)
    if encoded[at] != FRAME:
        raise ValueError(f"Damaged: a GIF without an image. Received: {len(encoded)} bytes")
    left, top, wide, high = struct.unpack_from("<HHHH", encoded, at + 1)
    return Header(GIF, max(height, top + high), max(width, left + wide))


def palette_bytes(flags: int) -> int:
    """The size in bytes of the palette of a GIF screen or frame, from its flags."""
    return 6 << flags % 8 if flags >= 128 else 0


def after_blocks(encoded: bytes, at: int) -> int:
    """The offset after a chain of GIF blocks: each begins with its length, and length 0 ends the chain."""
    while encoded[at]:
        at += 1 + encoded[at]
    return at + 1


def _bmp(encoded: bytes) -> Header:
    width, height = struct.unpack_from("<ii", encoded, 18)
    # The height is negative if the first row is the top row.
    return Header(BMP, abs(height), width)


def _webp(encoded: bytes) -> Header:
    """Lossy (RFC 6386, section 9.1), lossless and extended WebP (RFC 9649, sections 3.4 and 2.7)."""
    form = encoded[15:16]
    if form == b"X" and encoded[20] & HAS_EXIF:
        # After the chunk's name come its length and often the prefix that JPEG uses.
        said = encoded.rpartition(b"EXIF")[2][4:].removeprefix(b"Exif\0\0")
        return _webp(encoded[:20] + bytes([encoded[20] & ~HAS_EXIF]) + encoded[21:])._replace(
            orientation=exif_orientation(said)
        )
    if form == b" ":
        width, height = struct.unpack_from("<HH", encoded, 26)
        return Header(WEBP, height % 2**14, width % 2**14)
    if form == b"L":
        (packed,) = struct.unpack_from("<I", encoded, 21)
        return Header(WEBP, packed // 2**14 % 2**14 + 1, packed % 2**14 + 1)
    width, height = (int.from_bytes(encoded[at : at + 3], "little") + 1 for at in (24, 27))
    if len(encoded) < 30:
        raise IndexError
    return Header(WEBP, height, width)


_READERS = {JPEG: _jpeg, PNG: _png, GIF: _gif, BMP: _bmp, WEBP: _webp}
