"""Convolution: a small kernel slides over a picture, and each place gives one number.

At each place: lay the kernel over the picture, multiply what lies on top of each other, add up the products, write the
sum into the output, and slide on. The nine numbers of the kernel decide what it finds. A convolutional layer does the
same, but learns the numbers. After fast.ai's first lesson, and https://setosa.io/ev/image-kernels
"""

import keras
import numpy as np
from kerasdl import plots, runs
from sklearn.datasets import load_sample_image

KERNELS = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "blur": [[1 / 16, 2 / 16, 1 / 16], [2 / 16, 4 / 16, 2 / 16], [1 / 16, 2 / 16, 1 / 16]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "sobel, left edges": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "sobel, top edges": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
}  # fmt: skip


def convolve(picture: np.ndarray, kernel: np.ndarray, *, stride: int = 1, padding: int = 0) -> np.ndarray:
    """The five steps, one place after the other."""
    picture = np.pad(picture, padding)
    side = len(kernel)
    height, width = ((length - side) // stride + 1 for length in picture.shape)
    output = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            top, left = row * stride, column * stride
            products = picture[top : top + side, left : left + side] * kernel
            output[row, column] = products.sum()
    return output


def main(_: runs.LessonOptions) -> runs.Lesson:
    picture = load_sample_image("china.jpg")[40:360:2, 100:420:2].mean(axis=-1)
    found = {name: convolve(picture, np.array(kernel)) for name, kernel in KERNELS.items()}
    # A layer of Keras with the same kernels.
    kernels = np.stack(list(KERNELS.values()), axis=-1)[:, :, None].astype("float32")
    layer = keras.layers.Conv2D(len(KERNELS), 3, use_bias=False)
    layer.build((None, *picture.shape, 1))
    layer.set_weights([kernels])
    outputs = keras.ops.convert_to_numpy(layer(picture[None, :, :, None].astype("float32")))[0]
    difference = max(np.abs(outputs[..., place] - each).max() for place, each in enumerate(found.values()))

    edges = np.pad(np.full((16, 16), 255.0), 8)
    sobel = np.array(KERNELS["sobel, left edges"])
    settings = (1, 0), (1, 1), (2, 0), (2, 1)
    sizes = [convolve(edges, sobel, stride=stride, padding=padding) for stride, padding in settings]
    sheets = [shift(each) for each in sizes]
    shown = np.stack([picture, *(np.pad(shift(each), 1) for each in found.values())])[..., None]
    return runs.Lesson(
        "A convolutional layer computes the five steps: kernel over the picture, product, sum, output, slide.",
        {
            "largest difference between the loops and Conv2D, of pixels up to 255": float(difference),
            "strongest response of the left-edge kernel at a left edge": float(sizes[0].max()),
            "its response where the picture is even": float(abs(sizes[0][0]).max()),
            "rows of a 32x32 picture after 3x3, stride 2, padding 1": float(len(sizes[3])),
        },
        {
            "convolution": plots.image_sheet(shown, ["picture", *found], columns=4),
            "stride_and_padding": plots.image_sheet(
                np.stack([np.pad(each, [(0, 32 - length) for length in each.shape]) for each in sheets])[..., None],
                [f"stride {a}, padding {b}: {len(each)} rows" for (a, b), each in zip(settings, sizes, strict=True)],
                columns=4,
            ),
        },
    )


def shift(output: np.ndarray) -> np.ndarray:
    """Responses as grey values: negative ones dark, positive ones bright, none in the middle if there are both."""
    return output if output.min() >= 0 and output.max() <= 260 else 128 + output / 4


if __name__ == "__main__":
    runs.run_lesson(main)
