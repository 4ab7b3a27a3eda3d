import re
from html.parser import HTMLParser

import numpy as np
from kerasdl.interpret import WeighedText, word_page


class Reader(HTMLParser):
    """The text below each article's paragraph, and the tags in it; tags are closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.links = [], "", []

    def handle_starttag(self, tag, attributes):
        self.links += [value for name, value in attributes if name in ("href", "src")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "article" in self.open and "p" in self.open:
            self.text += data


def read(page):
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    return reader


def test_words_are_coloured_by_their_weight():
    text = WeighedText(["A", " good", "\nfilm", "."], np.array([0.0, 2.0, -1.0, 0.01]), "pos", 0.905, "neg", 2.354)
    page = word_page([text])
    assert read(page).text == "A good\nfilm."
    assert (
        'A <span class="for" style="--weight:0.75" title="+2">good</span>\n'
        '<span class="against" style="--weight:0.38" title="-1">film</span>.'
    ) in page
    for said in ("predicted <b>pos</b> 90.5%", "actual <b>neg</b>", "loss 2.35"):
        assert said in page


def test_everything_is_escaped_and_the_page_stands_alone():
    words = ["<script>alert(1)</script>", " &amp;", ' "'] * 2
    text = WeighedText(words, np.array([1, 0, -1, 0, 0, 0]), "<b>", 0.5, "a & b", 0.7)
    page = word_page([text, text], title="<i>")
    reader = read(page)
    assert reader.text == "".join(words) * 2
    assert not reader.links
    assert "<script" not in page
    assert "@import" not in page
    assert "url(" not in page
    assert "<title>&lt;i&gt;</title>" in page


def test_the_page_says_how_the_words_were_weighed():
    assert "is left out in turn" in word_page([])
    page = word_page([], method="integrated_gradients")
    assert "left out" not in page
    assert "adds to the log-probability" in page


def test_weights_that_are_zero_or_no_numbers_have_no_colour():
    for weights in (np.zeros(2), np.array([np.nan, 0])):
        page = word_page([WeighedText(["good", " film"], weights, "pos", 0.5, "pos", 0.7)])
        assert '<p dir="auto">good film</p>' in page
    assert re.search(r"</header>\s*</main>", word_page([]))
