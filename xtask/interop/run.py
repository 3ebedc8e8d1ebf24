"""Runs all tests against the cluster that the environment names, and says what was left out.

Each argument is a name that unittest understands, such as `test_queue` or `test_index.Index.test_ranks`.
"""

import io
import logging
import sys
import threading
import time
import unittest
from pathlib import Path

import requests
import support
import taskcluster

SERVICES = ("Auth", "Hooks", "Index", "Notify", "PurgeCache", "Queue", "Secrets")
# What may stand for the arguments in a path. The services look at the form of arguments before anything else.
ARGUMENTS = {
    "taskId": "fdtgsD5DQUmAQZEaGMvQ4Q",
    "taskGroupId": "fdtgsD5DQUmAQZEaGMvQ4Q",
    "runId": "0",
    "taskQueueId": "a%2Fb",
    "workerPoolId": "a%2Fb",
}


def untested():
    """Methods that the cluster has, and no test called."""
    found = []
    for name in SERVICES:
        service = getattr(taskcluster, name)
        for method, info in service.funcinfo.items():
            if "route" not in info or (service.serviceName, method) in support.CALLED:
                continue
            route = info["route"]
            for argument in info["args"]:
                route = route.replace(f"<{argument}>", ARGUMENTS.get(argument, "a"))
            url = f"{support.ROOT_URL}/api/{service.serviceName}/{service.apiVersion}{route}"
            answer = requests.request(info["method"], url, timeout=30)
            if (answer.status_code, answer.text.replace(" ", "")) != (404, '{"error":"Notfound"}'):
                found.append(f"{service.serviceName}.{method}: {answer.status_code}")
    return found


def main(names):
    logging.disable(logging.CRITICAL)
    start = time.monotonic()
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(names) if names else loader.discover(str(Path(__file__).parent))
    results = []

    slow = threading.Thread(
        target=lambda: results.append(
            unittest.TextTestRunner(io.StringIO()).run(loader.loadTestsFromName("slow_claim"))
        )
    )
    if not names:
        slow.start()
    results.append(unittest.TextTestRunner(verbosity=1).run(suite))
    if not names:
        slow.join()

    left_out = [] if names else untested()
    for result in results[1:]:
        for test, trace in result.errors + result.failures:
            print(f"{test}\n{trace}", file=sys.stderr)
    for method in left_out:
        print(f"no test calls {method}", file=sys.stderr)
    total = sum(result.testsRun for result in results)
    failed = sum(len(result.errors) + len(result.failures) for result in results)
    skipped = sum(len(result.skipped) for result in results)
    print(
        f"interop: {total} tests, {failed} failed, {skipped} skipped, {len(support.CALLED)} methods called, "
        f"{len(left_out)} left out, {time.monotonic() - start:.1f} s"
    )
    return 1 if failed or skipped or left_out or not total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
