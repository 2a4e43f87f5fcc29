import pytest

from synthloom.synthesizers import SYNTHESIZERS
from synthloom.testing.check_synthesizer import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", SYNTHESIZERS)
def test_contract(name, check):
    check(SYNTHESIZERS[name]())
