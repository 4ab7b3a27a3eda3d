"""Forecasts time series: look at the data, find the learning rate, train with one-cycle, backtest beside naive forecasts.

The default data are a generated chaotic series, Mackey and Glass's, which need no download.
"""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import kerasdl
import keras
import numpy as np
import pandas as pd
from kerasdl import callbacks, interpret, models, optimizers, plots
from kerasdl.data import series
from kerasdl.run_folder import Options, RunFolder, run_recipe, set_up_devices

SHOWN = 400


@dataclass(frozen=True)
class Config(Options):
    data: str = "mackey-glass"
    """'mackey-glass', or a CSV file with a header and a row a time."""
    target: tuple[str, ...] = ()
    """The column to forecast, or several."""
    time: tuple[str, ...] = ()
    """The column of time stamps, or several (year month day hour); without it rows are taken as they follow."""
    series: str | None = None
    """A column that tells several series apart."""
    covariates: tuple[str, ...] = ()
    """More columns whose past the forecast may see."""
    horizon: int = 1
    """Rows to forecast."""
    lookback: int | None = None
    """Rows of the past that a forecast sees; by default two seasons, at least 24."""
    season: int | Literal["auto", "none"] = "auto"
    """Rows after which a series repeats itself; auto is by the spacing of the time stamps."""
    sort: bool = False
    """Sort the rows by time."""
    fill: Literal["none", "linear", "forward"] = "none"
    """Fill missing values and rows."""
    valid_share: float = 1 / 3
    """Share of each series, its end, that is kept for the test."""
    epochs: int = 0
    """Times that the training windows are gone through; by default as often as --steps takes."""
    steps: int = 2000
    """Steps of the training, where --epochs does not say."""
    cell: Literal["lstm", "gru"] = "lstm"
    """Kind of the recurrent layers."""
    units: tuple[int, ...] = (64,)
    """Width of each recurrent layer."""
    decoder: bool = False
    """Let one more recurrent layer run over the horizon."""
    dropout: float = 0.1
    """Share of the features dropped behind each recurrent layer."""
    skip: Literal["auto", "naive", "seasonal"] = "auto"
    """The naive forecast to begin from; auto is the one that is better over the training part."""

    def __post_init__(self) -> None:
        Options(epochs=self.epochs or 1, batch_size=self.batch_size, peak_lr=self.peak_lr)


def main(config: Config) -> None:
    devices = set_up_devices(config.precision, config.seed)
    run = RunFolder.of(config, "time_series")
    data = load(config)
    print(data)
    run.write_config({**asdict(config), **devices, "channels": data.channels, "lookback": data.lookback})
    model = network(config, data)
    model.compile(optimizers.AdamW(weight_decay=config.weight_decay), "mse", metrics=["mae"])
    found = kerasdl.lr_find(model, data.train, verbose=0)
    peak_lr = config.peak_lr or found.suggestion(config.lr_rule)
    print(f"Peak learning rate: {peak_lr:.2g} ({'given' if config.peak_lr else config.lr_rule + ' of the range test'})")
    run.save_figure("lr_range", found.plot({"peak": peak_lr}, rules=[]))

    steps, board = callbacks.StepScalars(run.logs / "steps"), keras.callbacks.TensorBoard(run.logs, write_graph=False)
    epochs = config.epochs or -(-config.steps // int(data.train.cardinality()))
    started, policy = time.perf_counter(), [callbacks.OneCycle(peak_lr), steps, board]
    fitted = model.fit(data.train, validation_data=data.valid, epochs=epochs, shuffle=False, verbose=2, callbacks=policy)
    seconds = time.perf_counter() - started
    result = interpret.Forecast.of(model, data)
    run.save_model(models.series_model(model, (data.scale.mean, data.scale.std)))
    look(run, data, steps.history, fitted.history, result)
    run.finish(result.scores, train_seconds=seconds, baseline_rmse=result.baseline_rmse, peak_lr=peak_lr, **data.counts)
