"""Arithmetic and comparisons over columns, written as in Python: ``debt <= 0.5 * income``.

Only numbers, column names, the operators and a few functions are known; nothing is executed. A name
that is no plain word stands in backticks. Dates are numbers of days.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from synthloom.constraints.base import numbers

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: np.divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
    ast.Pow: np.power,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: lambda a, b: a <= b + _slack(a, b),
    ast.Gt: operator.gt,
    ast.GtE: lambda a, b: a >= b - _slack(a, b),
    ast.Eq: lambda a, b: np.abs(a - b) <= _slack(a, b),
    ast.NotEq: lambda a, b: np.abs(a - b) > _slack(a, b),
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "min": lambda *values: reduce(np.minimum, values),
    "max": lambda *values: reduce(np.maximum, values),
    "round": lambda value, digits=0: np.round(value, int(np.max(digits))),
    "sqrt": np.sqrt,
    "log": np.log,
    "exp": np.exp,
    "floor": np.floor,
    "ceil": np.ceil,
}
_QUOTED = re.compile(r"`([^`]+)`")


def _slack(a: Any, b: Any) -> Any:
    return 1e-9 * np.maximum(1.0, np.maximum(np.abs(a), np.abs(b)))


class Expression:
    """A checked expression.

    Raises:
        ValueError: if it is written wrongly or uses more than is known.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._names: dict[str, str] = {}

        def stand_in(match: re.Match[str]) -> str:
            word = f"_column_{len(self._names)}_"
            self._names[word] = match[1]
            return word

        try:
            tree = ast.parse(_QUOTED.sub(stand_in, text).strip(), mode="eval").body
        except SyntaxError as error:
            raise ValueError(f'"{text}" cannot be read: {error.msg} at character {error.offset}') from error
        self.columns: tuple[str, ...] = ()
        self._check(tree)
        self.tree = tree

    @property
    def logical(self) -> bool:
        """Whether it says yes or no rather than a number."""
        return _is_logical(self.tree)

    def _check(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            name = self._names.get(node.id, node.id)
            self.columns = tuple(dict.fromkeys((*self.columns, name)))
            return
        known: tuple[bool, ...] = (
            isinstance(node, ast.Constant) and isinstance(node.value, (int, float)),
            isinstance(node, ast.BinOp) and type(node.op) in _BINARY,
            isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd, ast.Not)),
            isinstance(node, ast.Compare) and all(type(op) in _COMPARE for op in node.ops),
            isinstance(node, ast.BoolOp),
        )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
            if node.keywords or not node.args:
                raise ValueError(f'"{self.text}": {node.func.id} takes plain arguments')
            children: list[ast.AST] = list(node.args)
        elif any(known):
            children = [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
        else:
            place = getattr(node, "col_offset", 0) + 1
            raise ValueError(
                f'"{self.text}": {type(node).__name__} at character {place} is not known; known are numbers, '
                f"columns, + - * / // % **, comparisons, and, or, not, {', '.join(_FUNCTIONS)}"
            )
        for child in children:
            self._check(child)

    def evaluate(self, columns: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """Its value [n] (float64, or bool where it is logical) and where a column in it is missing (bool [n])."""
        views = {name: numbers(columns, name, days=True) for name in self.columns}
        missing = reduce(operator.or_, (view[1] for view in views.values()))
        with np.errstate(all="ignore"):
            value = self._value(self.tree, {name: view[0] for name, view in views.items()})
        value = np.broadcast_to(value, missing.shape)
        if value.dtype != bool:
            missing = missing | ~np.isfinite(value)
        return value, missing

    def _value(self, node: ast.AST, views: Mapping[str, np.ndarray]) -> Any:
        if isinstance(node, ast.Name):
            return views[self._names.get(node.id, node.id)]
        if isinstance(node, ast.Constant):
            return float(node.value)  # type: ignore[arg-type]
        if isinstance(node, ast.BinOp):
            return _BINARY[type(node.op)](self._value(node.left, views), self._value(node.right, views))
        if isinstance(node, ast.UnaryOp):
            value = self._value(node.operand, views)
            negated = isinstance(node.op, ast.Not)
            return (
                ~np.asarray(value, dtype=bool) if negated else value * (-1.0 if isinstance(node.op, ast.USub) else 1.0)
            )
        if isinstance(node, ast.Call):
            assert isinstance(node.func, ast.Name)
            return _FUNCTIONS[node.func.id](*(self._value(argument, views) for argument in node.args))
        return self._truth(node, views)

    def _truth(self, node: ast.AST, views: Mapping[str, np.ndarray]) -> Any:
        """The value of a comparison, or of several joined."""
        if isinstance(node, ast.BoolOp):
            parts = [np.asarray(self._value(value, views), dtype=bool) for value in node.values]
            return reduce(operator.and_ if isinstance(node.op, ast.And) else operator.or_, parts)
        assert isinstance(node, ast.Compare)
        values = [self._value(value, views) for value in (node.left, *node.comparators)]
        links = [_COMPARE[type(op)](a, b) for op, a, b in zip(node.ops, values, values[1:], strict=False)]
        return reduce(operator.and_, links)


def _is_logical(node: ast.AST) -> bool:
    return isinstance(node, (ast.Compare, ast.BoolOp)) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )
