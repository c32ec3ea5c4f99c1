#!/usr/bin/env bash
# "make kind": a cluster in containers, scheduled by Nova's rules, with Prometheus and Grafana.
#
#   up.sh                     a second scheduler, nova-scheduler, which pods ask for by name
#   up.sh default-scheduler   the cluster's own kube-scheduler asks the extender
#
# May be run again: what is there already is brought up to date.
set -euo pipefail
source "$(dirname "$0")/common.sh"

variant=${1:-}
case $variant in
    '') config=deploy/kind/kind.yaml values=deploy/kind/values.yaml ;;
    default-scheduler)
        config=deploy/kind/kind-default-scheduler.yaml
        values=deploy/kind/values-default-scheduler.yaml
        need openssl OpenSSL
        ;;
    *) fail "there is no variant '$variant'; there is none, and default-scheduler" ;;
esac
need kind 'kind (Kubernetes in Docker), 0.33 or newer'
need kubectl 'the command line tools of Kubernetes'
need helm 'Helm, 3.16 or newer'
engine=$(container_engine)
export KIND_EXPERIMENTAL_PROVIDER=$engine
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' extender/version.py)
# What the kubelet makes of the chart's "nova-extender".
image=docker.io/library/nova-extender:$version

mkdir -p .cache/kind
if cluster_exists; then
    [[ $(cat .cache/kind/variant 2>/dev/null) == "$variant" ]] ||
        fail 'the cluster that there is, is of the other variant: "make kind-down" first'
else
    if [[ $variant == default-scheduler ]]; then
        say 'Certificates for the extender and for kube-scheduler'
        deploy/kind/certificates.sh .cache/kind
    fi
    say "Cluster $CLUSTER"
    echo "$variant" >.cache/kind/variant
    kind create cluster --config "$config" --wait 3m
fi

say "Image $image"
"$engine" build --file deploy/docker/Dockerfile --build-arg VERSION="$version" --tag "$image" .
"$engine" save --output .cache/kind/image.tar "$image"
kind load image-archive .cache/kind/image.tar --name "$CLUSTER"
rm .cache/kind/image.tar

say 'Chart nova-extender'
kubectl_ create namespace "$NAMESPACE" --dry-run=client -o yaml | kubectl_ apply -f -
if [[ $variant == default-scheduler ]]; then
    kubectl_ create secret generic nova-extender-given --namespace "$NAMESPACE" \
        --from-file=.cache/kind/server --dry-run=client -o yaml | kubectl_ apply -f -
fi
# The image's contents change under one tag: the pods are made anew by what it is, not by its name.
built=$("$engine" image inspect --format '{{.Id}}' "$image")
helm upgrade --install "$RELEASE" charts/nova-extender --kube-context "kind-$CLUSTER" \
    --namespace "$NAMESPACE" --values "$values" \
    --set-string "podAnnotations.nova-extender\.io/image=${built#sha256:}" --wait --timeout 5m

say 'Prometheus and Grafana'
kubectl_ apply -f deploy/kind/monitoring.yaml
# They are larger than what "apply" can remember in an annotation.
kubectl_ create configmap prometheus-rules --namespace monitoring --dry-run=client -o yaml \
    --from-file=charts/nova-extender/files/rules.yaml | kubectl_ apply --server-side -f -
kubectl_ create configmap grafana-dashboards --namespace monitoring --dry-run=client -o yaml \
    --from-file=charts/nova-extender/files/dashboards | kubectl_ apply --server-side -f -
kubectl_ apply -f deploy/kind/prometheus.yaml -f deploy/kind/grafana.yaml

say 'Example workload'
# A ratio, so that there is something to see of overcommit.
kubectl_ annotate node "$CLUSTER-worker" nova-extender.io/cpu_allocation_ratio=2.0 --overwrite
if [[ $variant == default-scheduler ]]; then
    sed '/schedulerName: nova-scheduler/d' deploy/kind/example.yaml | kubectl_ apply -f -
else
    kubectl_ apply -f deploy/kind/example.yaml
fi
kubectl_ rollout status --namespace nova-example deployment/web --timeout 3m
kubectl_ rollout status --namespace monitoring deployment/prometheus --timeout 5m
kubectl_ rollout status --namespace monitoring deployment/grafana --timeout 5m

cat <<TEXT

The cluster is up; "kubectl --context kind-$CLUSTER" reaches it. Look at where the pods are:

  kubectl --context kind-$CLUSTER get pods -n nova-example -o wide

Two wait: nova-example/lost, for its zone is nowhere, and one of database, for three machines hold
one each. Why, on every machine:

  kubectl --context kind-$CLUSTER exec -n $NAMESPACE deploy/$RELEASE -c extender -- \\
      nova-extender explain nova-example/lost

Dashboards, in the folder Nova of Grafana, and alerts, in Prometheus:

  kubectl --context kind-$CLUSTER port-forward -n monitoring service/grafana 3000     http://localhost:3000
  kubectl --context kind-$CLUSTER port-forward -n monitoring service/prometheus 9090  http://localhost:9090/alerts

"make kind-down" takes all of it away.
TEXT
