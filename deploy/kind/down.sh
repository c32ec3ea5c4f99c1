#!/usr/bin/env bash
# "make kind-down": takes the cluster of up.sh away, with its certificates.
set -euo pipefail
source "$(dirname "$0")/common.sh"

need kind 'kind (Kubernetes in Docker)'
KIND_EXPERIMENTAL_PROVIDER=$(container_engine)
export KIND_EXPERIMENTAL_PROVIDER
kind delete cluster --name "$CLUSTER"
rm -rf .cache/kind
