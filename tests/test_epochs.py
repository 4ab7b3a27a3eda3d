import gc

import tensorflow as tf
from kerasdl.epochs import EpochCounter, epochs_now, set_epochs


def counter_at(epoch, start=0):
    return EpochCounter(tf.Variable(epoch), tf.Variable(start))


def test_counters_are_found_and_restored_to_the_first_step():
    counter = counter_at(3, start=5)
    before = epochs_now()
    assert before[counter] == 3
    counter.variable.assign_add(4)
    set_epochs(before)
    assert (int(counter.variable), int(counter.start)) == (3, 0)


def test_counters_come_in_the_order_in_which_they_were_made():
    made = [counter_at(epoch) for epoch in (7, 5, 6)]
    assert list(epochs_now().values())[-3:] == [7, 5, 6]
    del made


def test_a_counter_is_released_with_its_pipeline():
    gc.collect()
    before = len(epochs_now())
    counter = counter_at(0)
    assert len(epochs_now()) == before + 1
    del counter
    gc.collect()
    assert len(epochs_now()) == before
