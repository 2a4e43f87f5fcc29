import json
from fractions import Fraction

import pytest

from synthloom.differential_privacy import (
    Account,
    DiscreteGaussian,
    DiscreteLaplace,
    Entry,
    Exponential,
    Ledger,
    Threshold,
    epsilon_of,
)
from synthloom.errors import ArtifactError, InternalError

LEDGER = Ledger(
    (
        Entry("pairs", DiscreteGaussian(Fraction(801, 16)), 3),
        Entry("choice", Exponential(Fraction(1, 10)), 2),
        Entry("lists", DiscreteGaussian(Fraction(90)), 1),
        Entry("lists", Threshold(Fraction("1e-7")), 1),
        Entry("counts", DiscreteLaplace(Fraction(20)), 1),
    )
)


def test_json_there_and_back():
    assert Ledger.from_json(json.loads(json.dumps(LEDGER.to_json()))) == LEDGER


@pytest.mark.parametrize(
    "change",
    [
        {"event": "gaussian_dp"},
        {"event": "discrete_gaussian", "variance": "-3"},
        {"variance": "many"},
        {"times": -1},
        {"times": True},
        {"sensitivity": 0},
        {"colour": "3"},
    ],
)
def test_what_cannot_be_accounted_for_is_refused(change):
    plain = LEDGER.to_json()
    plain["entries"][0] |= change
    with pytest.raises(ArtifactError):
        Ledger.from_json(plain)


def test_another_adjacency_is_refused():
    with pytest.raises(ArtifactError):
        Ledger.from_json({**LEDGER.to_json(), "adjacency": "household"})
    with pytest.raises(InternalError):
        LEDGER + Ledger(LEDGER.entries, "entity")


def test_an_account_hands_out_what_was_charged_and_no_more():
    account = Account(LEDGER)
    assert [account.gaussian("pairs").variance for _ in range(3)] == [Fraction(801, 16)] * 3
    with pytest.raises(InternalError, match="nothing is left"):
        account.gaussian("pairs")
    with pytest.raises(InternalError):
        account.exponential("pairs")
    with pytest.raises(InternalError):
        account.gaussian("something else")
    assert account.threshold("lists").delta == Fraction("1e-7")
    assert account.left("lists") == 1


def test_a_second_release_adds_up():
    one, two = epsilon_of(LEDGER, 1e-5), epsilon_of(LEDGER + LEDGER, 1e-5)
    assert one < two < 2 * one
    assert epsilon_of(Ledger(), 1e-5) == 0.0
