"""The peers of benchmarks/tables.py, each in a process of its own: python table_peers.py PEER CSV TARGET SEED.

PEER is trees (scikit-learn's HistGradientBoosting), catboost or fastai, with its own defaults. The column "part" says
train or valid. Prints {"score": accuracy or RMSE on valid, "seconds": of the fit}.
"""

import json
import sys
import time
from typing import Any

import pandas as pd

Found = tuple[float, float]


def trees(frame: pd.DataFrame, target: str, seed: int, is_number: bool) -> Found:
    """HistGradientBoosting, categories as whole numbers."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    for name in frame.columns.difference([target, "part"]):
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = pd.Categorical(frame[name]).codes
    model = (HistGradientBoostingRegressor if is_number else HistGradientBoostingClassifier)(random_state=seed)
    return fitted(model, frame, target, is_number)


def catboost(frame: pd.DataFrame, target: str, seed: int, is_number: bool) -> Found:
    """CatBoost: pip install catboost, in an environment of its own."""
    from catboost import CatBoostClassifier, CatBoostRegressor

    words = [
        name for name in frame.columns.difference([target, "part"]) if not pd.api.types.is_numeric_dtype(frame[name])
    ]
    frame[words] = frame[words].astype(object).fillna("").astype(str)
    kind = CatBoostRegressor if is_number else CatBoostClassifier
    model = kind(random_seed=seed, cat_features=words, verbose=False, allow_writing_files=False)
    return fitted(model, frame, target, is_number)


def fitted(model: Any, frame: pd.DataFrame, target: str, is_number: bool) -> Found:
    """Score on valid and seconds of the fit on train."""
    is_train = frame["part"] == "train"
    inputs, labels = frame.drop(columns=[target, "part"]), frame[target] if is_number else frame[target].astype(str)
    started = time.perf_counter()
    model.fit(inputs[is_train], labels[is_train])
    seconds = time.perf_counter() - started
    predicted = model.predict(inputs[~is_train]).ravel()
    if is_number:
        return float(((predicted - labels[~is_train]) ** 2).mean() ** 0.5), seconds
    return float((predicted == labels[~is_train]).mean()), seconds


def fastai(frame: pd.DataFrame, target: str, seed: int, is_number: bool) -> Found:
    """The tabular learner of fastai, ten epochs of batches of 64, as its tutorial: pip install fastai."""
    from fastai.tabular import all as fast

    fast.set_seed(seed, reproducible=True)
    is_valid, unit = (frame.pop("part") == "valid").to_numpy(), 1.0
    splits = list(map(list, ((~is_valid).nonzero()[0], is_valid.nonzero()[0])))
    if is_number:
        trained = frame[target].iloc[splits[0]]
        unit = float(trained.std())
        frame[target] = ((frame[target] - trained.mean()) / unit).astype("float32")
    numbers, words = fast.cont_cat_split(frame, max_card=20, dep_var=target)
    steps, block = (
        [fast.Categorify, fast.FillMissing, fast.Normalize],
        fast.RegressionBlock() if is_number else fast.CategoryBlock(),
    )
    rows = fast.TabularPandas(frame, steps, words, numbers, target, splits=splits, y_block=block)
    learner = fast.tabular_learner(rows.dataloaders(bs=64), metrics=fast.rmse if is_number else fast.accuracy)
    started = time.perf_counter()
    with learner.no_bar(), learner.no_logging():
        learner.fit_one_cycle(10)
        seconds = time.perf_counter() - started
        return float(learner.validate()[1]) * unit, seconds


if __name__ == "__main__":
    peer, path, target, seed = sys.argv[1:]
    frame = pd.read_csv(path, skipinitialspace=True, low_memory=False)
    score, seconds = {"trees": trees, "catboost": catboost, "fastai": fastai}[peer](
        frame, target, int(seed), pd.api.types.is_float_dtype(frame[target]) or frame[target].nunique() > 10
    )
    print(json.dumps({"score": score, "seconds": seconds}))
