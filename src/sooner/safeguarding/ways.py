"""The ways in which a child comes to be at risk around a suspect, and how they are said in words. Pure data."""

from dataclasses import dataclass

SURE, POSSIBLE = "sure", "possible"

LIVES_WITH = "lives-with"
LIVED_WITH = "lived-with"
RELATED = "related"
HOUSEHOLD_PARENT = "child-of-household"
WITH_THEIR_CHILD = "lives-with-their-child"
TAUGHT = "taught-or-cared-for"
NAMED_VICTIM = "named-as-victim"
MESSAGED = "messaged"
IN_CONTACT = "in-contact"
IS_SUSPECT = "is-the-suspect"
ADDED = "added-by-officer"

TITLES = {
    LIVES_WITH: "Lives with the suspect",
    LIVED_WITH: "Lives where the suspect lived",
    RELATED: "Related to the suspect",
    HOUSEHOLD_PARENT: "Child of somebody who lives with the suspect",
    WITH_THEIR_CHILD: "Lives with a child of the suspect",
    TAUGHT: "Taught or cared for by the suspect",
    NAMED_VICTIM: "Named in the report as a victim",
    MESSAGED: "Messaged by the suspect, as the report says",
    IN_CONTACT: "Said to be in contact with the suspect",
    IS_SUSPECT: "Is the suspect, and under 18",
    ADDED: "Added by an officer",
}

CARING_KINDS = frozenset(
    {
        "teacher",
        "coach",
        "childminder",
        "foster-carer",
        "tutor",
        "youth-worker",
        "babysitter",
        "carer",
        "faith-leader",
    }
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way by which a child was found: `way` is one of the constants above, certainty sure or possible."""

    way: str
    certainty: str
    words: str
    source: str = ""

    def as_row(self) -> dict[str, str]:
        return {"way": self.way, "certainty": self.certainty, "words": self.words, "source": self.source}
