"""Forecasts time series: look at the data, find the learning rate, train with one-cycle, backtest beside the naive.

The default data are a generated chaotic series, Mackey and Glass's, which need no download.
"""

from dataclasses import dataclass, field
from typing import Any

import kerasdl
import keras
from kerasdl import export, interpret, models, plots, runs
from kerasdl.data import series

# If the range test finds no rate, as when a network that starts as a naive forecast improves little in a hundred steps.
CAUTIOUS_LR = 0.005
SHOWN = 200


@dataclass(frozen=True)
class Config:
    data: str = "mackey-glass"
    """'mackey-glass', or a CSV file with a header and one row per time."""
    target: tuple[str, ...] = ()
    """Column to forecast, or several."""
    time: tuple[str, ...] = ()
    """Column of time stamps, or several (year month day hour); by default rows are in order and evenly spaced."""
    covariates: tuple[str, ...] = ()
    """More columns whose past the forecast may use."""
    horizon: int = 1
    """Rows to forecast."""
    lookback: int | None = None
    """Past rows that a forecast uses; by default two seasons, at least 24."""
    season: series.Season = "auto"
    """Rows per season; auto depends on the spacing of the time stamps."""
    sort: bool = False
    """Sort the rows by time."""
    fill: series.Fill = None
    """Fill missing values and rows."""
    duplicates: series.Duplicates = "error"
    """Merge rows of one time into the first, the last or their mean."""
    encoding: str | None = None
    """Encoding of the file, as Python spells it; by default UTF-8."""
    separator: str | None = None
    """Separator of the file; by default the most frequent candidate in the header."""
    series: str | None = None
    """Column that names the series, if there are several."""
    valid_share: float = 1 / 3
    """Share of each series, at its end, for the test."""
    batch_size: int | None = None
    """Windows per batch; by default 64, or fewer for a short series."""
    epochs: int | None = None
    """Number of epochs; by default as many as --steps need."""
    steps: int = 800
    """Training steps, unless --epochs is given."""
    units: tuple[int, ...] = (64,)
    """Width of each recurrent layer."""
    decoder: bool = False
    """Add a recurrent layer that runs over the horizon."""
    run: runs.Options = field(default_factory=runs.Options)

    def __post_init__(self) -> None:
        runs.check_counts(epochs=self.epochs, batch_size=self.batch_size, steps=self.steps, units=self.units)


def main(config: Config) -> None:
    devices = runs.set_up_devices(config.run.precision, config.run.seed, config.run.deterministic)
    run = runs.RunFolder.of(config, "time_series", config.data)
    data = load(config)
    print(data)
    facts = {"target": data.channels[: data.outputs], "channels": data.channels, "lookback": data.lookback}
    run.write_config({**runs.flattened(config), **devices, **facts})
    model = network(config, data)
    # XLA runs a recurrent layer three times as fast on a CPU; a GPU has cuDNN.
    optimizer = kerasdl.optimizers.AdamW(weight_decay=config.run.weight_decay)
    model.compile(optimizer, data.loss, metrics=["mae"], jit_compile=devices["devices"] == ["CPU"])
    run.save_text("summary", str(kerasdl.summary(model)))
    peak_lr = runs.peak_lr(run, model, data.train, config.run, cautious=CAUTIOUS_LR)
    stage = runs.Stage(run, peak_lr, data=data, evaluate=lambda: interpret.Forecast.of(model, data))
    epochs = config.epochs or -(-config.steps // data.steps)
    fitted = model.fit(data.train, validation_data=data.valid, epochs=epochs, shuffle=False, callbacks=stage.callbacks)
    seconds = stage.finish(fitted.history, ["loss", "mae"])
    result = interpret.Forecast.of(model, data)
    run.save_model(export.series_model(model, (data.scale.mean, data.scale.std)), result.scores)
    with runs.looking("the series and its forecasts"):
        look(run, data, result)
    more = {"intervals": runs.look(run, result, data), "baseline_rmse": result.baseline_rmse, "peak_lr": peak_lr}
    run.finish(result.scores, train_seconds=seconds, warning=result.warning, **more, **data.counts)


def load(config: Config) -> series.TimeSeries:
    names = "time", "series", "covariates", "horizon", "lookback", "season", "batch_size", "sort", "fill", "duplicates"
    options: dict[str, Any] = {name: getattr(config, name) for name in names}
    options |= {"test_share": config.valid_share, "seed": config.run.seed}
    if config.data == "mackey-glass":
        return series.from_frame(series.mackey_glass(3000, seed=config.run.seed), target="x", **options)
    options |= {"encoding": config.encoding, "separator": config.separator}
    return series.from_csv(config.data, target=config.target, **options)


def network(config: Config, data: series.TimeSeries) -> keras.Model:
    options: dict[str, Any] = {"horizon": config.horizon, "units": config.units, "decoder": config.decoder}
    options |= {"skip": data.better_naive, "season": data.season, "dropout": 0.3}
    return models.forecaster((data.lookback, len(data.channels)), data.outputs, **options)


def look(run: runs.RunFolder, data: series.TimeSeries, result: interpret.Forecast) -> None:
    """Draws the series, and forecasts beside the truth."""
    name, (first, cut, end) = next(iter(data.series.items()))
    parts = (("training", first, cut), ("test", cut, end))
    drawn = {part: (data.times[start:stop], data.values[start:stop, 0]) for part, start, stop in parts}
    run.save_figure("data", plots.lines(drawn, "", data.channels[0], name))
    values = dict([("truth", result.targets), ("forecast", result.predictions), result.better_baseline])
    times = data.times[data.valid_origins + data.horizon - 1]
    drawn = {name: (times[-SHOWN:], each[-SHOWN:, -1, 0]) for name, each in values.items()}
    run.save_figure("forecast", plots.lines(drawn, "", data.channels[0], f"Rows ahead: {data.horizon}"))


if __name__ == "__main__":
    runs.run_recipe(main, Config)
