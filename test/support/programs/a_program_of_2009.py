# A program as berryMQ 0.3 knew it: JSON-RPC 1.0 over Python's XML-RPC transport, a server of one thread, a token
# made by uuid1. It does what it is told on stdin, a line at a time, and prints what it is answered and what it is called with.
import json
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from xmlrpc.client import Transport


class JsonTransport(Transport):
    def parse_response(self, response):
        return json.loads(response.read().decode("utf-8"))


class Fault(Exception):
    pass


class ServerProxy:
    def __init__(self, host):
        self.host = host
        self.transport = JsonTransport()

    def call(self, method, *params):
        request = json.dumps({"id": None, "method": method, "params": params})
        reply = self.transport.request(self.host, "/JSON", request.encode("utf-8"))
        assert set(reply) == {"id", "result", "error"}
        assert reply["id"] is None
        if reply["error"] is not None:
            raise Fault(reply["error"]["type"])
        return reply["result"]


class Called(BaseHTTPRequestHandler):
    token = None

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])).decode("utf-8"))
        token, identifier, args, kwargs = request["params"]
        result = "ok" if self.path == "/JSON" and token == self.token else "invalid token"
        if result == "ok":
            say("called", identifier, args, kwargs)
        reply = json.dumps({"id": request["id"], "result": result, "error": None}).encode("utf-8")
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        pass


class Program:
    def __init__(self, host):
        self.server = ServerProxy(host)
        self.token = None

    def oneway(self, ttl=1000):
        self.token = self.server.call("connect_oneway", ttl)
        return "connected"

    def queue(self, identifier, ttl=1000):
        self.token = self.server.call("connect_via_queue", identifier, ttl)
        return "connected"

    def interconnect(self, ttl=1000):
        listening = HTTPServer(("localhost", 0), Called)
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        self.token = str(uuid.uuid1())
        Called.token = self.token
        # As in 2009 it looks at no result: both sides use the token that it made.
        self.server.call("interconnect", ["localhost", listening.server_address[1]], self.token, ttl)
        return "connected"

    def send(self, identifier, args, kwargs):
        return self.server.call("send_message", self.token, identifier, args, kwargs)

    def get(self, timeout=1000):
        return self.server.call("get", self.token, True, timeout)

    def get_nowait(self):
        return self.server.call("get_nowait", self.token)

    def close(self):
        return self.server.call("close_connection", self.token, None)


def say(what, *values):
    print(what, *(json.dumps(value, ensure_ascii=False, sort_keys=True) for value in values), flush=True)


program = Program(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    verb, *params = json.loads(line)
    try:
        say(verb, getattr(program, verb)(*params))
    except Fault as fault:
        say(verb, f"error {fault}")
