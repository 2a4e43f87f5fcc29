"""Constraints from plain values, and from files: YAML, or Python that names them ``constraints``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from synthloom.constraints.base import Constraint
from synthloom.constraints.combinations import Combinations
from synthloom.constraints.formula import Comparison, Formula, Sum
from synthloom.constraints.inequality import Inequality
from synthloom.constraints.monotone import Monotone
from synthloom.constraints.one_hot import OneHot
from synthloom.constraints.pattern import Pattern
from synthloom.constraints.presence import Implication, Presence
from synthloom.constraints.unique import Unique
from synthloom.constraints.value_range import ValueRange
from synthloom.errors import ConditionError, ConstraintError

AnyConstraint = Annotated[
    Inequality
    | ValueRange
    | Combinations
    | Formula
    | Sum
    | Comparison
    | OneHot
    | Unique
    | Monotone
    | Presence
    | Implication
    | Pattern,
    Field(discriminator="kind"),
]
"""Every kind that can be written down; :class:`Custom` cannot."""

_ADAPTER: TypeAdapter[Any] = TypeAdapter(AnyConstraint)
KINDS = (
    "inequality, range, combinations, formula, sum, expression, one_hot, unique, monotone, presence, "
    "implication, pattern"
)


def constraints_from_plain(items: Any, source: str = "constraints") -> tuple[Constraint, ...]:
    """Constraints from a list of mappings (or of constraints).

    Raises:
        ConstraintError: naming the first that is wrong.
    """
    if isinstance(items, (Constraint, str)) or not isinstance(items, Sequence):
        raise ConstraintError(f"{source} is no list", accepted="a list of constraints")
    out = []
    for number, item in enumerate(items, start=1):
        if isinstance(item, Constraint):
            out.append(item)
            continue
        try:
            out.append(_ADAPTER.validate_python(item))
        except (ValidationError, ConditionError) as error:
            first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": str(error)}
            path = ".".join(map(str, first["loc"]))
            raise ConstraintError(
                f"{source}, constraint {number}: {path + ': ' if path else ''}{first['msg']}",
                accepted=f"a mapping with a kind: {KINDS}",
            ) from error
    return tuple(out)


def read_constraints(path: str | Path) -> tuple[Constraint, ...]:
    """The constraints in a file.

    A YAML file holds a list, or a mapping with a list named ``constraints`` (a schema does). A file
    that ends in ``.py`` is run, and must leave a list of that name.

    Raises:
        ConstraintError: if it cannot be read, or a constraint is wrong.
    """
    path = Path(path)
    if path.suffix == ".py":
        return constraints_from_plain(_from_python(path), str(path))
    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConstraintError(f'cannot read "{path}": {error}', accepted="a YAML or a Python file") from error
    if isinstance(plain, dict):
        plain = plain.get("constraints")
    if plain is None:
        raise ConstraintError(f'"{path}" holds no constraints', accepted="a list, or a mapping with constraints")
    return constraints_from_plain(plain, str(path))


def _from_python(path: Path) -> Any:
    import importlib.util

    spec = importlib.util.spec_from_file_location("synthloom_user_constraints", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ConstraintError(f'cannot read "{path}"', accepted="a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (SyntaxError, ImportError, NameError, TypeError, ValueError, AttributeError) as error:
        raise ConstraintError(f'"{path}" does not run: {type(error).__name__}: {error}') from error
    if not hasattr(module, "constraints"):
        raise ConstraintError(f'"{path}" leaves no list named constraints')
    return list(module.constraints)
