"""Several collections as one."""

from aircherd.sockets.joined import Joined


def test_items_come_and_go_with_their_collections():
    """Nothing is copied."""
    first, second = {1, 2}, [3]
    joined = Joined(lambda: (first, second))
    assert (len(joined), sorted(joined), 3 in joined, 4 in joined) == (3, [1, 2, 3], True, False)
    second.append(4)
    first.clear()
    assert (len(joined), list(joined), 4 in joined) == (2, [3, 4], True)
