"""fastai's AWD-LSTM for `awd_lstm.py`, which runs this file with the Python of an environment with fastai.

Arguments: a file of batches and the sizes as JSON. Each line of the input names a training, {"seed": 0, "bfloat16":
false}; it takes a step on each batch, goes on where it ended if the line came before, and answers with a line.
"""

import json
import sys
import time
from typing import Any

import numpy as np
import torch
from fastai.text.models.awdlstm import AWD_LSTM, awd_lstm_lm_config
from fastai.text.models.core import get_language_model


class Training:
    """fastai's network for language models and Adam, with the regularization of fastai's learner."""

    def __init__(self, sizes: dict[str, Any], *, seed: int, bfloat16: bool) -> None:
        torch.manual_seed(seed)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        config = {**awd_lstm_lm_config, "emb_sz": sizes["embedding"], "n_hid": sizes["units"]}
        config["n_layers"] = sizes["depth"]
        model = get_language_model(AWD_LSTM, sizes["vocabulary"], config, drop_mult=sizes["drop_mult"])
        self.model, self.bfloat16 = model.to(self.device).train(), bfloat16
        # The epsilon of Keras. This Adam takes less time than fastai's own.
        self.optimizer = torch.optim.Adam(model.parameters(), sizes["learning_rate"], eps=1e-7)

    def step(self, tokens: np.ndarray, successors: np.ndarray, start: bool) -> float:
        """A step of training; returns the cross-entropy without the regularization."""
        if start:
            self.model.reset()
        x, y = (torch.from_numpy(each).to(self.device) for each in (tokens, successors))
        with torch.autocast(self.device, torch.bfloat16, enabled=self.bfloat16):
            logits, raw, dropped = self.model(x)
            cross_entropy = torch.nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten())
            size, change = dropped.float().pow(2).mean(), (raw[:, 1:] - raw[:, :-1]).float().pow(2).mean()
        self.optimizer.zero_grad()
        (cross_entropy + 2 * size + change).backward()
        self.optimizer.step()
        return cross_entropy.item()


def fit(training: Training, batches: Any) -> dict[str, list[float]]:
    """The loss and the time of a step on each batch."""
    losses, seconds = [], []
    for batch in zip(batches["tokens"], batches["successors"], batches["starts"], strict=True):
        began = time.perf_counter()
        losses.append(training.step(*batch))
        seconds.append(time.perf_counter() - began)
    return {"losses": losses, "seconds": seconds}


def main() -> None:
    """Answer every line."""
    batches, sizes = dict(np.load(sys.argv[1])), json.loads(sys.argv[2])
    torch.set_num_threads(sizes["threads"])
    trainings: dict[str, Training] = {}
    for line in sys.stdin:
        if line not in trainings:
            trainings[line] = Training(sizes, **json.loads(line))
        try:
            answer: dict[str, Any] = fit(trainings[line], batches)
        except (RuntimeError, NotImplementedError) as error:
            answer = {"error": str(error).splitlines()[0]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
