"""Forecasts time series: look at the data, find the learning rate, train with one-cycle, backtest beside the naive.

The default data are a generated chaotic series, Mackey and Glass's, which need no download.
"""

import time
from dataclasses import asdict, dataclass
from typing import Any

import kerasdl
import keras
import numpy as np
from kerasdl import callbacks, interpret, models, optimizers, plots
from kerasdl.data import series
from kerasdl.run_folder import Options, RunFolder, run_recipe, set_up_devices

# Where the range test shows none: a network that begins as a naive forecast may gain little within its hundred steps.
USUAL_PEAK_LR = 0.005
SHOWN = 200


@dataclass(frozen=True)
class Config(Options):
    data: str = "mackey-glass"
    """'mackey-glass', or a CSV file with a header and a row a time."""
    target: tuple[str, ...] = ()
    """The column to forecast, or several."""
    time: tuple[str, ...] = ()
    """The column of time stamps, or several (year month day hour); without it rows are taken as they follow."""
    covariates: tuple[str, ...] = ()
    """More columns whose past the forecast may see."""
    horizon: int = 1
    """Rows to forecast."""
    lookback: int | None = None
    """Rows of the past that a forecast sees; by default two seasons, at least 24."""
    season: series.Season = "auto"
    """Rows after which a series repeats itself; auto is by the spacing of the time stamps."""
    sort: bool = False
    """Sort the rows by time."""
    fill: series.Fill = None
    """Fill missing values and rows."""
    series: str | None = None
    """A column that tells several series apart."""
    valid_share: float = 1 / 3
    """Share of each series, its end, that is kept for the test."""
    batch_size: int = 0
    """Windows a step; by default 64, or fewer for a short series."""
    epochs: int = 0
    """Times that the training windows are gone through; by default as often as --steps takes."""
    steps: int = 800
    """Steps of the training, where --epochs does not say."""
    units: tuple[int, ...] = (64,)
    """Width of each recurrent layer."""
    decoder: bool = False
    """Let one more recurrent layer run over the horizon."""

    def __post_init__(self) -> None:
        Options(epochs=self.epochs or 1, batch_size=self.batch_size or 1, seed=self.seed, peak_lr=self.peak_lr)


def main(config: Config) -> None:
    devices = set_up_devices(config.precision, config.seed)
    run = RunFolder.of(config, "time_series")
    data = load(config)
    print(data)
    run.write_config({**asdict(config), **devices, "channels": data.channels, "lookback": data.lookback})
    model = network(config, data)
    # XLA runs a recurrent layer three times as fast on a CPU; a GPU has cuDNN.
    optimizer, jit = optimizers.AdamW(weight_decay=config.weight_decay), devices["devices"] == ["CPU"]
    model.compile(optimizer, "mse", metrics=["mae"], jit_compile=jit)
    found = kerasdl.lr_find(model, data.train, verbose=0)
    peak_lr = config.peak_lr or (USUAL_PEAK_LR if found.why_none else found.suggestion(config.lr_rule))
    how = "given" if config.peak_lr else "the range test shows none" if found.why_none else f"{config.lr_rule} rule"
    print(f"Peak learning rate: {peak_lr:.2g} ({how})")
    run.save_figure("lr_range", found.plot({"peak": peak_lr}, rules=[]))

    steps, board = callbacks.StepScalars(run.logs / "steps"), keras.callbacks.TensorBoard(run.logs, write_graph=False)
    epochs = config.epochs or -(-config.steps // int(data.train.cardinality()))
    started, policy = time.perf_counter(), [callbacks.OneCycle(peak_lr), steps, board]
    fitted = model.fit(data.train, validation_data=data.valid, epochs=epochs, shuffle=False, callbacks=policy)
    seconds = time.perf_counter() - started
    result = interpret.Forecast.of(model, data)
    run.save_model(models.series_model(model, (data.scale.mean, data.scale.std)))
    look(run, data, steps.history, fitted.history, result)
    run.finish(result.scores, train_seconds=seconds, baseline_rmse=result.baseline_rmse, peak_lr=peak_lr, **data.counts)


def load(config: Config) -> series.TimeSeries:
    names = ("time", "series", "covariates", "horizon", "lookback", "season", "sort", "fill", "seed")
    options: dict[str, Any] = {name: getattr(config, name) for name in names}
    options |= {"test_share": config.valid_share, "batch_size": config.batch_size or None}
    if config.data == "mackey-glass":
        return series.from_frame(series.mackey_glass(3000, seed=config.seed), target="x", **options)
    return series.from_csv(config.data, target=config.target, **options)


def network(config: Config, data: series.TimeSeries) -> keras.Model:
    options: dict[str, Any] = {"horizon": config.horizon, "units": config.units, "decoder": config.decoder}
    options |= {"skip": data.better_naive, "season": data.season, "dropout": 0.3}
    return models.forecaster((data.lookback, len(data.channels)), data.outputs, **options)


def look(run: RunFolder, data: series.TimeSeries, steps: dict, epochs: dict, result: interpret.Forecast) -> None:
    name, (first, cut, end) = next(iter(data.series.items()))
    parts = (("training", first, cut), ("test", cut, end))
    drawn = {part: (data.times[start:stop], data.values[start:stop, 0]) for part, start, stop in parts}
    run.save_figure("data", plots.lines(drawn, "", data.channels[0], name))
    run.save_figure("schedule", plots.schedule(steps["step"], steps["learning_rate"], steps["momentum"]))
    run.save_figure("curves", plots.curves(epochs, ["loss", "mae"]))
    values = dict([("truth", result.targets), ("forecast", result.predictions), result.better_baseline])
    times = data.times[data.valid_origins + data.horizon - 1]
    drawn = {name: (times[-SHOWN:], each[-SHOWN:, -1, 0]) for name, each in values.items()}
    run.save_figure("forecast", plots.lines(drawn, "", data.channels[0], f"Rows ahead: {data.horizon}"))
    if data.horizon > 1:
        drawn = {name: (np.arange(1, data.horizon + 1), error) for name, error in result.rmse_by_step.items()}
        run.save_figure("error_by_step", plots.lines(drawn, "rows ahead", "RMSE", "Error by step"))


if __name__ == "__main__":
    run_recipe(main, Config)
