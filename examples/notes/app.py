#!/usr/bin/env python3
"""A notebook that leaves signing in to the gateway: it reads who somebody is from X-User-Id and X-User-Email."""
import html, os
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOTES = defaultdict(list)


class Notebook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/":
            return self.answer("<h1>Notes</h1><p><a href=/notes>Yours</a>")
        person = self.headers.get("X-User-Email", "you")
        notes = "".join(f"<li>{html.escape(note)}" for note in NOTES[self.headers["X-User-Id"]])
        self.answer(f"<h1>Notes of {html.escape(person)}</h1><ul>{notes}</ul>"
                    "<form method=post><input name=note><button>Keep</button></form>"
                    "<form method=post action=/.vestibule/logout><button>Sign out</button></form>")

    def do_POST(self):
        note = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        NOTES[self.headers["X-User-Id"]].append(note.removeprefix("note="))
        self.send_response(303)
        self.send_header("Location", "/notes")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, body):
        page = f"<!doctype html><meta charset=utf-8><title>Notes</title>{body}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Notebook).serve_forever()
