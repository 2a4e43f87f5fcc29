"""The kinds of relation between columns, one file a family."""

from synthloom.encoding.derivation_kinds.base import Derivation
from synthloom.encoding.derivation_kinds.calendar import DatePart, Elapsed, Truncated
from synthloom.encoding.derivation_kinds.gaps import GapRule
from synthloom.encoding.derivation_kinds.linear import Copy, Linear
from synthloom.encoding.derivation_kinds.mapping import Lookup, Steps
from synthloom.encoding.derivation_kinds.product import Product
from synthloom.encoding.derivation_kinds.rounded import Rounded

KINDS: dict[str, type[Derivation]] = {
    "copy": Copy,
    "linear": Linear,
    "date_part": DatePart,
    "elapsed": Elapsed,
    "truncated": Truncated,
    "product": Product,
    "rounded": Rounded,
    "lookup": Lookup,
    "steps": Steps,
}
"""Every kind of relation, by the name under which it is stored."""

__all__ = [
    "KINDS", "Copy", "DatePart", "Derivation", "Elapsed", "GapRule", "Linear", "Lookup", "Product", "Rounded", "Steps",
    "Truncated",
]  # fmt: skip
