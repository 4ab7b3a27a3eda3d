"""What a step on small images is made of: CPU-ms of updates, convolutions and normalizations, ours and stock Keras's.

python benchmarks/step_parts.py [--rounds 20]

Updates of the 11.2 million weights of a ResNet-18 of ten classes; the convolutions of its last stage on images of 28
pixels with batches of 64, forwards and backwards; batch normalization of maps of such batches, the same. Rounds are
interleaved, so that other load affects all alike; the median counts. Half a minute of CPU.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import tensorflow as tf
import tyro
from kerasdl import layers, models, optimizers

# Side, channels and filters of a map, and the stride; a stride of 2 follows a padding of one pixel on each side.
CONVOLUTIONS = {"1x1 to 1x1": (1, 512, 512, 1), "2x2 to 1x1": (2, 256, 512, 2)}
# Side and channels of a map.
NORMALIZATIONS = {"28x28x64": (28, 64), "14x14x128": (14, 128), "7x7x256": (7, 256)}
OPTIMIZERS = {"AdamW": {}, "SGD": {"momentum": 0.9}}


@dataclass(frozen=True)
class Config:
    """How much to measure."""

    rounds: int = 20


def update(optimizer: keras.optimizers.Optimizer, variables: list) -> Callable[[], object]:
    """One update with the same gradients."""
    gradients = [tf.random.normal(each.shape, stddev=0.01) for each in variables]
    optimizer.build(variables)
    apply = tf.function(lambda *given: optimizer.apply(list(given), variables))
    return lambda: apply(*gradients)


def convolution(kind: type, side: int, channels: int, filters: int, strides: int) -> Callable[[], object]:
    """The output and all gradients of a convolution of 3x3."""
    layer = kind(filters, 3, strides=strides, padding="same" if strides == 1 else "valid", use_bias=False)
    pad = keras.layers.ZeroPadding2D(int(strides > 1))
    x = tf.random.normal((64, side, side, channels))

    layer.build(pad.compute_output_shape(x.shape))
    return both_ways(lambda x: layer(pad(x)), x, layer)


def normalization(kind: type, side: int, channels: int) -> Callable[[], object]:
    """The output and all gradients of a batch normalization in training."""
    layer, x = kind(), tf.random.normal((64, side, side, channels))
    layer.build(x.shape)
    return both_ways(lambda x: layer(x, training=True), x, layer)


def both_ways(call: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor, layer: keras.layers.Layer) -> Callable[[], object]:
    """The output and all gradients of a layer."""

    @tf.function
    def run(x: tf.Tensor) -> list:
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = call(x)
        return [outputs, *tape.gradient(outputs, [x, *(each.value for each in layer.trainable_variables)])]

    return lambda: run(x)


def main(config: Config) -> None:
    """Print one line for each part."""
    keras.utils.set_random_seed(0)
    variables = models.resnet18((28, 28, 3), 10).trainable_variables
    pairs = {
        name: [update(getattr(each, name)(1e-4, **options), variables) for each in (keras.optimizers, optimizers)]
        for name, options in OPTIMIZERS.items()
    }
    for name, shape in CONVOLUTIONS.items():
        pairs[name] = [convolution(kind, *shape) for kind in (keras.layers.Conv2D, layers.Conv2D)]
    for name, map_shape in NORMALIZATIONS.items():
        pairs[name] = [
            normalization(kind, *map_shape) for kind in (keras.layers.BatchNormalization, layers.BatchNormalization)
        ]
    for pair in pairs.values():
        for run in pair:
            run()
    found: dict[str, list[list[float]]] = {name: [[], []] for name in pairs}
    for _ in range(config.rounds):
        for name, pair in pairs.items():
            for run, times in zip(pair, found[name], strict=True):
                started = time.process_time()
                run()
                times.append(1000 * (time.process_time() - started))
    print(f"kerasdl {kerasdl.__version__}, {config}\n{'CPU-ms':12} {'Keras':>7} {'ours':>7}")
    for name, both in found.items():
        print(f"{name:12} {statistics.median(both[0]):7.1f} {statistics.median(both[1]):7.1f}")


if __name__ == "__main__":
    main(tyro.cli(Config))
