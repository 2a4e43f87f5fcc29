"""YAML that knows where each of its parts stands, so that a wrong edit is named by line and column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from synthloom.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    from pydantic import BaseModel

Model = TypeVar("Model", bound="BaseModel")
Path = tuple[int | str, ...]
_MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class MarkedYaml:
    """A YAML document as plain values, and the places they stand at.

    Attributes:
        plain: the values.
        node: the tree of the parser.
        source: what the document is called in errors.
        kind: the class of the errors raised about it.
    """

    plain: Any
    node: Any
    source: str
    kind: type[UserError]

    @classmethod
    def parse(cls, text: str, source: str, kind: type[UserError]) -> MarkedYaml:
        """Reads a document.

        Raises:
            UserError: of the given kind, with line and column, if the text is no YAML.
        """
        import yaml

        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            return cls(yaml.safe_load(text), node, source, kind)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
            raise kind(f"{source}{where}: {error.problem}", accepted="YAML", hint="mend the line") from error
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise kind(f"{source}: {error}", accepted="YAML") from error

    def where(self, path: Path) -> str:
        """``file, line 3, column 5`` of the deepest part of ``path`` that is there."""
        place = position(self.node, path)
        return f"{self.source}, line {place[0]}, column {place[1]}" if place else self.source

    def error(self, path: Path, problem: str, *, accepted: str | None = None, hint: str | None = None) -> UserError:
        """An error about the part at ``path``."""
        return self.kind(f"{self.where(path)}: {problem}", accepted=accepted, hint=hint)

    def validated(self, model: type[Model]) -> Model:
        """The document as a pydantic model.

        Raises:
            UserError: of the document's kind, with the line and column of the first mistake.
        """
        from pydantic import ValidationError

        try:
            return model.model_validate(self.plain)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            given = first.get("input")
            shown = f" (given: {given!r})" if isinstance(given, (str, int, float, bool)) else ""
            message = first["msg"].removeprefix("Value error, ")
            lead = f"{name}: " if name else ""
            raise self.error(first["loc"], f"{lead}{message}{shown}", hint="mend the line and try again") from error


def read_yaml_text(path: FilePath, what: str, kind: type[UserError], *, accepted: str, hint: str | None = None) -> str:
    """The text of a YAML file of at most a megabyte; ``what`` names it in errors, such as "the scenario".

    Raises:
        UserError: of the given kind, if it cannot be read.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise kind(f'{what} "{path}" is larger than {_MOST_BYTES:,} bytes', accepted="a YAML file")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise kind(f'cannot read {what} "{path}": {reason}', accepted=accepted, hint=hint) from error


def position(node: Any, path: Path) -> tuple[int, int] | None:
    """Line and column (from 1) of the deepest part of ``path`` that is there, keys where they are known."""
    import yaml

    place = node.start_mark if node is not None else None
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if getattr(key, "value", None) == str(part)]
            if not found:
                break
            place, node = found[0][0].start_mark, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            place = node.start_mark
        else:
            break
    return (place.line + 1, place.column + 1) if place else None
