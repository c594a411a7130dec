# SPDX-License-Identifier: GPL-2.0-only
"""A loopback file server with faults to order: http-server.py ROOT LOG

Prints its port. Appends "PATH RANGE" to LOG for each request. The first folder of a path says how
it is served:
  /good/     with byte ranges          /plain/    without
  /cut/      half of it, then closed   /stall/    half of it, then nothing
The halves are of files larger than 64 KiB; smaller ones are served whole.
"""
import http.server
import os
import sys
import time

root, log = sys.argv[1:3]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        mode, _, name = self.path.lstrip("/").partition("/")
        asked = self.headers.get("Range", "-")
        with open(log, "a") as file:
            print(self.path, asked, file=file)
        try:
            with open(os.path.join(root, name), "rb") as file:
                data = file.read()
        except OSError:
            self.send_error(404)
            return
        start = 0
        if mode != "plain" and asked != "-":
            start = int(asked[len("bytes="):].partition("-")[0])
            if start >= len(data):
                self.send_error(416)
                return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        end = len(data)
        if mode in ("cut", "stall") and end > 65536:
            end //= 2
        self.wfile.write(data[start:end])
        self.wfile.flush()
        while mode == "stall" and end < len(data):
            time.sleep(1)

    def log_message(self, *unused):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
