"""Which rows meet the conditions of a conditional column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from synthloom.errors import SchemaError

if TYPE_CHECKING:
    import pyarrow as pa

    from synthloom.mock.context import RowContext


def meets(when: dict[str, Any], context: RowContext) -> NDArray[np.bool_]:
    """Whether each row meets every condition: a value, a list of values, a range, or ``null`` for a missing value."""
    mask = np.ones(len(context.positions), dtype=bool)
    for column, wanted in when.items():
        mask &= _passes(column, context.column(column), wanted)
    return mask


def _passes(name: str, values: pa.Array, wanted: Any) -> NDArray[np.bool_]:
    import pyarrow as pa
    import pyarrow.compute as pc

    def compared(test: Any, bound: Any) -> pa.Array:
        try:
            return test(values, pa.scalar(bound).cast(values.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise SchemaError(
                f'a condition compares "{name}" ({values.type}) with {bound!r}', hint="use a value of its type"
            ) from error

    if wanted is None:
        passed = values.is_null()
    elif isinstance(wanted, dict):
        if not wanted or set(wanted) - {"min", "max"}:
            raise SchemaError(f'a condition on "{name}" is {wanted!r}', accepted="a value, a list, or {min: …, max: …}")
        tests = {"min": pc.greater_equal, "max": pc.less_equal}
        parts = [compared(tests[side], bound) for side, bound in wanted.items()]
        passed = parts[0] if len(parts) == 1 else pc.and_(*parts)
    elif isinstance(wanted, list):
        passed = pa.array(np.zeros(len(values), dtype=bool))
        for option in wanted:
            passed = pc.or_(passed, pc.fill_null(compared(pc.equal, option), False))
    else:
        passed = compared(pc.equal, wanted)
    return np.asarray(pc.fill_null(passed, False).to_numpy(zero_copy_only=False), dtype=bool)
