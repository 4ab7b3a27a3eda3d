import keras
import numpy as np
from kerasdl.callbacks import GradualUnfreezing, OneCycle
from kerasdl.callbacks.callback_state import CallbackStates


def test_what_a_fit_changed_is_kept_and_put_back():
    def callbacks():
        return [keras.callbacks.EarlyStopping(patience=5), keras.callbacks.CSVLogger("log.csv")]

    used, fresh = callbacks(), callbacks()
    states = CallbackStates(used)
    assert states.now() == [{}, {}]
    stopping, _ = used
    stopping.wait, stopping.best, stopping.best_weights = 3, np.float32(0.5), [np.ones(2)]
    now = states.now()
    assert sorted(now[0]) == ["best", "best_weights", "wait"]
    CallbackStates(fresh).put_back(now)
    assert (fresh[0].wait, fresh[0].best, fresh[0].patience) == (3, 0.5, 5)
    fresh[0].best_weights[0][:] = 9  # a copy
    assert now[0]["best_weights"][0].tolist() == [1, 1]


def test_functions_models_and_open_files_are_not_state():
    logger = keras.callbacks.LambdaCallback(on_epoch_end=print)
    states = CallbackStates([logger])
    logger.set_model(keras.Sequential())
    logger.set_params({"epochs": 3})
    logger.on_epoch_end = None  # as an open file is in the end
    assert states.now() == [{}]


def test_those_of_kerasdl_name_theirs():
    cycle, patient, planned = OneCycle(0.1), GradualUnfreezing(patience=2), GradualUnfreezing(at=[1])
    states = CallbackStates([cycle, patient, planned])
    cycle._first, cycle._epoch, patient.unfrozen, planned.unfrozen = 7, 2, 1, 1
    assert states.now() == [{"_first": 7}, {"unfrozen": 1}, {}]


def test_history_and_progress_bar_are_left_to_keras():
    states = CallbackStates([keras.callbacks.History(), keras.callbacks.ProgbarLogger(), OneCycle(0.1)])
    assert states.names == ["OneCycle"]
