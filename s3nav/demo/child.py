"""The demo's child process: a moto server on a free loopback port.

When it answers it writes one line of JSON to its standard output: the fields of Settings that lead
to it. It ends when its standard input does: a pipe held by the program, which closes however the
program ends.
"""

import argparse
import json
import logging
import os
import sys
import threading
from datetime import UTC, date, datetime

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from s3nav.demo.account import fill_account
from s3nav.demo.buckets import OTHER_REGION
from s3nav.demo.price_list import ROOT as PRICES_ROOT
from s3nav.demo.price_list import DemoPrices
from s3nav.demo.seed import HOME_REGION, create_user, fill


class QuietHandler(MotoRequestHandler):
    """moto's handler without a line for every request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing."""


def main(arguments: list[str]) -> None:
    """Seed, serve, and say where."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--empty", action="store_true")
    parser.add_argument("--today", type=date.fromisoformat)
    options = parser.parse_args(arguments)
    threading.Thread(target=_end_with_parent, name="demo-lifeline", daemon=True).start()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    access_key, secret_key = create_user()
    if not options.empty:
        fill(options.today)
        fill_account(HOME_REGION, OTHER_REGION)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=QuietHandler)
    prices = make_server(
        "127.0.0.1",
        0,
        DemoPrices(options.today or datetime.now(UTC).date()),
        threaded=True,
        request_handler=QuietHandler,
    )
    threading.Thread(target=prices.serve_forever, name="demo-prices", daemon=True).start()
    ready = {
        "endpoint_url": f"http://127.0.0.1:{server.server_port}",
        "access_key": access_key,
        "secret_key": secret_key,
        "region": HOME_REGION,
        "pricing_base_url": f"http://127.0.0.1:{prices.server_port}{PRICES_ROOT}",
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    server.serve_forever()


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
