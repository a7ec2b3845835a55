"""What a referral is about and how much of it the sender knows: one case, whichever shape its document takes.

Descriptions are neutral on purpose: a report names an account, a time and how many files were classified; no more.
"""

from dataclasses import dataclass
from datetime import datetime

from sooner.demo.population import Family, Person

PLATFORMS = ("Example Chat", "Example Photos", "Example Mail", "Example Games", "Example Social")

_ALL = ("name", "dob", "address", "postcode", "email", "phone")
SHOWN: dict[str, tuple[str, ...]] = {
    "full": _ALL,
    "phone": ("phone", "age"),
    "email": ("email", "age"),
    "address": ("name", "address", "postcode", "age"),
    "name-dob": ("name", "dob"),
    "ip-only": (),
    "no-postcode": ("name", "dob", "address"),
    "victim": ("name", "address", "postcode", "phone"),
    "recipient": ("name", "address", "postcode", "email"),
    "guardian": ("name", "dob", "address", "postcode", "email"),
    "urgent": _ALL,
    "trusted": ("name", "dob", "address", "postcode", "email"),
    "young": ("name", "dob", "age", "address", "postcode", "email"),
    "several": ("name", "dob", "address", "postcode"),
    "other-borough": _ALL,
    "outside-london": _ALL,
    "wales": _ALL,
    "unknown": _ALL,
}
"""Each kind of report, and what it says of the suspect beside an account and an IP address."""

SHARES: dict[str, int] = {
    "full": 14, "phone": 7, "email": 8, "address": 7, "name-dob": 7, "ip-only": 6, "no-postcode": 6,
    "victim": 6, "recipient": 7, "guardian": 4, "urgent": 3, "trusted": 4, "young": 7, "several": 3,
    "other-borough": 3, "outside-london": 2, "wales": 1, "unknown": 5,
}  # fmt: skip
"""How many of a hundred first reports are of each kind."""


@dataclass(frozen=True, slots=True)
class Case:
    """A report to be written. Times are in UTC.

    `child` is named in the report, as its victim or intended recipient; `earlier` are the numbers of reports about the
    same suspect; `changed` is what a later version adds.
    """

    kind: str
    number: int
    suspect: Person
    family: Family
    at: datetime
    received: datetime
    platform: str
    ips: tuple[str, ...]
    port: int
    files: tuple["Upload", ...]
    child: Person | None = None
    earlier: tuple[int, ...] = ()
    changed: str = ""

    def shows(self, what: str) -> bool:
        """Whether the sender knows that of the suspect."""
        return what in SHOWN[self.kind]

    @property
    def screen_name(self) -> str:
        known = dict(self.suspect.accounts)
        return known.get(self.platform, f"user{self.suspect.id or self.number}")

    @property
    def summary(self) -> str:
        files = f"{len(self.files)} file{'s' if len(self.files) != 1 else ''} classified {self.files[0].classified}."
        return " ".join(filter(None, ("Account reported by automated detection.", files, self.changed)))

    @property
    def guardian(self) -> Person | None:
        """The parent whose account is tied to a young suspect's."""
        return next(iter(self.suspect.parents), None) if self.kind == "guardian" else None

    @property
    def biography(self) -> str:
        """What a profile says of work with children."""
        if self.kind != "trusted" or not self.suspect.positions or self.number % 2:
            return ""
        return f"{self.suspect.positions[0].role}, {self.suspect.positions[0].organisation}"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a report speaks of: its code and random fingerprints. There is no file."""

    id: str
    name: str
    classified: str
    md5: str
    sha1: str
    viewed: bool
