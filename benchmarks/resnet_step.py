"""Time of a training step of ResNet-50: ours, keras.applications' and torchvision's. 128 px, batches of 16.

python benchmarks/resnet_step.py [--torch PYTHON] [--rounds 5]

PYTHON is the interpreter of an environment with torchvision. SGD with momentum, float32, XLA off; the networks run
interleaved in rounds, so that other load affects all of them.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import json
import statistics
import subprocess
import time
from dataclasses import dataclass

import keras
import numpy as np
import tyro
from kerasdl import models

TORCH = """
import json, statistics, sys, time, torch, torchvision
size, batch, steps = map(int, sys.argv[1:])
device = "cuda" if torch.cuda.is_available() else "cpu"
model = torchvision.models.resnet50(num_classes=10).to(device).train()
optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
x = torch.randn(batch, 3, size, size, device=device)
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
    rounds: int = 5
    """Number of rounds."""
    steps: int = 5
    """Steps per round, of which the median counts."""
    image_size: int = 128
    """Side in pixels."""
    batch_size: int = 16
    """Images per batch."""


class Network:
    """A compiled network and its batch; the first two steps, which trace, are not measured."""

    def __init__(self, model: keras.Model, config: Config) -> None:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss, jit_compile=False)
        shape = (config.batch_size, config.image_size, config.image_size, 3)
        self.model, self.x = model, np.random.default_rng(0).standard_normal(shape).astype("float32")
        self.y = np.arange(config.batch_size) % 10
        self.seconds(2)

    def seconds(self, steps: int) -> float:
        """Median time of `steps` steps."""
        measured = []
        for _ in range(steps):
            started = time.perf_counter()
            self.model.train_on_batch(self.x, self.y)
            measured.append(time.perf_counter() - started)
        return statistics.median(measured)


def torch_seconds(config: Config) -> float:
    """The same for torchvision's network, in its own process."""
    sizes = map(str, (config.image_size, config.batch_size, config.steps))
    command = [str(config.torch), "-W", "ignore", "-c", TORCH, *sizes]
    return float(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def main(config: Config) -> None:
    """Run the networks interleaved and print one line each."""
    shape = (config.image_size, config.image_size, 3)
    peer = keras.applications.ResNet50(weights=None, input_shape=shape, classes=10, classifier_activation=None)
    networks = {"kerasdl resnet50": models.resnet50(shape, 10), "keras.applications ResNet50": peer}
    compiled = {name: Network(model, config) for name, model in networks.items()}
    seconds: dict[str, list[float]] = {}
    for _ in range(config.rounds):
        for name, network in compiled.items():
            seconds.setdefault(name, []).append(network.seconds(config.steps))
        if config.torch:
            seconds.setdefault("torchvision resnet50", []).append(torch_seconds(config))
    ours = statistics.median(seconds["kerasdl resnet50"])
    print(f"kerasdl {kerasdl.__version__}, Keras {keras.__version__}, {config}")
    for name, found in seconds.items():
        median = statistics.median(found)
        print(
            f"{name:28} {1000 * median:8.1f} ms per step, {median / ours:5.2f} of ours (min {1000 * min(found):.1f} ms)"
        )


if __name__ == "__main__":
    main(tyro.cli(Config))
