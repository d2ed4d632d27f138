#!/usr/bin/env bash
# One request to every route of a gateway, each shown with its status and its answer.
set -euo pipefail
url=http://${BERRYMQ_URL:-localhost:7201}

# ask PATH [OPTION...]: what is asked, the status, and the beginning of the answer.
ask() {
  local path=$1; shift
  printf '\n$ curl %s%s\n' "$path" "${*:+ $*}"
  curl --silent --max-time 2 --write-out '%{http_code} %{content_type}\n' --output /tmp/berrymq-answer.$$ "$@" "$url$path" || true
  head -c 240 /tmp/berrymq-answer.$$ | tr -d '\r'
  echo
}
trap 'rm -f /tmp/berrymq-answer.$$' EXIT

# stream PATH: the same for a route that stays open; a message is published meanwhile.
stream() {
  printf '\n$ curl --no-buffer %s\n' "$1"
  curl --silent --no-buffer --max-time 1 "$url$1" | tr -d '\r' &
  sleep 0.3 # the stream is open by then; what came earlier would wait in its queue
  curl --silent --output /dev/null "$url/v1/messages/$2:x" --data streamed
  wait $! || true
  echo
}

rpc() { printf '{"jsonrpc": "2.0", "id": 1, "method": "%s", "params": %s}' "$1" "$2"; }

echo "== the gateway itself"
ask /
ask / --head
ask /healthz

echo "== REST"
ask /v1
ask /v1/openapi.json
ask /v1/queues/tour --request PUT --json '{"patterns": ["tour:*"]}'
ask /v1/messages --json '{"identifier": "tour:call", "args": ["hello"], "kwargs": {"level": 3}}'
ask /v1/messages/tour:text --data hello
ask /v1/queues
ask /v1/queues/tour
ask '/v1/queues/tour/messages?max=1'
ask /v1/queues/tour/get --json '{"max": 2, "auto_ack": true}'
ask /v1/queues/tour/settle --json '{"settlements": [{"lease_id": "gone", "ack": {}}]}'
ask /v1/queues/tour/extend --json '{"lease_ids": ["gone"]}'
ask /v1/queues/tour/pause --request POST
ask /v1/queues/tour/resume --request POST
ask /v1/queues/tour/purge --request POST
ask /v1/queues/tour/redrive --request POST
ask /v1/talk --json '{"message": {"identifier": "nobody:answers"}, "reply_to": "nobody:hears"}'
ask /v1/ask --json '{"message": {"identifier": "nobody:answers"}, "timeout": 1}'
ask /v1/cloudevents --header 'ce-id: 1' --header 'ce-source: /tour' --header 'ce-type: tour:event' --header 'ce-specversion: 1.0' --json '{"seen": true}'
ask /v1/queues/none
ask /v1/queues --request PATCH

echo "== server-sent events"
stream '/v1/follow?pattern=tour:*' tour
stream '/v1/queues/tour/consume?auto_ack=true' tour

echo "== JSON-RPC"
ask /rpc --json "$(rpc publish '{"message": {"identifier": "tour:rpc", "args": [1]}}')"
ask /rpc --json "$(rpc queue.describe '["tour"]')"
ask /rpc --json "$(rpc no.such '{}')"
ask /rpc --json "$(rpc rpc.discover '[]')"

echo "== RestMQ"
ask /q/old --data value=hello
ask /q/old
ask /q/old
ask /q/
ask / --data queue=old --data value=two
ask '/?queue=old'
ask /queue --data 'body={"cmd": "add", "queue": "old", "value": "three"}'
ask /queue --data 'body={"cmd": "get", "queue": "old"}'
ask /p/old
ask /p/old --data policy=roundrobin
ask /control/old
ask /control/old --data status=stop
ask /control/old --data status=start
ask '/stats/?callback=show'
ask /stats/old
ask /j/old
stream /c/old old
stream /sse/old old
ask /ws/old
ask /xmlrpc --header 'content-type: text/xml' --data '<methodCall><methodName>set</methodName><params><param><value>old</value></param><param><value>four</value></param></params></methodCall>'
ask /collectd/data --header 'content-type: text/plain' --data 'PUTVAL host/cpu/idle interval=10 99'
ask /static/index.html
ask /static/help.html
ask /q/old --request DELETE

echo "== berryMQ 0.3"
ask /JSON --header 'content-type: text/xml' --data '{"id": 1, "method": "connect_oneway", "params": [60]}'
ask / --header 'content-type: text/xml' --data '{"id": 2, "method": "send_message", "params": ["no token", "tour:old", [], {}]}'

ask /v1/queues/tour --request DELETE
