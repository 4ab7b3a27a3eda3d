import gc

import tensorflow as tf
from kerasdl.epochs import EpochCounter, epochs_now, set_epochs


def test_counters_are_found_and_restored():
    counter = EpochCounter(tf.Variable(3))
    before = epochs_now()
    assert before[counter] == 3
    counter.variable.assign_add(4)
    set_epochs(before)
    assert int(counter.variable) == 3


def test_a_counter_is_released_with_its_pipeline():
    gc.collect()
    before = len(epochs_now())
    counter = EpochCounter(tf.Variable(0))
    assert len(epochs_now()) == before + 1
    del counter
    gc.collect()
    assert len(epochs_now()) == before
