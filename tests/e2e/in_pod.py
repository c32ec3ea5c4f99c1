"""`nova-extender` as a pod's service account: `python -m tests.e2e.in_pod FOLDER ARGUMENTS...`.

A pod's credentials lie where a kubelet mounts them, which the official client has no option for;
here they lie in another folder. All else is what the installed command does.
"""

from __future__ import annotations

import sys

from kubernetes.config import incluster_config


def main() -> None:
    """Tells the client of the folder before anything of the extender has read where they lie."""
    _, folder, *arguments = sys.argv
    incluster_config.SERVICE_TOKEN_FILENAME = f"{folder}/token"
    incluster_config.SERVICE_CERT_FILENAME = f"{folder}/ca.crt"
    sys.argv = ["nova-extender", *arguments]
    from extender.cli.main import main as run  # noqa: PLC0415 - not before, as said

    run()


if __name__ == "__main__":
    main()
