"""Which earlier columns a column's model should see, found cheaply on a sample of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthloom.encoding import EncodedTable
from synthloom.randomness import RandomStream

_ROWS = 5_000
_CELLS = 8
_ALIKE = 6
_LEAST_CORRELATION = 0.3


@dataclass(frozen=True)
class Profiles:
    """What each part looks like on sampled rows, centred and scaled.

    Attributes:
        rows: int64 [m], the sampled rows.
        columns: part name → float64 [m, k]: the rank of ordered parts, indicators of the most
            frequent categories of others.
    """

    rows: np.ndarray
    columns: dict[str, np.ndarray]

    def without(self, name: str) -> np.ndarray:
        """The profiles of all parts but one, side by side."""
        others = [values for other, values in self.columns.items() if other != name]
        return np.hstack(others) if others else np.zeros((len(self.rows), 0))


def profiles(table: EncodedTable, stream: RandomStream, *, rows: int = 20_000) -> Profiles:
    """The profiles of every part of ``table`` on at most ``rows`` random rows."""
    chosen = np.sort(stream.generator().permutation(table.n_rows)[:rows])
    columns = {}
    for spec, column in table:
        sample = column.take(chosen)
        codes = sample.discrete(spec.n_codes)
        counts = np.bincount(codes, minlength=spec.n_codes + 1)
        if spec.ordered:
            ranks = (np.cumsum(counts) - counts / 2.0) / max(1, len(codes))
            values = ranks[codes][:, None]
        else:
            top = np.argsort(-counts, kind="stable")[:_CELLS]
            values = (codes[:, None] == top[counts[top] > 0]).astype(np.float64)
        spread = values.std(axis=0)
        values = (values - values.mean(axis=0)) / (spread + 1e-9) / np.sqrt(max(1, values.shape[1]))
        columns[spec.name] = values
    return Profiles(chosen, columns)


def most_telling(profile: Profiles, order: list[str], limit: int) -> dict[str, list[str]]:
    """For each part, the at most ``limit`` parts before it that go along with it most.

    The strength is the sum of squared correlations between the two profiles, so the cost is one
    matrix product however many columns there are.
    """
    if len(order) <= limit + 1:
        return {name: order[:place] for place, name in enumerate(order)}
    blocks = [profile.columns[name][:_ROWS] for name in order]
    stacked = np.hstack(blocks)
    squared = (stacked.T @ stacked / len(stacked)) ** 2
    starts = np.concatenate([[0], np.cumsum([block.shape[1] for block in blocks])])
    strength = np.add.reduceat(np.add.reduceat(squared, starts[:-1], axis=0), starts[:-1], axis=1)
    chosen = {}
    for place, name in enumerate(order):
        best = np.sort(np.argsort(-strength[place, :place], kind="stable")[:limit])
        chosen[name] = [order[other] for other in best]
    return chosen


def alike(positions: dict[str, np.ndarray], codes: np.ndarray) -> list[str]:
    """The earlier parts whose values, on this part's scale, correlate with its codes; strongest first."""
    found = []
    for name, values in positions.items():
        if values.std() > 0 and codes.std() > 0:
            strength = abs(float(np.corrcoef(values, codes)[0, 1]))
            if strength > _LEAST_CORRELATION:
                found.append((strength, name))
    found.sort(key=lambda pair: (-pair[0], pair[1]))
    return [name for _, name in found[:_ALIKE]]
