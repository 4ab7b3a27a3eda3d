"""Forecasts time series: start from ridge regression, train a network's correction to it, backtest beside baselines.

The default data are a generated chaotic series, Mackey and Glass's, which need no download.
"""

from dataclasses import dataclass, field
from typing import Any

import kerasdl
import keras
from kerasdl import distribute, export, interpret, models, runs
from kerasdl.data import series

# If the range test finds no rate, as when a network that starts as a good forecast improves little in a hundred steps.
CAUTIOUS_LR = 0.005


@dataclass(frozen=True)
class Config:
    series: runs.SeriesData = field(default_factory=runs.SeriesData)
    epochs: int | None = None
    """Number of epochs, at most: as many as are best in a rehearsal; by default what --steps need, up to 100."""
    steps: int = 400
    """Training steps, unless --epochs is given."""
    units: tuple[int, ...] | None = None
    """Width of each recurrent layer; by default one of 16, 32 or 64, by the number of training windows."""
    intervals: tuple[float, ...] = ()
    """Also forecast intervals that hold these shares of the values, such as 0.8 0.95."""
    decoder: bool = False
    """Add a recurrent layer that runs over the horizon."""
    run: runs.Options = field(default_factory=runs.Options)

    def __post_init__(self) -> None:
        runs.check_counts(epochs=self.epochs, steps=self.steps, units=self.units)
        runs.check_shares(intervals=self.intervals)


def main(config: Config) -> None:
    run = runs.RunFolder.of(config, "time_series", config.series.data)
    devices = runs.set_up_devices(run.precision, config.run.seed, config.run.deterministic)
    data = runs.load_series(config.series, seed=config.run.seed)
    print(data)
    facts = {"target": data.channels[: data.outputs], "channels": data.channels, "lookback": data.lookback}
    run.write_config({**runs.flattened(config), **devices, **facts})
    model = network(config, data)
    run.save_text("summary", str(kerasdl.summary(model)))
    # How long to train, and how far to trust the network, is found out without the test part.
    part = data.rehearsal
    model.get_layer("head_forecast").adapt(part.in_order, part.in_order, part.valid)
    peak_lr = runs.peak_lr(run, model, part.train, config.run, cautious=CAUTIOUS_LR)
    found = runs.rehearse(run, model, data, peak_lr, config.epochs or runs.epochs_for(config.steps, part))
    model = network(config, data)
    model.get_layer("head_forecast").adapt(data.in_order, part.in_order, part.valid)
    stage = runs.Stage(run, peak_lr, data=data, evaluate=lambda: interpret.Forecast.of(model, data))
    options = {"epochs": found.epochs, "shuffle": False, "callbacks": stage.callbacks}
    fitted = model.fit(data.train, validation_data=data.valid, **options)
    seconds = stage.finish(fitted.history, ["loss", "mae"])
    runs.multiply_correction(model, found.factor)
    around = found.intervals(config.intervals, data)
    result = interpret.Forecast.of(model, data, intervals=around)
    run.save_model(export.series_model(model, (data.scale.mean, data.scale.std), intervals=around), result.scores)
    with runs.looking("the series and its forecasts"):
        runs.look_at_series(run, data, result)
    more = {"intervals": runs.look(run, result, data), "peak_lr": peak_lr, "correction": found.factor}
    more |= {**result.coverage, "baseline_rmse": result.baseline_rmse, **result.baseline_scores}
    run.finish(result.scores, train_seconds=seconds, warning=result.warning, **more, **data.counts)


def network(config: Config, data: series.TimeSeries) -> keras.Model:
    keras.utils.set_random_seed(config.run.seed)  # the second network starts as the first did
    options: dict[str, Any] = {"horizon": data.horizon, "decoder": config.decoder, "season": data.rehearsal.season}
    options |= {"units": config.units or runs.units_for(data), "skip": "ridge", "known": data.known, "dropout": 0.3}
    with distribute.strategy().scope():
        model = models.forecaster((data.lookback, len(data.channels)), data.outputs, **options)
        model.compile(kerasdl.optimizers.AdamW(weight_decay=config.run.weight_decay), data.loss, metrics=["mae"])
    return model


if __name__ == "__main__":
    runs.run_recipe(main, Config)
