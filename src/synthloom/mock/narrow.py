"""Takes bounds, lists, patterns and orders out of checks, so that rows meet them at once.

What is not understood here is still checked afterwards: rows that fail are drawn again.
"""

from __future__ import annotations

from typing import Any

from synthloom.errors import SchemaError
from synthloom.mock.domains import decimals_of
from synthloom.mock.paths import needs
from synthloom.mock.patterns import parse_pattern
from synthloom.mock.specification import ColumnSpec
from synthloom.mock.sql_expressions import columns_of
from synthloom.mock.sql_text import conjuncts, disjuncts

_FLIPPED = {"GT": "LT", "GTE": "LTE", "LT": "GT", "LTE": "GTE", "EQ": "EQ", "NEQ": "NEQ"}
_DAY = 86_400.0


def narrow(columns: dict[str, ColumnSpec], condition: Any) -> dict[str, ColumnSpec]:
    """The columns with what a condition says of them."""
    result = dict(columns)
    parts = conjuncts(condition)
    for part in sorted(parts, key=_is_length, reverse=True):  # LIKE needs to know the length
        _apply(result, part)
    return result


def _is_length(node: Any) -> bool:
    from sqlglot import exp

    return isinstance(node, exp.EQ) and isinstance(node.this.unnest(), exp.Length)


def _apply(columns: dict[str, ColumnSpec], node: Any) -> None:
    from sqlglot import exp

    if node.args.get("negate"):
        return
    if isinstance(node, exp.Or):
        _apply_or(columns, node)
    elif isinstance(node, exp.Between):
        name = _column_name(node.this, columns)
        low, high = _literal(node.args["low"]), _literal(node.args["high"])
        if name and low is not None and high is not None:
            _bound(columns, name, low=low, high=high)
    elif isinstance(node, exp.In) or (isinstance(node, exp.EQ) and isinstance(node.expression.unnest(), exp.Any)):
        name = _column_name(node.this, columns)
        listed = node if isinstance(node, exp.In) else node.expression.find(exp.Array)
        options = [_literal(option) for option in listed.expressions] if listed is not None else []
        if name and options and None not in options:
            _choose(columns, name, options)
    elif isinstance(node, (exp.Like, exp.RegexpLike)):
        name, pattern = _column_name(node.this, columns), _literal(node.expression)
        if name and isinstance(pattern, str):
            _match(columns, name, _like_to_pattern(pattern, columns[name]) if isinstance(node, exp.Like) else pattern)
    elif type(node).__name__ in _FLIPPED:
        _compare(columns, type(node).__name__, node.this.unnest(), node.expression.unnest())


def _apply_or(columns: dict[str, ColumnSpec], node: Any) -> None:
    """``x = 1 OR x = 2`` is a list; in ``x IS NULL OR …`` the rest counts, a missing value being met anyway."""
    from sqlglot import exp

    branches = [b for b in disjuncts(node) if not _is_null(b)]
    if len(branches) == 1:
        for part in conjuncts(branches[0]):
            _apply(columns, part)
        return
    names = {_column_name(b.this, columns) for b in branches if isinstance(b, exp.EQ)}
    options = [_literal(b.expression) for b in branches if isinstance(b, exp.EQ)]
    if len(options) == len(branches) and len(names) == 1 and None not in names and None not in options:
        _choose(columns, str(names.pop()), options)


def _is_null(node: Any) -> bool:
    from sqlglot import exp

    return isinstance(node, exp.Is) and isinstance(node.expression, exp.Null) and not node.args.get("negate")


def _column_name(node: Any, columns: dict[str, ColumnSpec]) -> str | None:
    from sqlglot import exp

    node = node.unnest()
    while isinstance(node, exp.Cast):
        node = node.this.unnest()
    if not isinstance(node, exp.Column):
        return None
    return next((name for name in columns if name.lower() == node.name.lower()), None)


def _literal(node: Any) -> Any:
    from sqlglot import exp

    node = node.unnest()
    while isinstance(node, exp.Cast):
        node = node.this.unnest()
    if isinstance(node, exp.Neg):
        inner = _literal(node.this)
        return -inner if isinstance(inner, (int, float)) else None
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if not isinstance(node, exp.Literal):
        return None
    if node.is_string:
        return str(node.this)
    return float(node.this) if any(c in node.this for c in ".eE") else int(node.this)


def _step(spec: ColumnSpec) -> float:
    return 10.0 ** -decimals_of(spec) if spec.type in ("float", "decimal") else 1


def _compare(columns: dict[str, ColumnSpec], operator: str, left: Any, right: Any) -> None:
    name, value = _column_name(left, columns), _literal(right)
    if name is None and _literal(left) is not None:
        name, value, operator = _column_name(right, columns), _literal(left), _FLIPPED[operator]
    if name is None:
        _compare_length(columns, operator, left, right)
        _compare_sum(columns, operator, left, right)
        return
    if value is None:
        other = _column_name(right, columns)
        if other is None and operator == "EQ":
            _compute(columns, name, right)
        _compare_columns(columns, operator, name, other)
        return
    step = _step(columns[name])
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if operator == "EQ":
        _choose(columns, name, [value])
    elif operator in ("GT", "GTE"):
        _bound(columns, name, low=value + step if operator == "GT" and number else value)
    elif operator in ("LT", "LTE"):
        _bound(columns, name, high=value - step if operator == "LT" and number else value)


def _compare_columns(columns: dict[str, ColumnSpec], operator: str, name: str, other: str | None) -> None:
    """``end >= start``: the later of two columns is drawn after the earlier."""
    if other is None or name == other or operator in ("EQ", "NEQ"):
        return
    later, earlier = (name, other) if operator in ("GT", "GTE") else (other, name)
    spec = columns[later]
    if spec.type not in ("integer", "float", "decimal", "date", "datetime", "time") or _chained(
        columns, earlier, later
    ):
        return
    if spec.after not in (None, earlier):
        return
    least = None
    if operator in ("GT", "LT"):
        least = {"date": _DAY, "datetime": 60.0, "time": 60.0}.get(spec.type, _step(spec))
    columns[later] = spec.model_copy(update={"after": earlier, "least": least})


def _chained(columns: dict[str, ColumnSpec], start: str, target: str) -> bool:
    """Whether ``start`` is itself drawn after ``target``."""
    seen = [start]
    while (following := columns[seen[-1]].after) is not None and following in columns and following not in seen:
        seen.append(following)
    return target in seen


def _compute(columns: dict[str, ColumnSpec], name: str, node: Any) -> None:
    """``net = gross - tax``: the one column follows from the others."""
    spec = columns[name]
    used = {_column_name_of(n, columns) for n in columns_of(node)}
    known = used and None not in used and name not in used
    if known and not any(_follows_from(columns, str(u), name) for u in used) and spec.formula is None:
        columns[name] = ColumnSpec(
            type=spec.type, formula=node.sql(dialect="postgres"), decimals=spec.decimals, missing=spec.missing
        )


def _follows_from(columns: dict[str, ColumnSpec], start: str, target: str) -> bool:
    seen: set[str] = set()
    queue = [start]
    while queue:
        name = queue.pop()
        if name == target:
            return True
        if name in columns and name not in seen:
            seen.add(name)
            queue += needs(columns[name])
    return False


def _column_name_of(name: str, columns: dict[str, ColumnSpec]) -> str | None:
    return next((known for known in columns if known.lower() == name.lower()), None)


def _compare_sum(columns: dict[str, ColumnSpec], operator: str, left: Any, right: Any) -> None:
    """``a + b <= 5``: each of the columns has what the least of the others leaves."""
    from sqlglot import exp

    limit = _literal(right)
    if operator not in ("LT", "LTE") or not isinstance(limit, (int, float)) or not isinstance(left, exp.Add):
        return
    terms, queue = [], [left]
    while queue:
        node = queue.pop().unnest()
        if isinstance(node, exp.Add):
            queue += [node.this, node.expression]
        else:
            terms.append(_column_name(node, columns))
    if None in terms:
        return
    least = {str(t): columns[str(t)].min or 0 for t in terms}
    if all(isinstance(v, (int, float)) and v >= 0 for v in least.values()):
        for name in least:
            _bound(columns, name, high=limit - sum(v for other, v in least.items() if other != name))


def _compare_length(columns: dict[str, ColumnSpec], operator: str, left: Any, right: Any) -> None:
    from sqlglot import exp

    if not isinstance(left, exp.Length) or not isinstance(limit := _literal(right), int):
        return
    name = _column_name(left.this, columns)
    if name is None or columns[name].type != "string" or columns[name].pattern is not None:
        return
    spec = columns[name]
    longest = spec.max_length or 10_000
    if operator == "EQ":
        _match(columns, name, f"[A-Z0-9]{{{limit}}}")
        columns[name] = columns[name].model_copy(update={"max_length": limit})
    elif operator in ("LT", "LTE"):
        columns[name] = spec.model_copy(update={"max_length": min(longest, limit - (operator == "LT"))})
    elif operator in ("GT", "GTE") and spec.kind is None and spec.values is None:
        least = limit + (operator == "GT")
        if least > 3:
            _match(columns, name, f"[a-z]{{{least},{min(longest, least + 6)}}}")


def _bound(columns: dict[str, ColumnSpec], name: str, *, low: Any = None, high: Any = None) -> None:
    spec = columns[name]
    if spec.type == "string" or spec.values is not None or spec.pattern is not None:
        return
    update: dict[str, Any] = {}
    if low is not None:
        update["min"] = low if spec.min is None else max(spec.min, low, key=_sortable)
    if high is not None:
        update["max"] = high if spec.max is None else min(spec.max, high, key=_sortable)
    columns[name] = spec.model_copy(update=update)


def _sortable(value: Any) -> tuple[int, Any]:
    return (1, value) if isinstance(value, str) else (0, value)


def _choose(columns: dict[str, ColumnSpec], name: str, options: list[Any]) -> None:
    spec = columns[name]
    if spec.values is not None:
        options = [o for o in options if o in spec.values] or options
    columns[name] = spec.model_copy(update={"values": options, "kind": None, "pattern": None})


def _match(columns: dict[str, ColumnSpec], name: str, pattern: str | None) -> None:
    if pattern is None:
        return
    if "@" in pattern and columns[name].kind in (None, "email"):
        columns[name] = columns[name].model_copy(update={"kind": "email", "values": None, "pattern": None})
        return
    try:
        parse_pattern(pattern)
    except SchemaError:
        return  # the check itself stays: rows that fail are drawn again
    columns[name] = columns[name].model_copy(update={"pattern": pattern, "kind": None, "values": None})


def _like_to_pattern(like: str, spec: ColumnSpec) -> str | None:
    """The pattern of LIKE: ``%`` a few letters and digits, ``_`` one of them."""
    if "@" in like:
        return like
    room = (spec.max_length or 40) - sum(c != "%" for c in like)
    if room < 0 or "\\" in like:
        return None
    exact = spec.pattern is not None and spec.max_length is not None  # a check on the length came first
    many = room if exact and like.count("%") == 1 else min(6, room // max(1, like.count("%")))
    out = []
    for character in like:
        if character == "%":
            out.append(f"[a-z0-9]{{{many}}}" if many else "")
        elif character == "_":
            out.append("[a-z0-9]")
        else:
            out.append(character if character.isalnum() or character in " -_/:@#" else f"\\{character}")
    return "".join(out)
