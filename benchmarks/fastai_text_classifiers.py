"""fastai's text classifier for `text_classifiers.py`, which runs this file with the Python of an environment with it.

Arguments: a file of documents, batches and weights, and the settings as JSON. Each line of the input names what to do,
"steps" (of the whole network, which goes on where the last ones ended) or the seed of a training, and is answered with
a line.
"""

import json
import sys
import time
from functools import partial
from typing import Any

import numpy as np
import torch
from fastai.callback.core import Callback
from fastai.callback.schedule import Learner
from fastai.data.core import DataLoaders
from fastai.losses import CrossEntropyLossFlat
from fastai.metrics import accuracy
from fastai.text.data import SortedDL, TensorText, pad_input_chunk
from fastai.text.learner import TextLearner
from fastai.text.models.awdlstm import AWD_LSTM, awd_lstm_clas_split
from fastai.text.models.core import get_text_classifier
from fastai.torch_core import TensorCategory, set_seed

PADDING = 0
# As `text_classifier_learner` and its blocks of data have them.
CHUNK, LAST = 72, 72 * 20
pad = partial(pad_input_chunk, pad_idx=PADDING, pad_first=True, seq_len=CHUNK)


class Stopwatch(Callback):
    """Time, and time of the CPU, of the steps of training."""

    def before_train(self) -> None:
        """The first step begins."""
        self.began = time.perf_counter(), time.process_time()

    def after_train(self) -> None:
        """The last step has ended."""
        ended = time.perf_counter(), time.process_time()
        self.seconds = [after - before for before, after in zip(self.began, ended, strict=True)]


def learner(batches: DataLoaders, stored: dict[str, np.ndarray], settings: dict[str, Any]) -> Learner:
    """The learner of `text_classifier_learner`, with the encoder's weights."""
    sizes = {name: settings[name] for name in ("emb_sz", "n_hid", "n_layers")}
    model = get_text_classifier(
        AWD_LSTM,
        settings["vocabulary"],
        settings["classes"],
        seq_len=CHUNK,
        config={**sizes, "pad_token": PADDING},
        drop_mult=settings["drop_mult"],
        pad_idx=PADDING,
        max_len=LAST,
    )
    names = model[0].module.state_dict()
    model[0].module.load_state_dict({name: torch.from_numpy(stored[f"weight {name}"]) for name in names})
    loss = CrossEntropyLossFlat()
    return TextLearner(batches, model, loss_func=loss, splitter=awd_lstm_clas_split, metrics=accuracy)


def samples(documents: list[np.ndarray], labels: np.ndarray) -> list[tuple[TensorText, TensorCategory]]:
    """Documents with their labels."""
    tensors = (TensorText(torch.from_numpy(document)) for document in documents)
    return list(zip(tensors, map(TensorCategory, torch.from_numpy(labels)), strict=True))


def fixed_batches(stored: dict[str, np.ndarray], settings: dict[str, Any]) -> DataLoaders:
    """The batches whose steps are timed, with fastai's padding."""
    found = []
    for number in range(settings["steps"]):
        documents = [row[row != PADDING] for row in stored[f"tokens {number}"]]
        batch = samples(documents, stored[f"labels {number}"])
        batch.sort(key=lambda sample: len(sample[0]), reverse=True)
        tokens, labels = zip(*pad(batch), strict=True)
        found.append((torch.stack(tokens), torch.stack(labels)))
    return DataLoaders(found, [], device="cpu")


def all_batches(stored: dict[str, np.ndarray], settings: dict[str, Any]) -> DataLoaders:
    """Training and validation."""
    everything = samples(np.split(stored["ids"], stored["starts"][1:-1]), stored["labels"])
    parts = [[everything[number] for number in stored[part]] for part in ("train", "valid")]
    options = {"bs": settings["batch_size"], "dl_type": SortedDL, "before_batch": pad, "num_workers": 0}
    return DataLoaders.from_dsets(*parts, **options, device="cpu")


def train(seed: int, stored: dict[str, np.ndarray], settings: dict[str, Any]) -> dict[str, Any]:
    """The accuracy after each stage, and the time."""
    set_seed(seed)
    training = learner(all_batches(stored, settings), stored, settings)
    accuracies, began = [], time.process_time()
    for first, epochs, peak_lr in settings["stages"]:
        training.freeze_to(first)
        lowest = peak_lr / settings["factor"] ** (len(training.opt.param_lists) - 1)
        with training.no_bar(), training.no_logging():
            training.fit_one_cycle(epochs, slice(lowest, peak_lr))
        accuracies.append(training.recorder.values[-1][-1])
    return {"accuracies": accuracies, "seconds": time.process_time() - began}


def main() -> None:
    """Answer every line."""
    stored, settings = dict(np.load(sys.argv[1])), json.loads(sys.argv[2])
    torch.set_num_threads(settings["threads"])
    timed = learner(fixed_batches(stored, settings), stored, settings)
    stopwatch = Stopwatch()
    for line in sys.stdin:
        do = json.loads(line)
        if do == "steps":
            with timed.no_bar(), timed.no_logging():
                timed.fit(1, 1e-3, cbs=stopwatch)
            answer: Any = stopwatch.seconds
        else:
            answer = train(do, stored, settings)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
