"""The error tree. Every message says what was given, what is accepted and what to do next.

SynthloomError
├── UserError                  the user can mend it: exit code 2, HTTP 4xx
│   ├── InputError             a file or frame that cannot be read as data
│   ├── OutputError            a place that cannot be written to
│   ├── SchemaError            a schema that is wrong or does not fit the data
│   ├── OptionError            an argument outside what is accepted
│   ├── LimitError             a time or memory limit that cannot be kept
│   ├── ConditionError         conditions that cannot be met
│   ├── ConstraintError        constraints that cannot hold, or that contradict each other
│   ├── ScenarioError          a scenario that is wrong, or that cannot be played
│   ├── ArtifactError          a damaged, foreign or newer artifact
│   ├── NotFittedError         a synthesizer asked to sample before it learned
│   └── MissingExtraError      an optional dependency that is not installed
├── PolicyError                the evidence falls short of the user's policy: exit code 3
├── Cancelled                  the user stopped the run: exit code 130
└── InternalError              our fault: exit code 1
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SynthloomError(Exception):
    """Base of every error that Synthloom raises on purpose."""

    exit_code = 1


class UserError(SynthloomError):
    """A mistake that the user can mend.

    ``problem`` says what was given, ``accepted`` what would have been taken, ``hint`` what to do
    next; the message joins the three.
    """

    exit_code = 2

    def __init__(self, problem: str, *, accepted: str | None = None, hint: str | None = None) -> None:
        self.problem, self.accepted, self.hint = problem, accepted, hint
        parts = [problem.rstrip(".") + "."]
        if accepted:
            parts.append(f"Accepted: {accepted.rstrip('.')}.")
        if hint:
            parts.append(f"Next: {hint.rstrip('.')}.")
        super().__init__(" ".join(parts))

    def __reduce__(self) -> tuple[object, ...]:
        # keyword arguments would be lost when a worker process hands the error back
        return _rebuild, (type(self), self.problem, self.accepted, self.hint)


def _rebuild(kind: type[UserError], problem: str, accepted: str | None, hint: str | None) -> UserError:
    return kind(problem, accepted=accepted, hint=hint)


class InputError(UserError):
    """A file or frame that cannot be read as data."""


class OutputError(UserError):
    """A place that cannot be written to."""


class SchemaError(UserError):
    """A schema that is wrong in itself, or that does not fit the data."""


class OptionError(UserError):
    """An argument outside what is accepted."""


class LimitError(UserError):
    """A time or memory limit that cannot be kept."""


class ConditionError(UserError):
    """Conditions that cannot be met."""


class ConstraintError(UserError):
    """Constraints that cannot hold, by themselves or together with conditions."""


class ScenarioError(UserError):
    """A scenario that is wrong in itself, or that nothing in the model supports."""


class ArtifactError(UserError):
    """A damaged, foreign or newer artifact."""


class NotFittedError(UserError):
    """A synthesizer was asked to sample before it learned."""


class MissingExtraError(UserError):
    """An optional dependency is not installed; the message carries the install line."""


class PolicyError(SynthloomError):
    """The evidence falls short of the policy that the user set.

    Attributes:
        report: the report that shows each clause; looks like the one of a run that went well.
        folder: where the report was written, if it was.
    """

    exit_code = 3

    def __init__(self, message: str, *, report: object = None, folder: object = None) -> None:
        super().__init__(message)
        self.report, self.folder = report, folder


class Cancelled(SynthloomError):
    """The user stopped the run; nothing half written is left behind."""

    exit_code = 130


class InternalError(SynthloomError):
    """A fault of Synthloom's own."""


def did_you_mean(given: str, known: Iterable[str], *, limit: int = 8) -> str:
    """A hint that names the nearest known word, or lists the known ones.

    >>> did_you_mean("incme", ["age", "income"])
    'did you mean "income"? Known: age, income'
    """
    names = list(known)
    shown = ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")
    near = difflib.get_close_matches(given, names, n=1)
    return (f'did you mean "{near[0]}"? ' if near else "") + f"Known: {shown}"
