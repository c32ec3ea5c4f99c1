#!/usr/bin/env bash
# The certificates of kind-default-scheduler.yaml, in FOLDER: an authority of their own, and by it
# server/ for the extender and client/ for kube-scheduler, each with tls.crt, tls.key and ca.crt.
# What is there stays, for a kube-scheduler that runs knows it.
#
#   certificates.sh FOLDER
set -euo pipefail

readonly DAYS=365
# As service.clusterIP in values-default-scheduler.yaml, and the name that scheduler-config.yaml
# asks for.
readonly ADDRESS=10.96.88.88
readonly NAME=nova-extender.nova-extender.svc
# As tls.allowedClients of the chart.
readonly CLIENT=nova-extender-client

[[ $# == 1 ]] || { echo "usage: $(basename "$0") FOLDER" >&2; exit 2; }
mkdir -p "$1"
cd "$1"
[[ ! -e client/tls.crt ]] || exit 0
umask 077

# issue FOLDER SUBJECT EXTENSION...: a key, and a certificate of the authority for it.
issue() {
    local folder=$1 subject=$2
    shift 2
    mkdir -p "$folder"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$subject" \
        -keyout "$folder/tls.key" -out request.csr
    openssl x509 -req -in request.csr -CA ca.crt -CAkey ca.key -days "$DAYS" \
        -extfile <(printf '%s\n' 'basicConstraints=critical,CA:FALSE' \
            'keyUsage=critical,digitalSignature' "$@") -out "$folder/tls.crt"
    cp ca.crt "$folder/ca.crt"
    rm request.csr
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "$DAYS" \
    -subj /CN=nova-extender-kind -addext 'keyUsage=critical,keyCertSign,cRLSign' \
    -keyout ca.key -out ca.crt
issue server nova-extender extendedKeyUsage=serverAuth "subjectAltName=DNS:$NAME,IP:$ADDRESS"
issue client "$CLIENT" extendedKeyUsage=clientAuth
# Nothing else is to be signed by it.
rm ca.key
