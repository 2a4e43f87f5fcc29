"""Which codes of which parts a condition allows, and which places inside a code.

A condition on values becomes, for each part of its column, the share of every code that it allows.
What cannot be told part by part (a stretch of dates that begins in the middle of a week, a column
that is computed from several others) is only narrowed here and checked on the finished rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from synthloom.conditions import Among, Condition, Conditions, Range
from synthloom.conditions.comparing import comparable
from synthloom.encoding import PartSpec, TableEncoder
from synthloom.encoding.binning import Bins
from synthloom.encoding.categorical import CategoricalEncoding
from synthloom.encoding.datetime import DatetimeEncoding
from synthloom.encoding.derivation_kinds.values import read_values, write_values
from synthloom.encoding.numeric import NumericEncoding, from_floats
from synthloom.errors import ConditionError

_MOST_RARE = 0.5  # the code of rare categories draws among all others: allowed where most of these are


@dataclass(frozen=True)
class Allowed:
    """What is allowed of one part.

    Attributes:
        share: float64 [n_codes + 1] in 0 … 1, how much of each code, nulls last.
        low, high: float64 [n_codes], the places inside each code from ``low`` up to ``high``.
    """

    share: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def everything(cls, spec: PartSpec) -> Allowed:
        """No restriction."""
        return cls(np.ones(spec.n_codes + 1), np.zeros(spec.n_codes), np.ones(spec.n_codes))

    @classmethod
    def codes(cls, mask: np.ndarray, null: bool) -> Allowed:
        """Whole codes where ``mask`` (bool [n_codes]), and missing values if ``null``."""
        return cls(np.append(mask.astype(np.float64), float(null)), np.zeros(len(mask)), np.ones(len(mask)))

    def both(self, other: Allowed) -> Allowed:
        """What both allow."""
        low, high = np.maximum(self.low, other.low), np.minimum(self.high, other.high)
        inside = np.where((self.share[:-1] > 0) & (other.share[:-1] > 0), np.maximum(high - low, 0.0), 0.0)
        return Allowed(np.append(inside, min(self.share[-1], other.share[-1])), low, high)

    @property
    def nothing(self) -> bool:
        """Whether nothing at all is allowed."""
        return not (self.share > 0).any()


def allowed_parts(encoder: TableEncoder, conditions: Conditions) -> dict[str, Allowed]:
    """What typed ``conditions`` allow of the parts of ``encoder``, by part name.

    Raises:
        ConditionError: if a column is made anew, so that only its gaps can be asked for.
    """
    found: dict[str, Allowed] = {}
    for clause in conditions:
        _check_learned(encoder, clause.column, clause.condition)
        for name, allowed in _of_column(encoder, clause.column, clause.condition).items():
            found[name] = found[name].both(allowed) if name in found else allowed
    return found


def _check_learned(encoder: TableEncoder, name: str, condition: Condition) -> None:
    column = encoder.schema.column(name)
    by_gaps = type(condition).__name__ in ("Missing", "Present") or not condition.takes_values
    if not column.learned and not by_gaps and column.kind != "constant":
        raise ConditionError(
            f'"{name}" is {column.personal or column.kind} and made anew, its values cannot be conditioned on',
            accepted=f"{name} is missing, {name} is not missing",
        )


def _of_column(encoder: TableEncoder, name: str, condition: Condition) -> dict[str, Allowed]:
    """Allowed parts of one condition."""
    if name in encoder.derivations.relations:
        return _pulled_back(encoder, name, condition)
    first = encoder.encodings[name].parts[0]
    allowed = _values_allowed(encoder, name, condition)
    # where another column says what is missing, it decides
    null = condition.takes_missing or name in encoder.derivations.gap_rules
    share = np.append(allowed.share[:-1] * condition.takes_values, float(null))
    return {first.name: replace(allowed, share=share)}


def _values_allowed(encoder: TableEncoder, name: str, condition: Condition) -> Allowed:
    """What is allowed of the values of a column's first part."""
    encoding = encoder.encodings[name]
    if isinstance(encoding, CategoricalEncoding):
        return _of_categories(encoding, condition)
    if isinstance(encoding, NumericEncoding):
        return _of_bins(encoding.bins, condition)
    if isinstance(encoding, DatetimeEncoding):
        return _of_dates(encoding, condition)
    return Allowed.everything(encoding.parts[0])


def _of_categories(encoding: CategoricalEncoding, condition: Condition) -> Allowed:
    values, missing = comparable(encoding.categories, encoding.schema.format)
    mask = condition.meets(values, missing) if len(missing) else np.zeros(0, dtype=bool)
    if not encoding.has_rare:
        return Allowed.codes(mask, False)
    total = encoding.counts.sum()
    rare = bool(total and (encoding.counts * mask).sum() >= _MOST_RARE * total)
    return Allowed.codes(np.append(mask, rare), False)


def _of_bins(bins: Bins, condition: Condition) -> Allowed:
    """Numbers: whole bins, and of the bins at the ends of a range the part that lies inside."""
    if isinstance(condition, Range) and not condition.excluded:
        return _of_range(bins, condition)
    if isinstance(condition, Among) and not condition.excluded:
        points = [_of_range(bins, Range(v, v)) for v in condition.values if v is not None]
        if not points:
            return Allowed.codes(np.zeros(len(bins), dtype=bool), False)
        touched = np.array([p.share[:-1] > 0 for p in points])
        low = np.where(touched, [p.low for p in points], np.inf).min(axis=0)
        high = np.where(touched, [p.high for p in points], -np.inf).max(axis=0)
        some = touched.any(axis=0)
        low, high = np.where(some, low, 0.0), np.where(some, high, 1.0)
        # places between the points are drawn too and dropped when rows are checked: they count here as well
        return Allowed(np.append(np.where(some, high - low, 0.0), 0.0), low, high)
    nowhere = np.zeros(len(bins), dtype=bool)
    outside = condition.meets(bins.lower, nowhere) | condition.meets(bins.upper, nowhere)
    return Allowed.codes(outside | (bins.upper > bins.lower) & isinstance(condition, Among), False)


def _of_range(bins: Bins, condition: Range) -> Allowed:
    nowhere = np.zeros(len(bins), dtype=bool)
    spike = bins.upper <= bins.lower
    low, high = _places(bins, condition)
    inside = condition.meets(bins.lower, nowhere)
    share = np.where(spike, inside, np.maximum(high - low, 0.0))
    return Allowed(np.append(share, 0.0), np.where(spike, 0.0, low), np.where(spike, 1.0, high))


def _places(bins: Bins, condition: Range) -> tuple[np.ndarray, np.ndarray]:
    """From which place to which, float64 [bins], each bin lies in a range of numbers."""
    width = np.maximum(bins.top - bins.lower, 1e-300)
    low = -np.inf if condition.low is None else float(condition.low)
    high = np.inf if condition.high is None else float(condition.high)
    if bins.step is not None:  # the first and the last value on the grid that are inside
        slack = 1e-9 * max(1.0, abs(low) if np.isfinite(low) else 0.0, abs(high) if np.isfinite(high) else 0.0)
        if np.isfinite(low):
            at = low / bins.step
            low = (np.floor(at + slack) + 1 if condition.low_open else np.ceil(at - slack)) * bins.step
        if np.isfinite(high):
            at = high / bins.step
            high = (np.ceil(at - slack) if condition.high_open else np.floor(at + slack) + 1) * bins.step
        cells = np.maximum(1.0, np.round(width / bins.step))
        first = np.clip(np.round((low - bins.lower) / bins.step), 0, cells) / cells
        last = np.clip(np.round((high - bins.lower) / bins.step), 0, cells) / cells
        return first, last
    first = np.clip((low - bins.lower) / width, 0.0, 1.0)
    last = np.clip((high - bins.lower) / width, 0.0, 1.0)
    if low == high:  # one value on a continuum: the very place of it
        hit = (bins.lower <= low) & (low <= bins.upper)
        last = np.where(hit, np.minimum(first + 1e-12, 1.0), last)
    return first, last


def _of_dates(encoding: DatetimeEncoding, condition: Condition) -> Allowed:
    """Dates: the weeks, days or months that a range touches; the rest is checked on finished rows."""
    first = encoding.parts[0]
    ends = _ends(condition)
    at = np.arange(first.n_codes)
    low, high = (encoding.first_code(end) if end is not None else None for end in ends)
    return Allowed.codes((at >= (0 if low is None else low)) & (at <= (len(at) if high is None else high)), False)


def _ends(condition: Condition) -> tuple[int | None, int | None]:
    """The earliest and the latest microsecond that may be, ``None`` where all may be."""
    if isinstance(condition, Range) and not condition.excluded:
        return condition.low, condition.high
    values = [v for v in getattr(condition, "values", ()) if v is not None]
    if not values or getattr(condition, "excluded", True):
        return None, None
    return min(values), max(values)


def _pulled_back(encoder: TableEncoder, name: str, condition: Condition) -> dict[str, Allowed]:
    """What a condition on a derived column says of its source, where it has only one."""
    relation = encoder.derivations.relations[name]
    if len(relation.sources) != 1 or not condition.takes_values or condition.takes_missing:
        return {}
    source = relation.sources[0]
    encoding = encoder.encodings[source]
    schema, target = encoder.schema.column(source), encoder.schema.column(name)
    first = encoding.parts[0]

    def meets(values: Any) -> np.ndarray:
        result = relation.compute({source: read_values(values, schema)})
        made, missing = comparable(write_values(result.values, result.missing, target), target.format)
        return condition.meets(made, missing)

    if source in encoder.derivations.relations:
        return {}
    if isinstance(encoding, CategoricalEncoding):
        mask = meets(encoding.categories) if len(encoding.categories) else np.zeros(0, dtype=bool)
        if encoding.has_rare:
            mask = np.append(mask, False)
        return {first.name: Allowed.codes(mask, False)} if mask.any() else {}
    if isinstance(encoding, NumericEncoding):
        nowhere = np.zeros(first.n_codes, dtype=bool)
        kind = schema.arrow_type
        ends = [meets(from_floats(end, nowhere, kind)) for end in (encoding.bins.lower, encoding.bins.upper)]
        mask = ends[0] | ends[1]
        mask |= np.append(mask[1:], False) | np.insert(mask[:-1], 0, False)  # the ends of a range fall inside bins
        return {first.name: Allowed.codes(mask, False)} if (ends[0] | ends[1]).any() else {}
    return {}
