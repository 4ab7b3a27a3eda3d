import pytest
from kerasdl.deprecation import RenamedAttribute, renamed_arguments


@renamed_arguments(colour="color")
def paint(color="blue"):
    return color


class Owner:
    limit = 3
    bound = RenamedAttribute("limit")
    twice = RenamedAttribute("double")

    def double(self, value):
        return 2 * value


def test_an_old_argument_is_passed_on_with_a_warning_at_the_call():
    with pytest.warns(DeprecationWarning, match="argument colour of paint is deprecated.*use color") as caught:
        assert paint(colour="red") == "red"
    assert caught[0].filename == __file__
    assert paint(color="red") == "red"
    with pytest.raises(TypeError, match="colour is the old name of color. Received: both colour and color"):
        paint(colour="red", color="green")


def test_an_old_attribute_is_the_new_one_with_a_warning_at_its_use():
    with pytest.warns(DeprecationWarning, match=r"Owner.bound is deprecated.*use Owner.limit") as caught:
        assert Owner.bound == 3
    assert caught[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="use Owner.double"):
        assert Owner().twice(4) == 8
