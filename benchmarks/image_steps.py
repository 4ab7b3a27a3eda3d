"""What a photograph's augmentation is made of: CPU milliseconds of each step on one thread, ours and other ways.

KERASDL_DATA=FOLDER python benchmarks/image_steps.py [--images 64] [--rounds 5]

Photographs of dogscats (dogscats_800.tar in the folder that KERASDL_DATA names) to 224 pixels through the geometry of
`augment.standard(flip=True)`: decoding of what is seen by ours, by libjpeg as a window, and of the whole; its
projective resampling by ours (OpenCV's warpPerspective on four channels), by OpenCV on three channels of uint8 and of
float32, by TensorFlow's ImageProjectiveTransformV3, by gathering in TensorFlow, and by Pillow, with the mean difference
to SciPy; lighting by a table for each image (ours) and by arithmetic on every pixel. Rounds are interleaved; the
fastest of each counts. Then the mean difference of such images from a cache to those from the files.
"""

import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass

import kerasdl  # noqa: F401 - chooses the CPU kernels
import cv2
import numpy as np
import tensorflow as tf
import tyro
from kerasdl.data.augment import standard
from kerasdl.data.images.augment.lighting import _looked_up
from kerasdl.data.images.build import MARGIN
from kerasdl.data.images.cached import cached
from kerasdl.data.images.decoding.crops import RATIOS, crops_of
from kerasdl.data.images.decoding.decode import decode_window, jpeg
from kerasdl.data.images.decoding.header import read_header
from kerasdl.data.images.resampling import _projected
from kerasdl.data.images.stores import EncodedStore
from PIL import Image
from real_data import real_data
from scipy import ndimage

SIZE = (224, 224)
WARP = {"flags": cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, "borderMode": cv2.BORDER_REFLECT}


@dataclass(frozen=True)
class Config:
    """How much to measure."""

    images: int = 64
    rounds: int = 5


def photographs(count: int) -> list[bytes]:
    """The first JPEG files of the archive."""
    with tarfile.open(real_data("dogscats/dogscats_800.tar")) as tar:
        members = [each for each in tar.getmembers() if each.name.endswith(".jpg")][:count]
        return [tar.extractfile(each).read() for each in members]  # type: ignore[union-attr]  # all are files


def points(row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each output pixel is sampled, x and y."""
    a, b, c, d, e, f, g, h = row.astype(np.float64)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float64)
    depth = g * x + h * y + 1
    return (a * x + b * y + c) / depth, (d * x + e * y + f) / depth


def by_scipy(picture: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Bilinear samples, reflected beyond the border, in float64."""
    x, y = points(row)
    planes = np.moveaxis(picture.astype(np.float64), -1, 0)
    return np.stack([ndimage.map_coordinates(each, [y, x], order=1, mode="reflect") for each in planes], axis=-1)


def by_tensorflow(picture: np.ndarray, row: np.ndarray) -> tf.Tensor:
    """TensorFlow's operation, which computes every coordinate once a channel."""
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(picture[None], tf.float32),
        transforms=row[None],
        output_shape=SIZE,
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )[0]


def ours(picture: np.ndarray, row: np.ndarray) -> np.ndarray:
    """The package's way, without TensorFlow's call of it."""
    return _projected(picture[None], row[None], np.array(SIZE))[0]


def our_light(picture: np.ndarray, table: np.ndarray) -> np.ndarray:
    """The package's way, without TensorFlow's call of it."""
    return _looked_up(picture[None], table[None])[0]


@tf.function(input_signature=[tf.TensorSpec((None, None, 3), tf.uint8), tf.TensorSpec((8,))], autograph=False)
def by_gathering(picture: tf.Tensor, row: tf.Tensor) -> tf.Tensor:
    """Four gathers of whole pixels and three blends."""
    a, b, c, d, e, f, g, h = tf.unstack(row)
    x, y = tf.range(float(SIZE[1]))[None], tf.range(float(SIZE[0]))[:, None]
    depth = g * x + h * y + 1
    at = tf.stack([(d * x + e * y + f) / depth, (a * x + b * y + c) / depth])
    low = tf.floor(at)
    down, right = tf.unstack((at - low)[..., None])
    sides = tf.shape(picture)[:2, None, None]

    def pixels(below: int, beside: int) -> tf.Tensor:
        places = (tf.cast(low, tf.int32) + tf.constant([below, beside])[:, None, None]) % (2 * sides)
        row, column = tf.unstack(tf.minimum(places, 2 * sides - 1 - places))
        return tf.cast(tf.gather(tf.reshape(picture, (-1, 3)), row * tf.shape(picture)[1] + column), tf.float32)

    upper = pixels(0, 0) + right * (pixels(0, 1) - pixels(0, 0))
    lower = pixels(1, 0) + right * (pixels(1, 1) - pixels(1, 0))
    return upper + down * (lower - upper)


def by_opencv(picture: np.ndarray, row: np.ndarray) -> np.ndarray:
    """OpenCV on the channels as they are."""
    return cv2.warpPerspective(picture, np.append(row, 1).astype(np.float64).reshape(3, 3), SIZE[::-1], **WARP)


def by_pillow(picture: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Pillow, which knows no reflection: black beyond the border."""
    how = Image.Transform.PERSPECTIVE, row.tolist(), Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(picture).transform(SIZE[::-1], *how))


@tf.function(input_signature=[tf.TensorSpec((None, None, 3), tf.uint8)], autograph=False)
def arithmetic(picture: tf.Tensor) -> tf.Tensor:
    """Lighting as logarithm and sigmoid of every pixel."""
    values = tf.clip_by_value(tf.cast(picture, tf.float32), 0.25, 254.75)
    return tf.round(255 * tf.sigmoid(tf.math.log(values / (255 - values)) * 1.1 + 0.3))


def main(config: Config) -> None:
    """Print milliseconds an image of each step."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    cv2.setNumThreads(1)
    files = photographs(config.images)
    draws = tf.random.stateless_uniform((len(files), standard().num_draws), (0, 1))
    headers = [read_header(each) for each in files]
    transforms = standard(flip=True).transforms(draws, SIZE)
    plan = crops_of(headers, transforms.numpy(), SIZE)
    rows = plan.coefficients

    def decoded(index: int) -> np.ndarray:
        window, ratio = plan.window[index].tolist(), int(RATIOS[plan.step[index]])
        return decode_window(files[index], headers[index], window, ratio, channels=3, background=255)

    pictures = [decoded(index) for index in range(len(files))]
    options = [
        {"crop_window": window.tolist(), "ratio": int(RATIOS[step])}
        for window, step in zip(plan.window, plan.step, strict=True)
    ]
    table = np.arange(256, dtype=np.float32)[::-1].copy()
    lit = [ours(*each) for each in zip(pictures, rows, strict=True)]
    steps: dict[str, Callable[[int], object]] = {
        "decoding, ours": decoded,
        "  as a window": lambda index: jpeg(files[index], 3, 3, **options[index]),
        "  the whole": lambda index: jpeg(files[index], 3, 3, ratio=options[index]["ratio"]),
        "resampling, ours": lambda index: ours(pictures[index], rows[index]),
        "  OpenCV, three channels": lambda index: by_opencv(pictures[index], rows[index]),
        "  OpenCV, float32": lambda index: by_opencv(pictures[index].astype(np.float32), rows[index]),
        "  TensorFlow": lambda index: by_tensorflow(pictures[index], rows[index]),
        "  TensorFlow, gathering": lambda index: by_gathering(pictures[index], rows[index]),
        "  Pillow": lambda index: by_pillow(pictures[index], rows[index]),
        "lighting, ours": lambda index: our_light(lit[index], table),
        "  arithmetic": lambda index: arithmetic(lit[index]),
    }
    best = dict.fromkeys(steps, np.inf)
    for _ in range(config.rounds):
        for name, step in steps.items():
            started = time.process_time()
            for index in range(len(files)):
                step(index)
            best[name] = min(best[name], 1000 * (time.process_time() - started) / len(files))
    exact = [by_scipy(*each) for each in zip(pictures[:8], rows[:8], strict=True)]
    print(f"{'':26} {'CPU-ms':>7} {'from SciPy':>11}")
    for name, step in steps.items():
        far = ""
        if name.startswith(("resampling", "  OpenCV", "  TensorFlow", "  Pillow")):
            far = f"{np.mean([np.abs(np.float64(step(index)) - one).mean() for index, one in enumerate(exact)]):11.4f}"
        print(f"{name:26} {best[name]:7.3f} {far}")
    places = np.arange(len(files))
    store = EncodedStore(files, list(map(str, places)), channels=3, background=255, are_files=False)
    uncached = store.resampled(places, transforms, SIZE).numpy().astype(int)
    for margin in (1.0, MARGIN, 1.5):
        made = cached(store, places, SIZE, "memory", margin=margin).resampled(places, transforms, SIZE).numpy()
        print(f"cached {margin:4.2f} times as large   {np.abs(made - uncached).mean():7.3f} from the files")


if __name__ == "__main__":
    main(tyro.cli(Config))
