"""Every synthesizer by name: a literal table, and the one way to load a model."""

from __future__ import annotations

from pathlib import Path

from synthloom.errors import OptionError, did_you_mean
from synthloom.synthesizers.base import Synthesizer, read_model
from synthloom.synthesizers.choice import AUTO
from synthloom.synthesizers.tabular.boosted_chain import BoostedChain
from synthloom.synthesizers.tabular.gaussian_copula import GaussianCopula
from synthloom.synthesizers.tabular.independent_columns import IndependentColumns
from synthloom.synthesizers.tabular.private_marginals import PrivateMarginals

SYNTHESIZERS: dict[str, type[Synthesizer]] = {
    "independent_columns": IndependentColumns,
    "boosted_chain": BoostedChain,
    "gaussian_copula": GaussianCopula,
    "private_marginals": PrivateMarginals,
}


def synthesizer_class(name: str) -> type[Synthesizer]:
    """The synthesizer of this name (``auto`` is none: :mod:`synthloom.synthesizers.choice` needs to see the table).

    Raises:
        OptionError: if there is none; the message names the nearest.
    """
    if name == AUTO:
        raise OptionError(f'here a synthesizer must be named, "{AUTO}" is none', accepted=", ".join(SYNTHESIZERS))
    if name not in SYNTHESIZERS:
        raise OptionError(f'there is no synthesizer "{name}"', hint=did_you_mean(name, [AUTO, *SYNTHESIZERS]))
    return SYNTHESIZERS[name]


def load(folder: str | Path) -> Synthesizer:
    """The synthesizer that :meth:`~synthloom.synthesizers.base.Synthesizer.save` wrote to ``folder``.

    Raises:
        ArtifactError: if the folder is damaged, newer than this version, or no model.
    """
    return read_model(folder, SYNTHESIZERS)
