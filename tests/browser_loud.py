"""Runs a part of the demo with every logger at its loudest: `python -m tests.browser_loud worker` or `web.server`.

What a log may never hold has to be missing even then.
"""

import logging
import runpy
import sys

from telemetry import logs

if __name__ == "__main__":
    # The part's own settings know no level as low as this.
    logs.configure = lambda own: None
    logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    runpy.run_module(sys.argv[1], run_name="__main__")
