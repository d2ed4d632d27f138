#!/usr/bin/env bash
# Makes a queue, publishes to it, takes the message and looks at the queue, without any SDK.
set -euo pipefail
url=http://${BERRYMQ_URL:-localhost:7201}

call() { # method request
  buf curl --protocol grpc --http2-prior-knowledge --data "$2" "$url/berrymq.v1.$1"
}

call QueueService/Create '{"queue": {"name": "curl", "patterns": ["curl:*"]}}'
call PublisherService/Publish '{"message": {"identifier": "curl:hello", "contentType": "text/plain", "payload": "aGVsbG8="}}'
call QueueService/Get '{"queue": "curl", "max": 10, "wait": "5s", "autoAck": true}'
call QueueService/Describe '{"queue": "curl"}'
call QueueService/Delete '{"queue": "curl"}'
