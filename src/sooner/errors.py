"""The product's exception tree: each message is one line for the person who reads it.

SoonerError                 anything a user can be told in one line
├── Refused                 a rule says no: the message says which and what to do instead
│   ├── NotAllowed          the reader's role or need-to-know does not reach this
│   └── AlreadyDone         the thing was done before; nothing changed
├── NotFound                no such record, or none the reader may see
└── SetupError              the installation is not right; says what to run
"""


class SoonerError(Exception):
    """A problem that is told to the user in one line: what is wrong and what to do."""


class Refused(SoonerError):
    """A rule of the domain says no."""


class NotAllowed(Refused):
    """The reader's role or need-to-know does not reach this."""


class AlreadyDone(Refused):
    """It was done before; nothing changed."""


class NotFound(SoonerError):
    """There is no such record, or none that the reader may see."""


class SetupError(SoonerError):
    """The installation is not ready."""
