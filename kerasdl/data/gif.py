"""The first frame of a GIF (GIF89a, https://www.w3.org/Graphics/GIF/spec-gif89a.txt), cut out of the file's bytes.

TensorFlow decodes every frame to give the first, paints black what is transparent, and shifts a frame that is smaller
than the canvas. It does well with a file of the first frame alone, at the corner, of which nothing is transparent.
"""

from dataclasses import dataclass

import tensorflow as tf
from kerasdl.data.encoded import insist

EXTENSION, GRAPHIC_CONTROL, DESCRIPTOR = 0x21, 0xF9, 0x2C
SCREEN_BYTES, DESCRIPTOR_BYTES, MOST_PALETTE_BYTES = 13, 10, 768


@dataclass(frozen=True)
class Frame:
    """Where the first frame lies in the file and on the canvas; int32 tensors.

    Attributes:
        begin: Of its descriptor, in bytes from the beginning of the file.
        codes: Of its compressed pixels.
        palette: Of the colours that it uses.
        transparent: The colour that is not painted, or -1.
        corner: Top and left on the canvas (2,).
        size: Height and width (2,).
        canvas: Height and width of the whole picture (2,).
    """

    begin: tf.Tensor
    codes: tf.Tensor
    palette: tf.Tensor
    transparent: tf.Tensor
    corner: tf.Tensor
    size: tf.Tensor
    canvas: tf.Tensor


def first_frame(encoded: tf.Tensor) -> Frame:
    """Finds the first frame.

    Raises:
        tf.errors.InvalidArgumentError: There is none.
    """
    data = _bytes(encoded)
    begin, transparent = _after_extensions(data, SCREEN_BYTES + _palette_bytes(data[10]))
    begin = insist(tf.equal(data[begin], DESCRIPTOR), begin, lambda: tf.constant("A GIF without a picture."))
    left, top, width, height = tf.unstack(_words(data[begin + 1 : begin + 9], 4))
    corner, size = tf.stack([top, left]), tf.stack([height, width])
    own = _palette_bytes(data[begin + DESCRIPTOR_BYTES - 1])
    return Frame(
        begin=begin,
        codes=begin + DESCRIPTOR_BYTES + own,
        palette=tf.where(own > 0, begin + DESCRIPTOR_BYTES, SCREEN_BYTES),
        transparent=transparent,
        corner=corner,
        size=size,
        canvas=tf.maximum(_words(data[6:10], 2)[::-1], corner + size),
    )


def decode_gif(encoded: tf.Tensor, background: bytes) -> tf.Tensor:
    """The first frame on its canvas: uint8 (height, width, 3); `background`, three bytes, where nothing is painted."""
    frame = first_frame(encoded)
    end = _after_blocks(_bytes(encoded), frame.codes + 1)
    colour = frame.palette + 3 * frame.transparent
    painted = tf.cond(frame.transparent >= 0, lambda: _replaced(encoded, colour, background), lambda: encoded)
    cornered = _replaced(painted, frame.begin + 1, b"\0" * 4)
    alone = tf.strings.join(
        [
            tf.strings.substr(cornered, 0, SCREEN_BYTES + _palette_bytes(_bytes(encoded)[10])),
            tf.strings.substr(cornered, frame.begin, end - frame.begin),
            b";",
        ]
    )
    picture = tf.io.decode_image(alone, channels=3, expand_animations=False)
    return _on_canvas(tf.ensure_shape(picture, (None, None, 3)), frame, background)


def _on_canvas(picture: tf.Tensor, frame: Frame, background: bytes) -> tf.Tensor:
    padding = tf.stack([frame.corner, frame.canvas - frame.corner - frame.size], axis=1)
    # tf.pad adds zeros; by exclusive or, zero is the background.
    colour = tf.constant(list(background), tf.uint8)
    padded = tf.pad(tf.bitwise.bitwise_xor(picture, colour), tf.concat([padding, [[0, 0]]], axis=0))
    return tf.bitwise.bitwise_xor(padded, colour)


def _bytes(encoded: tf.Tensor) -> tf.Tensor:
    """The file's bytes, and zeros behind them, at which every walk ends."""
    return tf.concat([tf.io.decode_raw(encoded, tf.uint8), tf.zeros(2 * MOST_PALETTE_BYTES, tf.uint8)], axis=0)


def _after_extensions(data: tf.Tensor, begin: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Where the first block stands that is no extension, and which colour the last graphic control made transparent."""

    def step(at: tf.Tensor, transparent: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        said = tf.where(data[at + 3] % 2 > 0, tf.cast(data[at + 6], tf.int32), -1)
        return _after_blocks(data, at + 2), tf.where(tf.equal(data[at + 1], GRAPHIC_CONTROL), said, transparent)

    return tf.while_loop(lambda at, _: tf.equal(data[at], EXTENSION), step, (begin, tf.constant(-1)))


def _after_blocks(data: tf.Tensor, begin: tf.Tensor) -> tf.Tensor:
    """Behind a chain of blocks: each begins with its length, and one of length 0 is the last."""
    end = tf.size(data) - 2 * MOST_PALETTE_BYTES

    def step(at: tf.Tensor) -> tuple[tf.Tensor]:
        return (tf.minimum(at + 1 + tf.cast(data[at], tf.int32), end),)

    return tf.while_loop(lambda at: data[at] > 0, step, (tf.minimum(begin, end),))[0] + 1


def _palette_bytes(flags: tf.Tensor) -> tf.Tensor:
    return tf.where(flags >= 128, 6 * 2 ** tf.cast(flags % 8, tf.int32), 0)


def _words(data: tf.Tensor, count: int) -> tf.Tensor:
    low, high = tf.unstack(tf.reshape(tf.cast(data, tf.int32), (count, 2)), axis=1)
    return low + 256 * high


def _replaced(encoded: tf.Tensor, at: tf.Tensor, piece: bytes) -> tf.Tensor:
    size = tf.strings.length(encoded)
    after = tf.minimum(at + len(piece), size)
    parts = [tf.strings.substr(encoded, 0, at), piece, tf.strings.substr(encoded, after, size - after)]
    return tf.strings.join(parts)
