#!/usr/bin/env bash
# Asks a gateway who it is and whether it is well, as a browser and a load balancer would.
set -euo pipefail
address=${BERRYMQ_URL:-localhost:7201}

curl --silent --show-error --fail "http://$address/"
curl --silent --show-error --fail "http://$address/healthz"
