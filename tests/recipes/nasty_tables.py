"""Tables that are hard on a network, by name: the frame, the target, and whether more options are needed."""

import numpy as np
import pandas as pd


def nasty_tables() -> dict[str, tuple[pd.DataFrame, str]]:
    """Twelve tables; what can be learned in each is that y grows with a.

    Example:
        >>> frame, target = nasty_tables()["lognormal target"]
    """
    random = np.random.default_rng(0)

    def table(rows: int = 600, **columns) -> pd.DataFrame:
        numbers = random.normal(size=(rows, 3))
        frame = pd.DataFrame(numbers, columns=["a", "b", "c"]).assign(kind=random.choice(list("xyz"), rows))
        frame["y"] = 2 * frame["a"] + random.normal(size=rows)
        return frame.assign(**columns)

    def with_class(frame: pd.DataFrame, share: float) -> pd.DataFrame:
        return frame.assign(y=np.where(frame["y"] > frame["y"].quantile(1 - share), "yes", "no"))

    heavy = random.lognormal(8, 3, 600)
    return {
        "lognormal target": (table().assign(y=heavy), "y"),
        "lognormal target that a column explains": (table().assign(y=lambda f: np.exp(3 * f["a"])), "y"),
        "one constant column": (table(same=lambda f: 7.0), "y"),
        "two classes, 99 to 1": (with_class(table(1500), 0.01), "y"),
        "forty rows": (table(40), "y"),
        "three thousand values that occur once": (table(3000, code=lambda f: [f"c{i}" for i in range(len(f))]), "y"),
        "a column without values": (table(nothing=lambda f: np.nan), "y"),
        "a target of a billion": (table().assign(y=lambda f: 1e9 + 1e9 * f["y"]), "y"),
        "a target with hardly any spread": (table().assign(y=lambda f: 1e6 + 1e-3 * f["y"]), "y"),
        "a column of a few huge values": (table(huge=lambda f: random.standard_cauchy(len(f)) * 1e12), "y"),
        "all but ten cells missing": (table(rare=lambda f: np.where(f.index < 10, f["y"], np.nan)), "y"),
        "nothing but noise": (table().assign(y=lambda f: random.normal(size=len(f))), "y"),
    }
