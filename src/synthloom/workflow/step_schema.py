"""Step 2: what the columns are, inferred or as the user says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from synthloom.data import Table
from synthloom.encoding import check_columns
from synthloom.errors import OptionError, did_you_mean
from synthloom.schema import PERSONAL_CONFIDENCE, TableSchema, infer_schema, read_schema


def make_schema(
    table: Table,
    given: TableSchema | str | Path | None = None,
    *,
    target: str | None = None,
    entity: str | None = None,
    time: str | None = None,
    sensitive: Sequence[str] = (),
    personal_confidence: float | None = None,
) -> TableSchema:
    """The schema of ``table``: the given one, or one read off the rows; roles set as named.

    ``personal_confidence`` (0 to 1) is how sure the finder must be that a column is personal.

    Raises:
        SchemaError: if the given schema is wrong or does not fit.
        OptionError: if a role names a column that is not there.
    """
    if isinstance(sensitive, str):
        sensitive = (sensitive,)
    roles = [("target", target), ("entity", entity), ("time", time), *(("sensitive", name) for name in sensitive)]
    for option, name in roles:
        if name is not None and name not in table.names:
            raise OptionError(f'there is no column "{name}" for {option}', hint=did_you_mean(name, table.names))
    if given is None:
        confidence = PERSONAL_CONFIDENCE if personal_confidence is None else personal_confidence
        schema = infer_schema(table, personal_confidence=confidence)
    else:
        schema = given if isinstance(given, TableSchema) else read_schema(given)
        check_columns(table, schema)
    return schema.with_roles(target=target, entity=entity, time=time, sensitive=sensitive)
