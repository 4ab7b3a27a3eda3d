import json

import pytest
from kerasdl import distribute
from kerasdl.distribute.cluster import Cluster, cluster
from kerasdl.errors import BadInput

TWO = {"worker": ["a:1", "b:2"]}
WITH_CHIEF = {"chief": ["c:3"], "worker": ["a:1", "b:2"]}


@pytest.fixture
def config(monkeypatch):
    return lambda value: monkeypatch.setenv("TF_CONFIG", value if isinstance(value, str) else json.dumps(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", Cluster()),
        ("{}", Cluster()),
        ({"cluster": TWO, "task": {"type": "worker", "index": 1}}, Cluster(("a:1", "b:2"), 1)),
        ({"cluster": WITH_CHIEF, "task": {"type": "chief", "index": 0}}, Cluster(("c:3", "a:1", "b:2"), 0)),
        ({"cluster": WITH_CHIEF, "task": {"type": "worker", "index": 1}}, Cluster(("c:3", "a:1", "b:2"), 2)),
        ({"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}, Cluster(("a:1",), 0)),
    ],
    ids=str,
)
def test_the_workers_of_tf_config(config, value, expected):
    config(value)
    assert cluster() == expected
    assert distribute.workers() == max(1, len(expected.addresses))
    assert distribute.worker() == expected.worker
    assert distribute.is_chief() == (expected.worker == 0)


def test_alone_without_tf_config(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert (distribute.worker(), distribute.workers(), distribute.is_chief()) == (0, 1, True)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{", "TF_CONFIG must be JSON"),
        ("[]", "TF_CONFIG must be JSON"),
        ({"cluster": {"worker": 3}}, "TF_CONFIG must be JSON"),
        ({"cluster": {**TWO, "ps": ["p:4"]}}, "may name a chief and workers, but no 'ps'"),
        ({"cluster": TWO, "task": {"type": "evaluator", "index": 0}}, "but no 'evaluator'"),
        ({"cluster": TWO, "task": {"type": "worker", "index": 2}}, "the cluster does not have, worker 2"),
        ({"cluster": TWO, "task": {"type": "worker", "index": "1"}}, "the cluster does not have, worker 1"),
        ({"cluster": TWO, "task": {"type": "chief", "index": 0}}, "the cluster does not have, chief 0"),
    ],
    ids=str,
)
def test_a_tf_config_that_cannot_be(config, value, message):
    config(value)
    with pytest.raises(BadInput, match=rf"{message}.*Write it as .*Received: TF_CONFIG='"):
        cluster()
