import struct
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data.images.decoding import decode as module
from kerasdl.data.images.decoding.budget import Budget
from kerasdl.data.images.decoding.decode import decode, decode_window
from kerasdl.data.images.decoding.header import read_header
from PIL import Image

from tests.data.images.pictures import encoded, seen, turned

RANDOM = np.random.default_rng(0)
NOISE = RANDOM.integers(0, 256, (21, 34, 4), dtype=np.uint8)
# Like a photograph: large shapes with some detail.
SCENE = np.asarray(
    Image.fromarray(RANDOM.integers(0, 256, (12, 17, 3), dtype=np.uint8)).resize((203, 149), Image.Resampling.BICUBIC)
)


def palette(bits, **options):
    picture = Image.fromarray(RANDOM.integers(0, 2**bits, (8, 9), dtype=np.uint8), "P")
    picture.putpalette(RANDOM.integers(0, 256, 3 * 2**bits).tolist())
    return picture


def flat(mode, **options):
    return Image.fromarray(NOISE).convert(mode, **options)


def bmp(bits, rows, *, top_down=False, header=40, table=b""):
    """A BMP made by hand from rows of bytes, top row first."""
    height = len(rows)
    padded = [row + b"\0" * (-len(row) % 4) for row in (rows if top_down else rows[::-1])]
    start = 14 + header + len(table)
    fields = struct.pack(
        "<IiiHHIIiiII", header, 8 * len(rows[0]) // bits, -height if top_down else height, 1, bits, *[0] * 6
    )
    return b"BM" + struct.pack("<IHHI", start + sum(map(len, padded)), 0, 0, start) + fields + table + b"".join(padded)


GREYS = Image.fromarray(RANDOM.integers(0, 2**16, (6, 7), dtype=np.uint16))
PLAIN = {
    "png_1": encoded(flat("1")),
    "png_grey": encoded(flat("L")),
    "png_grey_alpha": encoded(flat("LA")),
    "png_grey_16": encoded(GREYS),
    "png_grey_16_key": encoded(GREYS, transparency=int(np.asarray(GREYS)[2, 3])),
    "png_colour": encoded(flat("RGB")),
    "png_colour_key": encoded(flat("RGB"), transparency=tuple(NOISE[3, 4, :3].tolist())),
    "png_alpha": encoded(NOISE),
    **{f"png_palette_{bits}": encoded(palette(bits), bits=bits) for bits in (1, 2, 4, 8)},
    **{f"png_palette_{bits}_key": encoded(palette(bits), bits=bits, transparency=1) for bits in (1, 2, 4, 8)},
    "png_palette_half_seen": encoded(palette(2), bits=2, transparency=bytes([0, 3, 128, 255])),
    "gif": encoded(palette(8), "GIF"),
    "gif_key": encoded(palette(2), "GIF", transparency=2),
    "gif_interlaced": encoded(palette(4), "GIF", interlace=1),
    "gif_frames": encoded(palette(2), "GIF", save_all=True, append_images=[palette(2), palette(2)], transparency=1),
    "bmp_palette": encoded(palette(8), "BMP"),
    "bmp_grey": encoded(flat("L"), "BMP"),
    "bmp_colour": encoded(flat("RGB"), "BMP"),
    "bmp_top_down": bmp(24, [bytes(row) for row in NOISE[:, :, :3].reshape(21, -1)], top_down=True),
    "bmp_32": bmp(32, [bytes(row) for row in NOISE.reshape(21, -1)]),
    "webp": encoded(flat("RGB"), "WEBP"),
    "webp_lossless": encoded(flat("RGB"), "WEBP", lossless=True),
    "webp_alpha": encoded(NOISE, "WEBP"),
    "webp_lossless_alpha": encoded(NOISE, "WEBP", lossless=True, exact=True),
    "webp_frames": encoded(NOISE, "WEBP", save_all=True, append_images=[Image.fromarray(NOISE[::-1])], lossless=True),
    "webp_opaque_frames": encoded(
        flat("RGB"), "WEBP", save_all=True, append_images=[Image.fromarray(NOISE[::-1, :, :3])], lossless=True
    ),
    "jpeg": encoded(SCENE, "JPEG"),
    "jpeg_grey": encoded(flat("L"), "JPEG"),
    "jpeg_progressive": encoded(SCENE, "JPEG", progressive=True),
    "jpeg_cmyk": encoded(Image.fromarray(SCENE).convert("CMYK"), "JPEG"),
    "jpeg_turned": turned(SCENE, 6),
    "png_turned": turned(NOISE[..., :3], 6, "PNG"),
    "png_alpha_turned": turned(NOISE, 7, "PNG"),
    "webp_turned": turned(NOISE[..., :3], 8, "WEBP", lossless=True),
    "webp_alpha_turned": turned(NOISE, 3, "WEBP", lossless=True, exact=True),
}


@pytest.mark.parametrize("background", [255, 40])
@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize("file", PLAIN.values(), ids=PLAIN)
def test_every_format_is_decoded_as_by_pillow(file, channels, background):
    expected = seen(file, channels, background).astype(int)
    picture = decode(file, channels=channels, background=background)
    assert (picture.dtype, picture.shape) == (np.uint8, expected.shape)
    assert np.abs(picture - expected).mean() < (0.6 if file[:2] == b"\xff\xd8" else 0.01)
    assert read_header(file).shape == expected.shape[:2]


@pytest.mark.parametrize("share", [0, 0.5, 2])
@pytest.mark.parametrize("ratio", [1, 2])
@pytest.mark.parametrize("name", ["jpeg", "jpeg_progressive", "jpeg_cmyk"])
def test_a_window_has_the_pixels_of_the_whole_image(name, ratio, share, monkeypatch):
    """Decoded as a window (share 2), as a part of the whole (0), or as suits its size; but for the margin of 8."""
    monkeypatch.setattr(module, "MOST_OF_IT", share)
    file = PLAIN[name]
    header = read_header(file)
    whole = -(-header.height // ratio), -(-header.width // ratio)

    def part(*window):
        return decode_window(file, header, window, ratio, channels=3, background=255)

    expected = part(0, 0, *whole)
    for top, left, height, width in ((0, 0, 60, 70), (11, 13, 40, 35), (3, 5, whole[0] - 5, whole[1] - 8)):
        found = part(top, left, height, width)
        assert found.shape == (height, width, 3)
        inner = np.s_[8 : height - 8, 8 : width - 8]
        assert np.array_equal(found[inner], expected[top : top + height, left : left + width][inner])


def test_decoded_pixels_can_be_written_to():
    assert all(decode(file, channels=3).flags.writeable for file in PLAIN.values())


@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize("file", PLAIN.values(), ids=PLAIN)
def test_strips_do_not_change_an_image(file, channels, monkeypatch):
    whole = decode(file, channels=channels)
    monkeypatch.setattr("kerasdl.data.images.decoding.decode.STRIP_PIXELS", 2 * whole.shape[1] + 1)
    assert np.array_equal(decode(file, channels=channels), whole)


def test_a_large_image_takes_a_few_times_its_own_memory():
    side = 2000
    file = encoded(np.full((side, side, 2), 200, np.uint8))  # gray and alpha
    tracemalloc.start()
    decode(file, channels=3)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * side**2 + 2**24


def test_threads_share_the_largest_number_of_pixels(monkeypatch):
    budget = Budget(10**6)
    monkeypatch.setattr("kerasdl.data.images.decoding.decode._PIXELS", budget)
    with ThreadPoolExecutor(1) as threads:
        with budget.hold(10**6):
            waiting = threads.submit(decode, PLAIN["gif"], channels=3)
            with pytest.raises(TimeoutError):
                waiting.result(0.05)
        assert waiting.result().shape == (8, 9, 3)


def test_a_background_color():
    picture = encoded(np.array([[[9, 9, 9, 0], [200, 100, 0, 51]]], np.uint8))
    assert decode(picture, channels=3, background=(10, 20, 30)).tolist() == [[[10, 20, 30], [48, 36, 24]]]


def test_grayscale_is_the_luma():
    picture = encoded(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [7, 7, 7]]], np.uint8))
    assert decode(picture, channels=1).ravel().tolist() == [76, 150, 29, 7]


def test_a_small_gif_frame_is_at_its_position():
    file = encoded(palette(2), "GIF", optimize=False)
    begin = file.index(b"\x2c\0\0\0\0")
    moved = bytearray(file)
    moved[6:10] = struct.pack("<HH", 12, 11)
    moved[begin + 1 : begin + 5] = struct.pack("<HH", 2, 3)
    whole, picture = decode(file, channels=3), decode(bytes(moved), channels=3, background=(1, 2, 3))
    assert picture.shape == (11, 12, 3)
    assert np.array_equal(picture[3:, 2:11], whole)
    assert (picture[:3] == (1, 2, 3)).all()
    assert (picture[:, :2] == (1, 2, 3)).all()
    assert (picture[:, 11:] == (1, 2, 3)).all()


@pytest.mark.parametrize("options", [{"channels": 2}, {"channels": 4}, {"channels": 3, "background": 256}])
def test_arguments_out_of_range(options):
    with pytest.raises(ValueError, match="Received: "):
        decode(PLAIN["gif"], **options)


BAD = {
    "Received: a TIFF$": encoded(flat("RGB"), "TIFF"),
    "Received: an ICO": encoded(flat("RGBA"), "ICO"),
    "Received: a PBM, PGM or PPM$": encoded(flat("RGB"), "PPM"),
    "Received: a HEIC$": b"\0\0\0\x18ftypheic\0\0\0\0",
    "Received: an AVIF$": b"\0\0\0\x18ftypavif\0\0\0\0",
    "Received: a PSD": b"8BPS\0\1",
    "Received: a JPEG 2000$": b"\0\0\0\x0cjP  \r\n\x87\n",
    "Received: a JPEG XL$": b"\xff\x0a\1\2",
    "Received: an empty file": b"",
    "Received: a web page": b"<!DOCTYPE html><title>404",
    "git lfs pull": b"version https://git-lfs.github.com/spec/v1",
    "Received: a file of no known format$": b"hello, world, this is text",
    "Received: a BMP of OS/2$": bmp(24, [b"\0" * 6]).replace(b"\x28\0\0\0", b"\x0c\0\0\0", 1),
    "Received: 16 bits, compression 0": bmp(16, [b"\0\0\0\0"]),
    "Received: 1 bits": encoded(flat("1"), "BMP"),
    "Damaged or cut short .jpeg.*Received: .* bytes$": PLAIN["jpeg"][:-200],
    "Damaged or cut short .Invalid PNG": PLAIN["png_colour"][:-50],
    "Damaged or cut short. Received: .* bytes$": PLAIN["gif"][:-30],
    "a GIF without an image": PLAIN["gif"][: 13 + (6 << PLAIN["gif"][10] % 8)] + b";",
}


@pytest.mark.parametrize(("message", "file"), BAD.items(), ids=BAD)
def test_the_error_says_why_a_file_does_not_decode(message, file):
    with pytest.raises(ValueError, match=message):
        decode(file, channels=3)


def behind_a_false_frame(jpeg):
    """Before its contents a marker that has none; who takes the next one for its length goes on at a frame of 5 x 5."""
    frame = b"\xff\xc0\0\x11\x08\0\5\0\5"
    skipped = bytes(0xFFE1 - 4) + frame
    return b"\xff\xd8\xff\x01\xff\xe1" + struct.pack(">H", len(skipped) + 2) + skipped + jpeg[2:]


def bombs():
    png = bytearray(PLAIN["png_colour"])
    png[16:24] = struct.pack(">II", 20_000, 20_000)
    yield "png", bytes(png)
    png[16:24] = struct.pack(">II", 2**32 - 1, 2**32 - 1)
    yield "png overflowing", bytes(png)
    yield "gif", b"GIF89a" + struct.pack("<HH", 20_000, 20_000) + b"\0\0\0\x2c" + b"\0" * 4 + b"\1\0\1\0\0\2\2\x44\1\0;"
    yield "gif frame", b"GIF89a\1\0\1\0\0\0\0\x2c\0\0\0\0" + struct.pack("<HH", 20_000, 20_000) + b"\0\2\2\x44\1\0;"
    yield "bmp", PLAIN["bmp_colour"][:18] + struct.pack("<ii", 20_000, -20_000) + PLAIN["bmp_colour"][26:]
    webp = PLAIN["webp"]
    yield "webp", webp[:26] + struct.pack("<HH", 16_000, 16_000) + webp[30:]
    jpeg = PLAIN["jpeg"]
    frame = jpeg.index(b"\xff\xc0") + 5
    yield "jpeg", jpeg[:frame] + struct.pack(">HH", 20_000, 20_000) + jpeg[frame + 4 :]
    yield "jpeg behind a false frame", behind_a_false_frame(jpeg[:frame] + bytes([80]) * 4 + jpeg[frame + 4 :])
    yield "no width", PLAIN["png_colour"][:16] + b"\0" * 4 + PLAIN["png_colour"][20:]


BOMBS = dict(bombs())


@pytest.mark.parametrize("file", BOMBS.values(), ids=BOMBS)
def test_an_image_that_claims_too_many_pixels_is_not_decoded(file):
    assert len(file) < 100_000
    with pytest.raises(ValueError, match=r"at most 100,000,000 pixels. Received: a header .* \d+ x \d+"):
        decode(file, channels=3)


def test_an_image_of_the_largest_size_is_accepted():
    file = PLAIN["png_colour"]
    assert read_header(file[:16] + struct.pack(">II", 20_000, 5_000) + file[24:]).shape == (5_000, 20_000)


@settings(max_examples=60)
@given(st.sampled_from(sorted(PLAIN)), st.binary(min_size=1, max_size=12), st.integers(0, 80))
def test_damaged_files_give_an_image_or_a_value_error(name, junk, at):
    file = PLAIN[name]
    file = file[:at] + junk + file[at + len(junk) :]
    try:
        picture = decode(file, channels=3)
    except ValueError:
        # Any other error would be a bug.
        return
    assert read_header(file).shape == picture.shape[:2]


# Files that TensorFlow cannot decode, with the error message.
UNDECODABLE = {
    "16bit.cropped.tif": "a TIFF",
    "avif__hopper.avif": "an AVIF",
    "bmp__b__badrle.bmp": "8 bits, compression 1",
    "bmp__g__rgb16.bmp": "16 bits, compression 0",
    "broken.png": "at most 100,000,000 pixels",
    "broken_data_stream.png": "Damaged or cut short",
    "decompression_bomb.gif": "at most 100,000,000 pixels",
    "hopper.ico": "an ICO",
    "hopper.ppm": "a PBM, PGM or PPM",
    "hopper.tif": "a TIFF",
    "hopper_16bit.pgm": "a PBM, PGM or PPM",
    "no_palette.gif": "missing color map",
    "truncated_end_chunk.png": "Damaged or cut short",
    "truncated_image.png": "Damaged or cut short",
    "truncated_jpeg.jpg": "Damaged or cut short",
    "zero_width.gif": "at least one pixel",
    "xcrn0g04.png": "a damaged PNG",
    "xdtn0g01.png": "Damaged or cut short",
    "xhdn0g08.png": "Damaged or cut short",
    "xs1n0g01.png": "a damaged PNG",
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("channels", [3, 1])
def test_unusual_files_are_decoded_as_by_pillow_or_the_error_says_why_not(real_data, channels):
    paths = [path for path in sorted(real_data.glob("awkward_images/*/*")) if path.name != "LICENSE"]
    assert len(paths) > 60
    for path in paths:
        file, started = path.read_bytes(), time.monotonic()
        if path.name in UNDECODABLE:
            with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is checked below
                decode(file, channels=channels, background=100)
            assert UNDECODABLE[path.name] in str(caught.value), path
        else:
            picture = decode(file, channels=channels, background=100)
            expected = seen(file, channels, 100).astype(int)
            assert picture.shape == expected.shape, path
            # JPEG differs from Pillow only for CMYK to color, and for the stored luma in grayscale.
            assert np.abs(picture - expected).mean() < (0.4 if file[:2] == b"\xff\xd8" else 0.001), path
            assert read_header(file).shape == expected.shape[:2], path
        assert time.monotonic() - started < 20, path
