# What up.sh and down.sh share; they read it, nobody runs it.
# shellcheck shell=bash disable=SC2034  # what is not used here is used there

# Paths in kind's files, and all others here, are seen from the top of the repository.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit

readonly CLUSTER=nova
readonly NAMESPACE=nova-extender
readonly RELEASE=nova-extender

say() {
    printf '\n== %s\n' "$*"
}

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# need PROGRAM WHAT-IT-IS: whether it is there, or else what to look for.
need() {
    command -v "$1" >/dev/null || fail "there is no $1 on the PATH; it is part of $2"
}

# The container engine, one that answers: docker where both do, as kind has it.
container_engine() {
    local engine
    for engine in docker podman; do
        if command -v "$engine" >/dev/null && "$engine" info >/dev/null 2>&1; then
            echo "$engine"
            return
        fi
    done
    fail "neither docker nor podman answers; start the engine (Docker Engine or Podman), and see that you may use it"
}

cluster_exists() {
    kind get clusters 2>/dev/null | grep -qx "$CLUSTER"
}

kubectl_() {
    kubectl --context "kind-$CLUSTER" "$@"
}
