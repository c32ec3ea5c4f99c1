"""All dashboards."""

from __future__ import annotations

from deploy.monitoring import filter_rejections, overcommit, plumbing

BOARDS = (filter_rejections.BOARD, overcommit.BOARD, plumbing.BOARD)
