"""The jobs of benchmarks/jobs.py in fastai's own words, each in a process of its own.

python jobs_fastai.py JOB DATA OUT SEED trains as fastai's tutorials do, saves the learner and writes OUT/metrics.json.
Nothing is pretrained, because ours starts from random weights too. Images have a learning rate from `lr_find`, tables
and texts that of their tutorial. fastai has no learner for series: its plain Learner trains an LSTM on windows of the
length that ours has.
"""

import json
import os
import sys
import time
from pathlib import Path

import pandas as pd
import torch
from fastai.tabular.all import (
    Categorify,
    CategoryBlock,
    FillMissing,
    Normalize,
    TabularDataLoaders,
    cont_cat_split,
    tabular_learner,
)
from fastai.text.all import AWD_LSTM, TextDataLoaders, text_classifier_learner
from fastai.vision.all import (
    DataLoaders,
    ImageDataLoaders,
    Learner,
    MSELossFlat,
    Resize,
    accuracy,
    aug_transforms,
    resnet18,
    rmse,
    set_seed,
    vision_learner,
)

LOOKBACK = 48


def digits(data: Path) -> Learner:
    """One epoch of ResNet-18 on 28 pixels."""
    learner = vision_learner(ImageDataLoaders.from_folder(data), resnet18, pretrained=False, metrics=accuracy)
    learner.fit_one_cycle(1, learner.lr_find(show_plot=False).valley)
    return learner


def photographs(data: Path) -> Learner:
    """Ten epochs of ResNet-18 on 128 pixels, with fastai's standard augmentation."""
    batches = ImageDataLoaders.from_folder(data, item_tfms=Resize(128), batch_tfms=aug_transforms())
    learner = vision_learner(batches, resnet18, pretrained=False, metrics=accuracy)
    learner.fit_one_cycle(10, learner.lr_find(show_plot=False).valley)
    return learner


def adult(data: Path) -> Learner:
    """Five epochs of the tabular learner."""
    frame = pd.read_csv(data, skipinitialspace=True)
    valid = frame.index[frame.pop("part") == "valid"].tolist()
    numbers, words = cont_cat_split(frame, max_card=20, dep_var="salary")
    steps, names = [Categorify, FillMissing, Normalize], {"cat_names": words, "cont_names": numbers}
    columns = {**names, "y_names": "salary", "y_block": CategoryBlock()}
    batches = TabularDataLoaders.from_df(frame, procs=steps, valid_idx=valid, bs=64, **columns)
    learner = tabular_learner(batches, metrics=accuracy)
    learner.fit_one_cycle(5)
    return learner


def reviews(data: Path) -> Learner:
    """Four epochs of AWD-LSTM."""
    columns = {"text_col": "text", "label_col": "label", "valid_col": "is_valid"}
    batches = TextDataLoaders.from_csv(data.parent, data.name, **columns)
    learner = text_classifier_learner(batches, AWD_LSTM, drop_mult=0.5, pretrained=False, metrics=accuracy)
    learner.fit_one_cycle(4, 1e-2)
    return learner


class Forecaster(torch.nn.Module):
    """The next value from the last state of an LSTM, as a change of the last value."""

    def __init__(self, units: int = 64) -> None:
        super().__init__()
        self.lstm, self.head = torch.nn.LSTM(1, units, batch_first=True), torch.nn.Linear(units, 1)

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """Windows of shape (batch, rows, 1); returns (batch, 1)."""
        return windows[:, -1] + self.head(self.lstm(windows)[0][:, -1])


def temperature(data: Path) -> Learner:
    """Five epochs of windows, standardized; the last third is for validation."""
    values = torch.tensor(pd.read_csv(data)["OT"].to_numpy("float32"))
    first = len(values) - round(len(values) / 3)
    values = (values - values[:first].mean()) / (std := values[:first].std())
    windows = values.unfold(0, LOOKBACK + 1, 1).unsqueeze(-1)
    samples = list(zip(windows[:, :-1], windows[:, -1], strict=True))
    train, valid = samples[: first - LOOKBACK], samples[first - LOOKBACK :]
    learner = Learner(DataLoaders.from_dsets(train, valid, bs=64), Forecaster(), MSELossFlat(), metrics=rmse)
    learner.unit = float(std)
    learner.fit_one_cycle(5, learner.lr_find(show_plot=False).valley)
    return learner


JOBS = {"3-vs-7": digits, "dogs and cats": photographs, "Adult": adult, "ETTh1": temperature, "imdb_sample": reviews}


def main(name: str, data: str, out: str, seed: str) -> None:
    """Train, save and evaluate, in the run folder."""
    source = Path(data).resolve()
    Path(out).mkdir()
    os.chdir(out)
    set_seed(int(seed), reproducible=True)
    started = time.perf_counter()
    learner = JOBS[name](source)
    seconds = time.perf_counter() - started
    is_series = name == "ETTh1"
    # fastai exports learners of its own kinds of data.
    torch.save(learner.model, "model.pth") if is_series else learner.export(Path.cwd() / "model.pkl")
    score = learner.validate()[1] * getattr(learner, "unit", 1.0)
    metrics = {"valid": {"rmse" if is_series else "accuracy": score}, "train_seconds": seconds}
    Path("metrics.json").write_text(json.dumps(metrics))


if __name__ == "__main__":
    main(*sys.argv[1:])
