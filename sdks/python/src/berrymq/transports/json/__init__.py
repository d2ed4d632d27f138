"""The JSON doors (docs/json.md), as far as HTTP and WebSocket are alike."""
