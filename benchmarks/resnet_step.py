"""Time of a training step of residual networks: ours, keras.applications' (ResNet-50 alone) and torchvision's.

python benchmarks/resnet_step.py [--torch PYTHON] [--networks resnet18 resnet34 resnet50] [--sizes 28 64 128 224]

PYTHON is the interpreter of an environment with torchvision, whose networks run with channels last. SGD with momentum,
float32, batches of 16, XLA off; the networks run interleaved in rounds, so that other load affects all of them.
keras.applications has v1 of ResNet-50, whose blocks stride in their first convolution, ours and torchvision's v1.5:
the multiply-adds of a forward pass stand beside the times.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import json
import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np
import tyro
from kerasdl import models, optimizers

TORCH = """
import json, statistics, sys, time, torch, torchvision
name, (size, batch, steps) = sys.argv[1], map(int, sys.argv[2:])
device = "cuda" if torch.cuda.is_available() else "cpu"
last = torch.channels_last
model = getattr(torchvision.models, name)(num_classes=10).to(device, memory_format=last).train()
optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
x = torch.randn(batch, 3, size, size, device=device).to(memory_format=last)
y = torch.arange(batch, device=device) % 10
seconds = []
for _ in range(steps + 2):
    started = time.perf_counter()
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    loss.item()
    seconds.append(time.perf_counter() - started)
print(json.dumps(statistics.median(seconds[2:])))
"""


@dataclass(frozen=True)
class Config:
    """The measurement, and the peer besides keras.applications."""

    torch: str | None = None
    """Python interpreter of an environment with torchvision."""
    networks: tuple[Literal["resnet18", "resnet34", "resnet50"], ...] = ("resnet50",)
    """Networks to measure, one after the other."""
    sizes: tuple[int, ...] = (128,)
    """Sides of the images in pixels."""
    rounds: int = 5
    """Number of rounds."""
    steps: int = 5
    """Steps per round, of which the median counts."""
    batch_size: int = 16
    """Images per batch."""


class Network:
    """A compiled network and its batch; the first two steps, which trace, are not measured."""

    def __init__(self, model: keras.Model, optimizer: keras.optimizers.Optimizer, size: int, batch_size: int) -> None:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, jit_compile=False)
        shape = (batch_size, size, size, 3)
        self.model, self.x = model, np.random.default_rng(0).standard_normal(shape).astype("float32")
        self.y = np.arange(batch_size) % 10
        self.seconds(2)

    def seconds(self, steps: int) -> float:
        """Median time of `steps` steps."""
        measured = []
        for _ in range(steps):
            started = time.perf_counter()
            self.model.train_on_batch(self.x, self.y)
            measured.append(time.perf_counter() - started)
        return statistics.median(measured)


def torch_seconds(name: str, size: int, config: Config) -> float:
    """The same for torchvision's network, in its own process."""
    numbers = map(str, (size, config.batch_size, config.steps))
    command = [str(config.torch), "-W", "ignore", "-c", TORCH, name, *numbers]
    return float(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def compare(name: str, size: int, config: Config) -> None:
    """Run one network of all libraries interleaved and print one line each."""
    keras.utils.clear_session()
    shape = (size, size, 3)
    built = {"kerasdl": (getattr(models, name)(shape, 10), optimizers.SGD(0.01, momentum=0.9))}
    if name == "resnet50":
        peer = keras.applications.ResNet50(weights=None, input_shape=shape, classes=10, classifier_activation=None)
        built["keras.applications"] = (peer, keras.optimizers.SGD(0.01, momentum=0.9))
    compiled = {each: Network(*pair, size, config.batch_size) for each, pair in built.items()}
    seconds: dict[str, list[float]] = {}
    for _ in range(config.rounds):
        for each, network in compiled.items():
            seconds.setdefault(each, []).append(network.seconds(config.steps))
        if config.torch:
            seconds.setdefault("torchvision", []).append(torch_seconds(name, size, config))
    ours = statistics.median(seconds["kerasdl"])
    for each, found in seconds.items():
        median = statistics.median(found)
        # torchvision's is ours, layer by layer.
        count = (kerasdl.summary(built.get(each, built["kerasdl"])[0]).multiply_adds or 0) / 1e9
        print(
            f"{name} {size:3} px {each:18} {1000 * median:8.1f} ms a step, {median / ours:5.2f} of ours "
            f"(min {1000 * min(found):.1f} ms), {count:.2f} G multiply-adds"
        )


def main(config: Config) -> None:
    """Compare all networks at all sizes."""
    print(f"kerasdl {kerasdl.__version__}, Keras {keras.__version__}, {config}")
    for name in config.networks:
        for size in config.sizes:
            compare(name, size, config)


if __name__ == "__main__":
    main(tyro.cli(Config))
