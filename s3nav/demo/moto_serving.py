"""Fill moto with the demo's data and serve it, along with a price list."""

import gc
import json
import logging
import os
import socket
import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import msgspec
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from s3nav.demo.bounded_log import bound_output
from s3nav.demo.content import (
    HOME_REGION,
    OTHER_REGION,
    DemoPrices,
    create_user,
    fill,
    fill_account,
    same_each_run,
)
from s3nav.demo.content import ROOT as PRICES_ROOT
from s3nav.demo.moto_front import MotoFront

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

REGIONS = (HOME_REGION, OTHER_REGION)
"""Regions enabled in the demo's account."""


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """The days that determine the demo's data."""

    began_on: date
    """The day of the first start; objects from before it never change."""
    today: date


class QuietHandler(MotoRequestHandler):
    """moto's handler without a line for every request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing."""


def serve(ready: int, days: Days | None, port: int) -> None:
    """Create the data, write one line of JSON to the descriptor `ready`, close it, and serve.

    `days` is None for a server without buckets. `port` is used if it is free, else any other.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    try:
        listeners = [_listen(port), _listen()]
    except OSError as error:
        _report(ready, {"problem": f"cannot listen on 127.0.0.1: {error.strerror or error}"})
        return
    prices_on = days.today if days else datetime.now(UTC).date()
    began_at = datetime.combine(days.began_on if days else prices_on, time.min, UTC)
    RegionsAndZonesBackend.regions[:] = [
        region for region in RegionsAndZonesBackend.regions if region.name in REGIONS
    ]
    with same_each_run(began_at):
        access_key, secret_key = create_user()
        if days is not None:
            fill_account(HOME_REGION, OTHER_REGION, began_at=began_at)
            fill(days.began_on, days.today)
    moto = _server(MotoFront(), listeners[0])
    prices = _server(DemoPrices(prices_on), listeners[1])
    threading.Thread(target=prices.serve_forever, name="demo-prices", daemon=True).start()
    gc.collect()
    gc.freeze()
    _report(
        ready,
        {
            "endpoint_url": f"http://127.0.0.1:{moto.port}",
            "access_key": access_key,
            "secret_key": secret_key,
            "region": HOME_REGION,
            "pricing_base_url": f"http://127.0.0.1:{prices.port}{PRICES_ROOT}",
        },
    )
    bound_output()
    moto.serve_forever()


def _server(application: "WSGIApplication", listener: socket.socket) -> BaseWSGIServer:
    return make_server(
        "127.0.0.1",
        0,
        application,
        threaded=True,
        request_handler=QuietHandler,
        fd=listener.fileno(),
    )


def _listen(port: int = 0) -> socket.socket:
    """Listen on `port`, or on a free one if it is taken. Raises OSError."""
    listener = socket.socket()
    # Closed connections of the previous demo keep its port in TIME_WAIT for a minute: reuse it.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError:
        listener.close()
        if port == 0:
            raise
        return _listen()
    return listener


def _report(ready: int, line: Mapping[str, str]) -> None:
    with os.fdopen(ready, "w") as stream:
        stream.write(json.dumps(line) + "\n")
