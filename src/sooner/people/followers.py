"""What follows a person's number: when two become one, rooms on higher floors move what they hold to the one that stays."""

from collections.abc import Callable, Mapping

Follow = Callable[[Mapping[int, int]], None]
_followers: list[Follow] = []


def register_follower(follow: Follow) -> None:
    """Add a room's way of following; it is given each number left and the number it leads to, within the transaction."""
    if follow not in _followers:
        _followers.append(follow)


def follow_all(joined: Mapping[int, int]) -> None:
    """Move everything that hangs on the numbers left."""
    for follow in _followers:
        follow(joined)
