import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data.images.decoding.exif import exif_orientation, upright
from kerasdl.data.images.decoding.header import read_header
from PIL import Image, ImageOps

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8)


def jpeg(exif=b"", **options):
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "JPEG", exif=exif, **options)
    return file.getvalue()


def tiff(order, *entries, start=8):
    """EXIF data made by hand from entries (tag, type, count, value)."""
    name = "little" if order == b"II" else "big"

    def word(value, size):
        return value.to_bytes(size, name)

    directory = word(len(entries), 2) + b"".join(
        word(tag, 2) + word(kind, 2) + word(count, 4) + word(value, 2) + b"\0\0" for tag, kind, count, value in entries
    )
    return b"Exif\0\0" + order + word(42, 2) + word(start, 4) + b"\0" * (start - 8) + directory + b"\0" * 4


def orientation(encoded):
    return read_header(encoded).orientation


@pytest.mark.parametrize("order", [b"II", b"MM"])
@pytest.mark.parametrize("value", range(1, 9))
def test_both_byte_orders_are_read(order, value):
    encoded = jpeg(tiff(order, (0x010E, 2, 1, 0), (0x0112, 3, 1, value), start=20))
    assert orientation(encoded) == value
    assert Image.open(io.BytesIO(encoded)).getexif()[0x0112] == value


def test_exif_after_a_comment_is_found():
    encoded = jpeg(tiff(b"MM", (0x0112, 3, 1, 8)))
    comment = b"\xff\xfe" + (60_002).to_bytes(2, "big") + b"x" * 60_000
    assert orientation(encoded[:2] + comment + encoded[2:]) == 8


@pytest.mark.parametrize(
    "encoded",
    [
        jpeg(),
        jpeg(tiff(b"II", (0x0112, 3, 1, 0))),
        jpeg(tiff(b"II", (0x0112, 3, 1, 9))),
        jpeg(tiff(b"II", (0x0112, 2, 1, 6))),
        jpeg(tiff(b"II", (0x0113, 3, 1, 6))),
        jpeg(tiff(b"II")),
        jpeg(tiff(b"XX", (0x0112, 3, 1, 6))),
        jpeg(tiff(b"II", (0x0112, 3, 1, 6)).replace(b"\x08\0\0\0", b"\xff\xff\xff\xff", 1)),
        jpeg(b"Exif\0\0"),
        jpeg(b"Exif\0\0II*\0"),
        jpeg(comment=tiff(b"II", (0x0112, 3, 1, 6))),
        # The directory has one entry; what follows it is not an entry.
        jpeg(tiff(b"II", (0x010F, 3, 1, 0), (0x0112, 3, 1, 6)).replace(b"\x02\0\x0f", b"\x01\0\x0f", 1)),
    ],
)
def test_missing_or_malformed_orientation_is_upright(encoded):
    assert orientation(encoded) == 1


@settings(max_examples=60)
@given(st.binary(max_size=200), st.integers(0, 60))
def test_any_bytes_give_an_orientation(junk, at):
    sound = tiff(b"MM", (0x0112, 3, 1, 6))[6:]
    assert exif_orientation(sound) == 6
    assert exif_orientation(sound[:at] + junk + sound[at + len(junk) :]) in range(1, 9)
    assert exif_orientation(b"MM\0*" + junk) in range(1, 9)


@pytest.mark.parametrize("value", range(1, 9))
def test_upright_equals_pillow(value):
    exif = Image.Exif()
    exif[0x0112] = value
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "PNG", exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(file)))
    assert np.array_equal(upright(PIXELS, value), expected)
