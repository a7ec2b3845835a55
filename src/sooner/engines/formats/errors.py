"""Everything that can be wrong with a document somebody sent, as one tree of exceptions.

Each message is one plain sentence for the officer who opens the document: it names what is wrong and what to
do. It never quotes the document's own text, because that text may describe abuse.

    FormatError
     +-- EmptyDocument        nothing in it
     +-- TooLarge             over the limit of the caller
     +-- WrongEncoding        the characters cannot be told
     +-- Damaged              not well formed
     |    +-- Truncated       it stops in the middle
     +-- Dangerous            a document type, entities, nesting made to harm the reader
     +-- NotAReferral         well formed, but not a kind of document that is read here
          +-- UnknownRoot     XML whose outermost element is not known
"""

# errors are named for what is wrong with the document


class FormatError(Exception):
    """A document cannot be read as a referral. ``str(error)`` is a sentence for an officer."""


class EmptyDocument(FormatError):
    """The document holds no bytes, or only blank space."""


class TooLarge(FormatError):
    """The document is over the limit it was read with."""


class WrongEncoding(FormatError):
    """The bytes are not text in the encoding they are written in."""


class Damaged(FormatError):
    """The document is not well formed; ``line`` is where (from 1), 0 when not known."""

    def __init__(self, message: str, *, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class Truncated(Damaged):
    """The document stops before its end."""


class Dangerous(FormatError):
    """The document has parts that are made to harm a reader, and was not read."""


class NotAReferral(FormatError):
    """The document is well formed but is not a referral."""


class UnknownRoot(NotAReferral):
    """An XML document with an outermost element that is not known; ``root`` is its name."""

    def __init__(self, message: str, *, root: str) -> None:
        super().__init__(message)
        self.root = root
