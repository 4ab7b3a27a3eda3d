"""From the bytes of a file to the picture that a person would see: upright, opaque, of as many channels as asked.

`decode` gives the whole picture. `decode_window` gives of it what a view needs, at the size at which it is needed: of a
JPEG, the coefficients of the rest are not transformed. Both work eagerly, in `tf.function` and in `tf.data`.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import tensorflow as tf
from kerasdl.data.encoded import insist, number
from kerasdl.data.exif import orientation, turns, upright
from kerasdl.data.gif import decode_gif
from kerasdl.data.picture_header import JPEG, kind_of, stored_shape

# Of the luma of ITU-R BT.601 (0.299, 0.587, 0.114), in 65,536ths.
LUMA = (19595, 38470, 7471)
PALETTE, GREY, COLOUR = 3, 0, 2
# libjpeg's slow integer transform: that of Pillow, to the bit.
JPEG_OPTIONS = {"dct_method": "INTEGER_ACCURATE", "fancy_upscaling": True}
RATIOS = (1, 2, 4, 8)

Background = int | Sequence[int]


def decode(encoded: tf.Tensor, *, channels: int, background: Background = 255) -> tf.Tensor:
    """The whole picture in a JPEG, PNG, GIF (first frame), BMP or WebP file, whatever the file's name says.

    A JPEG is turned as its EXIF orientation asks. Alpha, transparent colours, and what a GIF's frame leaves uncovered,
    show the background. 16 bits become 8 by dropping the lower ones. Grey is the luma of ITU-R BT.601, 0.299 red +
    0.587 green + 0.114 blue. Colour profiles are not applied.

    Args:
        encoded: The bytes of the file, a scalar string.
        channels: 3 for colour, 1 for grey.
        background: 0..255, one number or one for each of red, green and blue.

    Returns:
        uint8 (height, width, channels), the number of channels known.

    Raises:
        ValueError: Neither 1 nor 3 channels, or no such background.
        tf.errors.InvalidArgumentError: When the picture is decoded: it is of another format (named in the message),
            damaged, or of more than `kerasdl.data.picture_header.MOST_PIXELS`.

    Example:
        >>> decode(tf.io.read_file("portrait.jpg"), channels=3).shape
        TensorShape([1800, 1200, 3])
    """
    behind = _background(background, channels)
    # Nothing is decoded before its size is known to be sane.
    with tf.control_dependencies([stored_shape(encoded)]):
        readers = [
            lambda: upright(_jpeg(encoded, channels), orientation(encoded)),
            lambda: _channels(_over(_png(encoded), behind), channels),
            lambda: _channels(decode_gif(encoded, behind), channels),
            lambda: _channels(_over(_bmp(encoded), behind), channels),
            lambda: _channels(_over(_webp(encoded), behind), channels),
        ]
        return tf.ensure_shape(tf.switch_case(kind_of(encoded), readers), (None, None, channels))


def decode_window(
    encoded: tf.Tensor, *, channels: int, background: Background = 255, shrink: tf.Tensor, window: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """A part of the picture, reduced where it will be reduced anyhow.

    A JPEG is read at the ratio 1, 2, 4 or 8 (largest not above `shrink`), which libjpeg gets by smaller transforms, and
    only where the window is. Pixel edge i of the result lies at origin + ratio * i of the upright full-size picture;
    at a ratio above 1 the result may begin up to ratio - 1 pixels before the window and end as much behind it. Of other
    formats all is decoded, and the window cut out at ratio 1.

    Args:
        encoded: The bytes of the file, a scalar string.
        channels: 3 for colour, 1 for grey.
        background: As for `decode`.
        shrink: float32 scalar, by how much the window will be reduced; at least 1.
        window: int32 (4,): top, left, height and width in pixels of the upright full-size picture; what lies outside
            of it is cut off, and at least a pixel is left.

    Returns:
        The picture, uint8 (height, width, channels); the origin, float32 (2,), y and x; the ratio, float32 scalar.

    Raises:
        ValueError: Neither 1 nor 3 channels, or no such background.
        tf.errors.InvalidArgumentError: As for `decode`.

    Example:
        >>> picture, origin, ratio = decode_window(photo, channels=3, shrink=4.6, window=[0, 800, 1200, 1200])
        >>> picture.shape, origin.numpy(), ratio.numpy()
        (TensorShape([300, 300, 3]), array([  0., 800.], dtype=float32), 4.0)
    """
    _background(background, channels)
    stored = stored_shape(encoded)
    with tf.control_dependencies([stored]):
        picture, origin, ratio = tf.cond(
            tf.equal(kind_of(encoded), JPEG),
            lambda: _jpeg_window(encoded, stored, channels, tf.cast(shrink, tf.float32), window),
            lambda: _cut(decode(encoded, channels=channels, background=background), window),
        )
    return tf.ensure_shape(picture, (None, None, channels)), tf.ensure_shape(origin, (2,)), ratio


def reason(error: tf.errors.OpError) -> str:
    """What was wrong with a file, for people: the error's message without the names of nodes and operations.

    Example:
        >>> try:
        ...     decode(b"II*\\0", channels=3)
        ... except tf.errors.OpError as error:
        ...     print(reason(error))
        TensorFlow decodes JPEG, PNG, GIF, BMP and WebP: convert the file to one of them. Received: a TIFF
    """
    message = error.message.split("}} ")[-1].split(" [Op:")[0].split("\n")[0].split(" [[{{")[0].strip()
    if message.startswith(("Invalid ", "jpeg::Uncompress failed")):
        return f"Damaged or cut short ({message.rstrip('.')})"
    return message.removeprefix("assertion failed: [").removesuffix("]")


def _background(background: Background, channels: int) -> bytes:
    """The background as three bytes."""
    colour = [background] * 3 if isinstance(background, int) else list(background)
    if channels not in (1, 3):
        raise ValueError(f"A picture is decoded to 1 channel (grey) or 3 (colour). Received: channels={channels}")
    if len(colour) != 3 or not all(0 <= value <= 255 for value in colour):
        raise ValueError(f"The background is a number in 0..255, or three of them. Received: background={background}")
    return bytes(colour)


def _jpeg(encoded: tf.Tensor, channels: int, **options: Any) -> tf.Tensor:
    """As stored; `options` are those of DecodeAndCropJpeg, or of DecodeJpeg where there is no crop_window."""
    decoder = tf.raw_ops.DecodeAndCropJpeg if "crop_window" in options else tf.raw_ops.DecodeJpeg

    def read(kind: int) -> tf.Tensor:
        return tf.ensure_shape(
            decoder(contents=encoded, channels=kind, **JPEG_OPTIONS, **options), (None, None, kind)
        )

    if channels == 3:
        return read(3)
    # libjpeg makes no grey of CMYK; of the rest it gives the luma as it is stored.
    inks = tf.io.extract_jpeg_shape(encoded)[2]
    return tf.cond(tf.equal(inks, 4), lambda: _channels(read(3), 1), lambda: read(1))


def _jpeg_window(
    encoded: tf.Tensor, stored: tf.Tensor, channels: int, shrink: tf.Tensor, window: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    way = orientation(encoded)
    turned, mirrored = turns(way)

    def swap(pair: tf.Tensor) -> tf.Tensor:
        return tf.where(turned, pair[::-1], pair)

    shape = swap(stored)
    step = tf.reduce_sum(tf.cast(shrink >= RATIOS[1:], tf.int32))
    ratio = tf.gather(RATIOS, step)
    begin, end = _clipped(window, shape)
    begin, end = tf.where(mirrored, shape - end, begin), tf.where(mirrored, shape - begin, end)
    begin, end = swap(begin) // ratio, -(-swap(end) // ratio)
    # The outermost columns of a cropped JPEG miss the colour of their neighbours: they are read, and cut off.
    widest = -(-stored // ratio)
    first, last = tf.maximum(begin - [0, 1], 0), tf.minimum(end + [0, 1], widest)
    crop = tf.concat([first, last - first], axis=0)
    picture = tf.switch_case(step, [partial(_jpeg, encoded, channels, crop_window=crop, ratio=r) for r in RATIOS])
    picture = picture[:, begin[1] - first[1] : end[1] - first[1]]
    origin = tf.where(mirrored, shape - swap(end * ratio), swap(begin * ratio))
    return upright(picture, way), tf.cast(origin, tf.float32), tf.cast(ratio, tf.float32)


def _cut(picture: tf.Tensor, window: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    begin, end = _clipped(window, tf.shape(picture)[:2])
    return picture[begin[0] : end[0], begin[1] : end[1]], tf.cast(begin, tf.float32), tf.constant(1.0)


def _clipped(window: tf.Tensor, shape: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Where a window begins and ends within the picture; (2,) each."""
    window = tf.cast(window, tf.int32)
    begin = tf.clip_by_value(window[:2], 0, shape - 1)
    return begin, tf.clip_by_value(window[:2] + window[2:], begin + 1, shape)


def _png(encoded: tf.Tensor) -> tf.Tensor:
    """Red, green, blue and alpha."""
    colour_type = tf.io.decode_raw(encoded, tf.uint8, fixed_length=26)[25]

    def keyed() -> tf.Tensor:
        # One colour at most is transparent; the rest TensorFlow gives the largest number of the file's bits as alpha.
        picture = tf.io.decode_png(encoded, channels=4)
        return tf.where(picture > 0, tf.maximum(picture, [0, 0, 0, 255]), picture)

    plain = tf.equal(colour_type, GREY) | tf.equal(colour_type, COLOUR)
    return tf.cond(plain, keyed, lambda: _with_alpha(tf.io.decode_png(encoded, channels=0)))


def _webp(encoded: tf.Tensor) -> tf.Tensor:
    """Red, green, blue and alpha."""
    picture = tf.io.decode_image(encoded, channels=0, expand_animations=False)
    return _with_alpha(tf.ensure_shape(picture, (None, None, None)))


def _bmp(encoded: tf.Tensor) -> tf.Tensor:
    """Red, green, blue and alpha, of 8 bits (through the palette), 24 or 32."""
    header = tf.io.decode_raw(encoded, tf.uint8, fixed_length=34)
    bits, compression = number(header[28:30], big=False), number(header[30:34], big=False)
    known = tf.equal(compression, 0) & tf.reduce_any(tf.equal(bits, [8, 24, 32]))

    def complaint() -> tf.Tensor:
        said = [tf.strings.as_string(value) for value in (bits, compression)]
        advice = "TensorFlow decodes BMP of 8, 24 and 32 bits, not compressed: convert the file to PNG. Received: "
        return tf.strings.join([advice, said[0], " bits, compression ", said[1]])

    # The fourth byte of an uncompressed pixel means nothing.
    opaque = insist(known, tf.constant([0, 0, 0, 255], tf.uint8), complaint)
    with tf.control_dependencies([opaque]):
        picture = tf.cond(tf.equal(bits, 8), lambda: _through_palette(encoded), lambda: tf.io.decode_bmp(encoded))
    return tf.maximum(_with_alpha(picture), opaque)


def _through_palette(encoded: tf.Tensor) -> tf.Tensor:
    """A BMP of 8 bits, which TensorFlow takes for grey: its palette of blue, green, red, 0 stands behind the header."""
    start = 14 + number(tf.io.decode_raw(encoded, tf.uint8, fixed_length=18)[14:], big=False)
    size = tf.cast(tf.strings.length(encoded), tf.int64)
    palette = tf.strings.substr(encoded, tf.minimum(start, size), tf.constant(1024, tf.int64))
    colours = tf.reshape(tf.io.decode_raw(palette, tf.uint8, fixed_length=1024), (256, 4))[:, 2::-1]
    return tf.gather(colours, tf.cast(tf.io.decode_bmp(encoded)[..., 0], tf.int32))


def _with_alpha(picture: tf.Tensor) -> tf.Tensor:
    """Red, green, blue and alpha from grey, grey and alpha, colour, or all four."""
    opaque = tf.fill((*tf.unstack(tf.shape(picture)[:2]), 1), tf.constant(255, tf.uint8))
    layers = tf.concat([picture, opaque], axis=2)
    order = tf.gather([[0, 0, 0, 1], [0, 0, 0, 1], [0, 1, 2, 3], [0, 1, 2, 3]], tf.shape(picture)[2] - 1)
    return tf.gather(layers, order, axis=2)


def _over(picture: tf.Tensor, background: bytes) -> tf.Tensor:
    """Red, green and blue of a picture with alpha, before a background."""
    colours, alpha = picture[..., :3], picture[..., 3:]

    def blend() -> tf.Tensor:
        share = tf.cast(alpha, tf.int32)
        mixed = tf.cast(colours, tf.int32) * share + tf.constant(list(background)) * (255 - share)
        return tf.cast((mixed + 127) // 255, tf.uint8)

    return tf.cond(tf.reduce_all(tf.equal(alpha, 255)), lambda: colours, blend)


def _channels(picture: tf.Tensor, channels: int) -> tf.Tensor:
    """Colour as it is, or turned to grey."""
    if channels == 3:
        return picture
    luma = tf.reduce_sum(tf.cast(picture, tf.int32) * LUMA, axis=2, keepdims=True)
    return tf.cast((luma + 2**15) // 2**16, tf.uint8)
