"""Everything that can be wrong with a message to or from social care, as one tree of exceptions.

Each message is one plain clause that names the part, what is wrong and what to do; it never quotes the facts of a child.

    SocialCareError
     +-- MessageError        the message cannot be understood, or lacks what it must say
     |    +-- NotTaken       it is understood, and says that the authority did not take the referral
     +-- SignatureError      the signature does not hold, is of another kind, or is by a key that is not known
"""


class SocialCareError(ValueError):
    """A message to or from social care cannot be used. ``str(error)`` is for the reader of either side."""


class MessageError(SocialCareError):
    """The message cannot be understood; says which part and what is wrong."""


class NotTaken(MessageError):
    """The authority's system answers that it failed or refused: nothing is acknowledged by that."""


class SignatureError(SocialCareError):
    """The signature does not hold, is of another kind, or is by a key that is not known."""
