"""A real S3 server behind one that spoils its answers; all that is not spoiled is its own."""

import http.client
import socket
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

import boto3.session
from botocore.config import Config

from tests.support import faulty_answers as answers
from tests.support.faulty_answers import BUCKET
from tests.support.faulty_s3 import Asked, Fault, FaultyS3, send_body

ANSWER_S = 30.0
_OF_THE_CONNECTION = frozenset({"connection", "content-length", "transfer-encoding", "keep-alive"})


@dataclass(eq=False)
class FaultyGateway(FaultyS3):
    """Stands before the server at `upstream`, in whose bucket it puts what is put."""

    upstream: str = ""
    access_key: str = ""
    secret_key: str = ""

    def __post_init__(self) -> None:
        self._client = boto3.session.Session().client(
            "s3",
            endpoint_url=self.upstream,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )
        self._client.create_bucket(Bucket=BUCKET)

    def put(self, key: str, content: bytes) -> None:
        super().put(key, content)
        self._client.put_object(Bucket=BUCKET, Key=key, Body=content)

    def remove_bucket(self) -> None:
        """With all that was put."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for entry in page.get("Contents", ()):
                self._client.delete_object(Bucket=BUCKET, Key=entry["Key"])
        self._client.delete_bucket(Bucket=BUCKET)
        self._client.close()

    def send_listing(self, connection: socket.socket, asked: Asked, fault: Fault) -> bool:
        response = self._forward(asked)
        return send_body(connection, response.status, response.head, response.body, fault)

    def send_object(self, connection: socket.socket, asked: Asked, fault: Fault) -> bool:
        if fault is Fault.CHANGED:
            self.change(asked.key)
        response = self._forward(asked)
        if asked.verb == "HEAD":
            connection.sendall(
                answers.head_bytes(response.status, response.head, response.length_bytes)
            )
            return True
        body = response.body
        if response.status >= http.client.MULTIPLE_CHOICES:
            fault = Fault.NONE
        elif fault is Fault.CHANGED_WITHIN:
            self.change(asked.key)
            body = self.content(asked.key, asked.byte_range)
        return send_body(connection, response.status, response.head, body, fault)

    def _forward(self, asked: Asked) -> "_ServerResponse":
        """The server's response; the signature is valid because the client's Host is sent."""
        server = urlsplit(self.upstream).netloc
        line = http.client.HTTPConnection(server, timeout=ANSWER_S)
        try:
            line.putrequest(asked.verb, asked.target, skip_host=True, skip_accept_encoding=True)
            for name, value in asked.headers.items():
                line.putheader(name, value)
            line.endheaders()
            answer = line.getresponse()
            body = answer.read()
        finally:
            line.close()
        head = {
            name: value
            for name, value in answer.getheaders()
            if name.lower() not in _OF_THE_CONNECTION
        }
        length = answer.headers.get("Content-Length", str(len(body)))
        return _ServerResponse(answer.status, head, body, int(length))


class _ServerResponse(NamedTuple):
    """A response of the server."""

    status: int
    head: dict[str, str]
    body: bytes
    length_bytes: int
    """Of what a GET would bring."""
