"""What police tell an authority, and what it answers, as typed facts. Nothing more than the authority needs stands here."""

from datetime import date, datetime

import msgspec


class _Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Immutable, made with keywords, short in JSON."""


class Home(_Fact, frozen=True):
    """An address as it is written on an envelope."""

    lines: tuple[str, ...] = ()
    town: str = ""
    postcode: str = ""


class Child(_Fact, frozen=True):
    """The child the referral is about. `reference` is the force's, for the authority to quote."""

    reference: str
    name: str
    date_of_birth: date | None = None
    age: int | None = None
    sex: str = ""
    ethnicity: str = ""
    language: str = ""
    disability: str = ""
    nhs_number: str = ""
    upn: str = ""
    home: Home | None = None
    school: str = ""
    gp: str = ""
    legal_status: str = ""
    aliases: tuple[str, ...] = ()
    relationship: str = ""
    """Of another child of the household, to the child that the referral is about."""


class Adult(_Fact, frozen=True):
    """Somebody around the child: of the household, or the person who may be a risk (`is_suspect`)."""

    name: str
    relationship: str
    date_of_birth: date | None = None
    in_household: bool = True
    is_suspect: bool = False
    access: str = ""
    """How the suspect reaches the child, in words."""
    age: int | None = None
    """In years, where no date of birth is known."""


class Sender(_Fact, frozen=True):
    """Who refers, and whom to call."""

    force: str
    unit: str
    officer: str
    contact: str
    role: str = ""


class Concern(_Fact, frozen=True):
    """Why police are worried. `need` is the children-in-need census code (N1 is abuse or neglect), `harm` a code of the kind."""

    summary: str
    how_found: tuple[str, ...]
    certainty: str
    need: str = "N1"
    incident_at: datetime | None = None
    harm: str = ""


class SocialCareReferral(_Fact, frozen=True):
    """The whole referral. Times are UTC."""

    reference: str
    idempotency_key: str
    sent_at: datetime
    authority: str
    authority_name: str
    sender: Sender
    handling: str
    handling_words: str
    concern: Concern
    child: Child | None = None
    adults: tuple[Adult, ...] = ()
    children: tuple[Child, ...] = ()
    """Other children of the household, each of whom has a referral too."""
    urgent: bool = False
    immediate_danger: bool = False
    named_managers_only: bool = False
    managers: tuple[str, ...] = ()
    """Who at the authority may know, where its inbox is too wide."""
    designated_officer: bool = False
    """To the designated officer, about the adult marked as suspect, who works or volunteers with children."""
    parents_told: bool = False
    parents_told_why_not: str = ""
    consent_given: bool = False
    consent_why_not: str = ""
    not_before: datetime | None = None
    not_later_than: datetime | None = None
    """Both as agreed at the strategy discussion; nothing ends by itself when they pass."""
    other_agencies: tuple[str, ...] = ()
    """What is known of other agencies' work with the family, a sentence each."""
    actions_taken: tuple[str, ...] = ()


class Acknowledgement(_Fact, frozen=True):
    """The authority has it: who took it, when, and its own number."""

    referral_key: str
    at: datetime
    by: str
    reference: str = ""
    unread: tuple[str, ...] = ()
    """Elements of the message that are not read here, by name: for a person to look at in the message itself."""


class Decision(_Fact, frozen=True):
    """What the authority decided: a code of its jurisdiction's options and its words for it, who, when, why."""

    referral_key: str
    at: datetime
    by: str
    decision: str
    reason: str
    text: str = ""
    unread: tuple[str, ...] = ()


Reply = Acknowledgement | Decision
