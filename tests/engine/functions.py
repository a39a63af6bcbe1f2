"""Lambda functions for the checks of the engine, behind Lambda's Invoke API on a free loopback port.

It prints its address.

echo   answers its payload
double {"n": 2} -> {"n": 4}
fail   {"error": "E", "message": "m"} fails with that error
flaky  {"key": "k", "failures": 2} fails that many times for the key (error Busy), then answers {"calls": 3}
slow   {"seconds": 1.5} answers after that time
"""

import collections
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FunctionError(Exception):
    def __init__(self, name, message):
        super().__init__(message)
        self.name = name


calls = collections.Counter()
lock = threading.Lock()


def double(payload):
    return {"n": 2 * payload["n"]}


def fail(payload):
    raise FunctionError(payload.get("error", "Boom"), payload.get("message", "it failed"))


def flaky(payload):
    with lock:
        calls[payload["key"]] += 1
        n = calls[payload["key"]]
    if n <= payload["failures"]:
        raise FunctionError("Busy", f"call {n}")
    return {"calls": n}


def slow(payload):
    time.sleep(payload["seconds"])
    return "done"


functions = {"echo": lambda payload: payload, "double": double, "fail": fail, "flaky": flaky, "slow": slow}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "{}")
        name = self.path.removeprefix("/2015-03-31/functions/").removesuffix("/invocations")
        if name not in functions:
            return self.answer(404, {"Message": f"Function not found: {name}"}, {"X-Amzn-ErrorType": "ResourceNotFoundException"})
        try:
            self.answer(200, functions[name](payload), {"X-Amz-Executed-Version": "$LATEST"})
        except FunctionError as e:
            self.answer(200, {"errorMessage": str(e), "errorType": e.name}, {"X-Amz-Function-Error": "Unhandled"})

    def answer(self, status, body, headers):
        data = json.dumps(body).encode()
        self.send_response(status)
        for key, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(data))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"Lambda on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
