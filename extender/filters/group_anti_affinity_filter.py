"""ServerGroupAntiAffinityFilter as it was called before."""

from __future__ import annotations

from extender.filters.server_group_anti_affinity_filter import ServerGroupAntiAffinityFilter


class GroupAntiAffinityFilter(ServerGroupAntiAffinityFilter):
    """ServerGroupAntiAffinityFilter for groups with the policy ``legacy``, as no ServerGroup has.

    In Nova's early releases a request named such a group by the hint ``group``; a ServerGroup has
    one of four other policies. So this filter lets every host pass, and does not stand in
    for ServerGroupAntiAffinityFilter: with that one off, pods of an ``anti-affinity`` group are
    refused as ``unsupported_policy``. Source: ``GroupAntiAffinityFilter``, Nova 2013.1 to 2014.2.
    """

    added_in = "2013.1"
    removed_in = "2015.1"
    policy = "legacy"
