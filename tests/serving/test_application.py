"""A server on loopback, asked by real requests: answers are those of the predictions, and bad input is explained."""

import http.client
import re
from dataclasses import replace

import pytest
from kerasdl.data import images, text

from tests.recipes.bad_input import picture
from tests.serving.asking import answering, ask, predictions, trained_on

pytest.importorskip("starlette", reason="starlette is not installed: pip install 'kerasdl[serve]'")
pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'kerasdl[serve]'")


@pytest.fixture(scope="module")
def table():
    with answering(trained_on("table")) as address:
        yield address


def test_pictures_and_what_is_none(tmp_path):
    trained = trained_on("images")
    (expected,) = images.predict(trained.model, [picture(9)], top=None)
    name = next(iter(expected))
    probabilities = {each: pytest.approx(share, abs=1e-6) for each, share in expected.items()}
    with answering(trained, max_body=1) as address:
        assert predictions(address, picture(9)) == [
            {"class": name, "probability": probabilities[name], "probabilities": probabilities}
        ]
        status, found = ask(address, picture(9)[:60])
        assert status == 422
        assert found["error"].startswith("Cannot be read or decoded: Damaged or cut short")
        # It does not read the body of which it was told.
        large = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        large.putrequest("POST", "/predict")
        large.putheader("Content-Length", str(2**20 + 1))
        large.endheaders()
        assert large.getresponse().status == 413
        large.close()


@pytest.mark.slow
def test_texts():
    trained = trained_on("texts")
    given = ["a house", "", "a \ud83d"]
    expected = [pytest.approx(each, abs=1e-6) for each in text.predict(trained.model, given, top=None)]
    with answering(trained) as address:
        assert [each["probabilities"] for each in predictions(address, given)] == expected


def test_what_a_run_takes_is_told(table):
    assert ask(table, path="/healthz") == (200, {"status": "ok"})
    status, told = ask(table, path="/")
    assert (status, told["kind"], told["classes"]) == (200, "table", ["north", "south"])
    assert told["columns"]["area"]["low"] == 1.5
    (row,) = told["example"]["instances"]
    assert predictions(table, [row, {"area": None}])[0]["class"] in told["classes"]


def test_other_addresses_and_other_names_of_this_machine(table):
    assert ask(table, path="/none") == (404, {"error": "Not Found"})
    assert ask(table) == (405, {"error": "Method Not Allowed"})
    assert ask(table, path="/", Host="elsewhere.example")[0] == 400


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (b"\xff\xfe", 400, r"The body is no JSON .*: see GET / for an example. Received: 2 bytes"),
        (b'{"instances": [{"area": NaN}]}', 400, "NaN is no number of JSON, a missing value is null"),
        (b'{"instances": [{"area": 1e999}]}', 400, "1e999 is no number of JSON"),
        (b"[" * 99999, 400, "The body is no JSON"),
        (b'[{"area": 1}]', 422, r'Send .*"instances".* with rows, each an object .*Received: \[{"area": 1'),
        (b'{"instances": []}', 422, 'Send .*"instances"'),
        (b'{"instances": ["a"]}', 422, "rows, each an object of cells by column"),
        (b'{"instances": [{"area": [1]}]}', 422, r"null where it is missing: correct 'area'. Received: \[1\]"),
        (b'{"instances": [{"area": 1}, {}]}', 422, r"The model needs columns \['area'\]"),
        (b'{"instances": [{"area": 1}, {"area": "large"}]}', 422, "'area' holds numbers, .*Received: 'large'"),
    ],
)
def test_what_cannot_be_answered_is_explained(table, body, status, why):
    found_status, found = ask(table, body)
    assert found_status == status
    assert re.search(why, found["error"])


def test_a_bug_is_no_stack_trace(capsys):
    def broken(inputs):
        raise RuntimeError("a secret")

    with answering(replace(trained_on("table"), run=broken)) as address:
        status, found = ask(address, [{"area": 1}])
    assert (status, "secret" in found["error"]) == (500, False)
    assert "RuntimeError: a secret" in capsys.readouterr().err
