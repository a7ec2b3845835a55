"""What changed between two versions of a report, field by field. Pure."""

from collections import defaultdict

from sooner.engines.formats.document import ReferralDocument
from sooner.engines.formats.fields import label

Difference = dict[str, str]


def differences(before: ReferralDocument | None, after: ReferralDocument) -> list[Difference]:
    """The fields added, removed or changed, in the new document's order; none for a first version.

    Repeated fields of one path are compared as a whole, so that a reordering that changes nothing shows nothing.
    """
    if before is None:
        return []
    old, new = _values(before), _values(after)
    return [
        {
            "field": label(path),
            "path": path,
            "before": "; ".join(old.get(path, [])),
            "after": "; ".join(new.get(path, [])),
        }
        for path in [*new, *(path for path in old if path not in new)]
        if sorted(old.get(path, [])) != sorted(new.get(path, []))
    ]


def _values(document: ReferralDocument) -> dict[str, list[str]]:
    values: dict[str, list[str]] = defaultdict(list)
    for field in document.fields:
        values[field.path].append(field.value)
    return values
