#!/usr/bin/env bash
# Publishes one message without any SDK: gRPC spoken by `buf curl`, which asks the gateway itself for the schema.
# The payload is `{"args": ["hello"], "kwargs": {}}` in base64, as bytes are written in JSON.
set -euo pipefail
url=http://${BERRYMQ_URL:-localhost:7201}
payload=$(printf '%s' '{"args": ["hello"], "kwargs": {}}' | base64 -w0)

buf curl --protocol grpc --http2-prior-knowledge \
  --data "{\"message\": {\"identifier\": \"curl:log\", \"payload\": \"$payload\"}}" \
  "$url/berrymq.v1.PublisherService/Publish"
