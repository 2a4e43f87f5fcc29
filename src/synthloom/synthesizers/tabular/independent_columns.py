"""Each column by itself: the floor that every other synthesizer must beat.

Every part is drawn from the frequencies of its codes, with nothing learned of how columns go
together. It keeps single columns almost perfectly and no relation at all; a figure that it does
well on says nothing of a synthesizer. As the smallest complete synthesizer it is the one to read
first.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from synthloom.encoding import EncodedColumn, EncodedTable
from synthloom.randomness import RandomStream
from synthloom.run_context import RunContext
from synthloom.synthesizers.base import Capabilities, Synthesizer
from synthloom.synthesizers.drawing import draw_codes


class IndependentColumns(Synthesizer):
    """Samples each column from its own frequencies.

    >>> import synthloom as sl
    >>> model = sl.IndependentColumns().fit({"colour": ["red", "blue"] * 20}, seed=1)
    >>> model.sample(3, seed=2).num_rows
    3
    """

    name: ClassVar[str] = "independent_columns"
    capabilities: ClassVar[Capabilities] = Capabilities(conditions="all", weights=True, update=True)

    def _fit(
        self,
        target: EncodedTable,
        context: EncodedTable | None,
        weights: np.ndarray | None,
        stream: RandomStream,
        run: RunContext,
    ) -> None:
        self.frequencies_: dict[str, np.ndarray] = {}
        for spec, column in target:
            codes = column.discrete(spec.n_codes)
            counts = np.bincount(codes, weights=weights, minlength=spec.n_codes + 1)
            self.frequencies_[spec.name] = counts / counts.sum()

    def _sample(
        self, n: int, context: EncodedTable | None, fixed: Mapping[str, EncodedColumn], stream: RandomStream
    ) -> EncodedTable:
        columns = {}
        for spec in self.encoder_.specs:
            if spec.name in fixed:
                columns[spec.name] = fixed[spec.name]
                continue
            rng = stream.child(spec.name).generator()
            codes = draw_codes(self.frequencies_[spec.name], rng.random(n))
            nulls = codes >= spec.n_codes
            codes = np.where(nulls, 0, codes)
            columns[spec.name] = EncodedColumn.of(codes, rng.random(n), nulls)
        return EncodedTable(self.encoder_.specs, columns, n)

    def _state(self, folder: Path) -> dict[str, Any]:
        return {"frequencies": {name: values.tolist() for name, values in self.frequencies_.items()}}

    def _restore(self, state: dict[str, Any], folder: Path) -> None:
        self.frequencies_ = {name: np.asarray(values) for name, values in state["frequencies"].items()}
        for spec in self.encoder_.specs:
            values = self.frequencies_[spec.name]
            if values.shape != (spec.n_codes + 1,) or not (values >= 0).all() or not values.sum() > 0:
                raise ValueError(f"the frequencies of {spec.name} are damaged")
