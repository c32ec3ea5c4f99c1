"""Credentials as they were read at one time, and the connections made with them."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import urllib3
from kubernetes.client import Configuration
from kubernetes.client.rest import RESTClientObject

from extender.kube.connection import track

_POOL_SIZE = 128
"""As many as may bind at the same time; connections beyond it are closed after their answer."""


class Session:
    """One reading of the configuration and the pool that goes with it.

    Args:
        configuration: a ``kubernetes.client.Configuration`` that is nobody else's.
        user_agent: the header of that name.
    """

    def __init__(self, configuration: Configuration, user_agent: str) -> None:
        # urllib3 would repeat a request and sleep through Retry-After by itself, deaf to `close`.
        configuration.retries = False
        # Also through what forgets an idle connection on the way; the timings of client-go.
        configuration.keep_alive = True
        configuration.connection_pool_maxsize = _POOL_SIZE
        self._configuration = configuration
        self._lock = threading.Lock()
        self._host = str(configuration.host).rstrip("/")
        self._pool: urllib3.PoolManager = RESTClientObject(configuration).pool_manager
        track(self._pool)
        self._headers = {
            "Accept": "application/json",
            # Kubernetes 1.37 compresses the first part of a WatchList if it may; a stream is
            # to be read as it comes.
            "Accept-Encoding": "identity",
            "User-Agent": user_agent,
        }

    def headers(self) -> dict[str, str]:
        """The headers of a request; an expiring token is refreshed by the client's own hook."""
        with self._lock:  # one run of an exec plug-in at a time
            token = self._configuration.get_api_key_with_prefix("BearerToken", "authorization")
        # A token file may end with a line feed, which no header may contain.
        return {**self._headers, "Authorization": token.strip()} if token else self._headers

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        timeout: urllib3.Timeout,
        body: bytes | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Sends a request; returns when the headers of the answer are there."""
        return self._pool.request(
            method,
            self._host + target,
            body=body,
            headers=headers,
            timeout=timeout,
            preload_content=False,
        )

    def close(self) -> None:
        """Closes what is idle; a connection in use is closed when it comes back."""
        pools = self._pool.pools
        for key in pools.keys():  # noqa: SIM118 - it cannot be iterated over, being shared
            # Emptying the manager would leave this to the garbage collector.
            if (pool := pools.get(key)) is not None:
                pool.close()
        self._pool.clear()
