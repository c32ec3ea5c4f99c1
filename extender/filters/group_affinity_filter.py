"""ServerGroupAffinityFilter as it was called before."""

from __future__ import annotations

from extender.filters.server_group_affinity_filter import ServerGroupAffinityFilter


class GroupAffinityFilter(ServerGroupAffinityFilter):
    """ServerGroupAffinityFilter for groups with the policy ``legacy``, which no ServerGroup has.

    In Nova's early releases a request named such a group by the hint ``group``; a ServerGroup has
    one of four other policies. So this filter lets every host pass, and does not stand in
    for ServerGroupAffinityFilter: with that one off, pods of an ``affinity`` group are refused as
    ``unsupported_policy``. Source: ``GroupAffinityFilter``, Nova 2013.2 to 2014.2.
    """

    added_in = "2013.2"
    removed_in = "2015.1"
    policy = "legacy"
