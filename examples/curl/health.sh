#!/usr/bin/env bash
# Asks a gateway how it is: over HTTP for people and load balancers, over gRPC for those who speak it.
set -euo pipefail
address=${BERRYMQ_URL:-localhost:7201}

curl --silent --show-error --fail "http://$address/"
curl --silent --show-error --fail "http://$address/healthz"
buf curl --protocol grpc --http2-prior-knowledge --data '{}' "http://$address/grpc.health.v1.Health/Check"
