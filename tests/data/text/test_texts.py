import numpy as np
import pytest
from kerasdl.data.text.texts import Names, Texts, check_all_have, identity_of, listed
from kerasdl.errors import BadInput


def made(parts, **about):
    names = [str(number) for number in range(len(parts))]
    return Texts(read=lambda: iter(()), names=names, parts=np.array(parts), identity="", size=2_500_000, **about)


def test_one_line_says_what_there_is():
    assert str(made([0] * 1200 + [1, 2])) == "1,200 training, 1 validation and 1 test documents, 2.5 MB"
    labels = np.array([0, 1, -1])
    assert str(made([0, 0, 1], labels=labels, classes=("bad", "good"))) == (
        "2 training and 1 validation documents, 2.5 MB; classes bad, good; 1 documents without class"
    )
    assert str(made([0, 0])) == "2 training documents, 2.5 MB"
    assert len(made([0, 1])) == 2


def test_names_are_made_when_asked_for():
    names = Names(3, "text[{}]".format)
    assert list(names) == ["text[0]", "text[1]", "text[2]"]
    assert (names[-1], names[1:], len(names)) == ("text[2]", ["text[1]", "text[2]"], 3)
    with pytest.raises(IndexError):
        names[3]


def test_an_error_lists_a_few_names():
    assert listed(list("abcdefg")) == "a, b, c, d, e and 2 more"
    check_all_have("text", [])
    with pytest.raises(BadInput, match="No text in 1,000 of the documents: .* x, x, x, x, x and 995 more"):
        check_all_have("text", ["x"] * 1000)


def test_the_identity_changes_with_every_fact():
    facts = [["a", 1], ["a", 2], ["a1"], ["a", "1"], ["a", 1, None], ["\ud800", 1]]
    assert len({identity_of(each) for each in facts}) == len(facts)
    assert identity_of(["a", 1]) == identity_of(iter(["a", 1]))
