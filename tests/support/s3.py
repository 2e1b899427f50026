# SPDX-License-Identifier: Apache-2.0
"""An S3 store with one key, for tests: PUT, GET and HEAD of objects, path style, as files of a folder.

    python3 s3.py PORT FOLDER KEY SECRET [--old]

What a request claims is checked as Amazon does: by botocore, Amazon's own signer, and by the SHA-256 of what came. `--old`: conditions are unknown,
as they were at Amazon's until 2024.
"""
import hashlib
import os
import re
import sys
import tempfile
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

CLAIM = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})")
EMPTY = hashlib.sha256(b"").hexdigest()
SECONDS = 900  # by which a request may be late


class Refusal(Exception):
    """A status and S3's word for it."""


def check_signature(request, credentials):
    """Of a request whose headers are all there."""
    claim = CLAIM.fullmatch(request.headers.get("Authorization", ""))
    if not claim:
        raise Refusal(403, "AccessDenied")
    key, _, region, names, signature = claim.groups()
    date, digest = request.headers.get("x-amz-date", ""), request.headers.get("x-amz-content-sha256")
    if key != credentials.access_key:
        raise Refusal(403, "InvalidAccessKeyId")
    if not digest:
        raise Refusal(400, "InvalidRequest")
    if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names.split(";")) or abs((datetime.now(timezone.utc) - parse(date)).total_seconds()) > SECONDS:
        raise Refusal(403, "RequestTimeTooSkewed")
    signed = AWSRequest(request.command, f"http://{request.headers['Host']}{request.path}", {name: request.headers[name] for name in names.split(";")})
    signed.context["timestamp"] = date
    signer = S3SigV4Auth(credentials, "s3", region)
    if signer.signature(signer.string_to_sign(signed, signer.canonical_request(signed)), signed) != signature:
        raise Refusal(403, "SignatureDoesNotMatch")


def parse(date):
    try:
        return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise Refusal(403, "AccessDenied") from None


class Objects(BaseHTTPRequestHandler):
    """`folder`, `credentials` and `old` are the server's."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_request(self):
        try:
            check_signature(self, self.server.credentials)
            path = self.server.folder / self.path.lstrip("/")
            if "/../" in self.path or len(path.relative_to(self.server.folder).parts) < 2:
                raise Refusal(403, "AccessDenied")
            {"PUT": self.put, "GET": self.get, "HEAD": self.get}[self.command](path)
        except Refusal as refusal:
            self.close_connection = True  # what was sent has not been read
            self.answer(refusal.args[0], f"<Error><Code>{refusal.args[1]}</Code></Error>".encode(), Connection="close")

    do_PUT = do_GET = do_HEAD = handle_request

    def put(self, path):
        if self.headers.get("If-None-Match") and self.server.old:
            raise Refusal(501, "NotImplemented")
        left, digest = int(self.headers["Content-Length"]), hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=self.server.folder, delete=False) as file:
            while left > 0 and (data := self.rfile.read(min(left, 1 << 20))):
                file.write(data)
                digest.update(data)
                left -= len(data)
        if left or self.headers["x-amz-content-sha256"] not in ("UNSIGNED-PAYLOAD", digest.hexdigest()):
            os.unlink(file.name)
            raise Refusal(400, "XAmzContentSHA256Mismatch")
        if path.exists() and self.headers.get("If-None-Match") == "*":
            os.unlink(file.name)
            self.answer(412)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(file.name, path)
        self.answer(200)

    def get(self, path):
        if self.headers["x-amz-content-sha256"] not in ("UNSIGNED-PAYLOAD", EMPTY):
            raise Refusal(400, "XAmzContentSHA256Mismatch")
        if not path.is_file():
            raise Refusal(404, "NoSuchKey")
        size, start = path.stat().st_size, re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first, last = (int(start.group(1)), int(start.group(2) or size - 1)) if start else (0, size - 1)
        if first > last:
            raise Refusal(416, "InvalidRange")
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(last - first + 1))
        self.send_header("Accept-Ranges", "bytes")
        if start:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        if self.command == "GET":
            with open(path, "rb") as file:
                file.seek(first)
                self.wfile.write(file.read(last - first + 1))


def main():
    port, folder, key, secret, *options = sys.argv[1:]
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Objects)
    server.folder, server.credentials, server.old = Path(folder), Credentials(key, secret), "--old" in options
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
