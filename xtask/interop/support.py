"""What the tests share: clients of the cluster that the environment names, and tasks to make."""

import datetime
import os
import re
import subprocess
import time
import unittest
from pathlib import Path

import requests
import slugid
import taskcluster
import taskcluster.aio
from taskcluster.exceptions import TaskclusterAuthFailure, TaskclusterRestFailure

ROOT_URL = os.environ["TASKCLUSTER_ROOT_URL"]
CLIENT_ID = os.environ["TASKCLUSTER_CLIENT_ID"]
ACCESS_TOKEN = os.environ["TASKCLUSTER_ACCESS_TOKEN"]

# The program, and the folder of fixtures.
PROGRAM = os.environ["TASKGRAPH"]
FIXTURES = Path(__file__).parents[2] / "fixtures"

# Services and methods that were called, to find at the end what was left out.
CALLED = set()

SLUGID = r"^[A-Za-z0-9_-]{8}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]$"
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"


def options(client_id=CLIENT_ID, access_token=ACCESS_TOKEN, certificate=None, **more):
    """Options of a client that tries once."""
    credentials = {"clientId": client_id, "accessToken": access_token}
    if certificate:
        credentials["certificate"] = certificate
    return {"rootUrl": ROOT_URL, "credentials": credentials, "maxRetries": 0, **more}


ANONYMOUS = {"rootUrl": ROOT_URL, "credentials": {}, "maxRetries": 0}


def client(service, given=None, module=taskcluster):
    """The official client of a service, which only takes notes of what is called."""
    official = getattr(module, service)

    class Noting(official):
        def _makeApiCall(self, entry, *args, **kwargs):
            CALLED.add((official.serviceName, entry["name"]))
            return super()._makeApiCall(entry, *args, **kwargs)

    return Noting(options() if given is None else given)


def limited(service, *scopes, **more):
    """The same, with no more than these scopes."""
    return client(service, options(authorizedScopes=list(scopes), **more))


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def at(**delta):
    """A time that far from now, as the services write it."""
    then = now() + datetime.timedelta(**delta)
    return then.strftime("%Y-%m-%dT%H:%M:%S.") + f"{then.microsecond // 1000:03d}Z"


def new_id():
    return slugid.nice()


def word(prefix="w"):
    """A word that nobody else uses."""
    return prefix + "".join(char for char in slugid.nice().lower() if char.isalnum())[:16]


def get(path, **more):
    return requests.get(f"{ROOT_URL}{path}", allow_redirects=False, timeout=30, **more)


class Server:
    """A cluster of its own."""

    def __init__(self, state):
        self.state = state
        command = [PROGRAM, "--quiet", "local", "serve", "--port", "0", "--state", str(state)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.variables = {}
        while len(self.variables) < 3:
            line = self.process.stdout.readline()
            if not line:
                raise Exception("the server ended")
            if found := re.match(r"export (TASKCLUSTER_(?:ROOT_URL|CLIENT_ID|ACCESS_TOKEN))='?([^';]*)", line):
                self.variables[found[1]] = found[2]
        self.root_url = self.variables["TASKCLUSTER_ROOT_URL"]

    def environment(self):
        """What names it for a program."""
        return dict(self.variables)

    def options(self):
        """Options of a client of it."""
        names = {"clientId": "TASKCLUSTER_CLIENT_ID", "accessToken": "TASKCLUSTER_ACCESS_TOKEN"}
        return {"rootUrl": self.root_url, "credentials": {key: self.variables[name] for key, name in names.items()}}

    def group(self, group):
        """Definitions by taskId."""
        found = {}

        def page(response):
            found.update({task["status"]["taskId"]: task["task"] for task in response["tasks"]})

        taskcluster.Queue(self.options()).listTaskGroup(group, paginationHandler=page)
        return found

    def run(self, *args):
        subprocess.run([PROGRAM, "--quiet", *map(str, args)], check=True, stdout=subprocess.DEVNULL)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def definition_of(group, **changes):
    """A task that does nothing, of a group."""
    return {
        "taskQueueId": "interop/none",
        "schedulerId": "interop",
        "taskGroupId": group,
        "created": at(),
        "deadline": at(days=1),
        "expires": at(days=365),
        "payload": {},
        "metadata": {
            "name": "a task",
            "description": "made by a test",
            "owner": "nobody@example.com",
            "source": "https://example.com/",
        },
        **changes,
    }


class Case(unittest.TestCase):
    """A test with a task group, a pool of workers and clients of its own."""

    maxDiff = None

    def setUp(self):
        self.group = new_id()
        self.pool = f"interop/{word()}"
        self.queue = client("Queue")
        self.index = client("Index")
        self.auth = client("Auth")

    def definition(self, **changes):
        own = {"taskQueueId": self.pool, "deadline": at(hours=1), "expires": None, "payload": {"command": ["true"]}}
        definition = definition_of(self.group, **{**own, **changes})
        return {key: value for key, value in definition.items() if value is not None}

    def make(self, **changes):
        """Creates a task. Returns its id."""
        task_id = new_id()
        self.queue.createTask(task_id, self.definition(**changes))
        return task_id

    def status(self, task_id):
        return self.queue.status(task_id)["status"]

    def state(self, task_id):
        return self.status(task_id)["state"]

    def claim(self, task_id, run=0):
        worker = {"workerGroup": "group", "workerId": "worker"}
        return self.queue.claimTask(task_id, str(run), worker)

    def worker(self, claim):
        """The queue, as the worker of a claim calls it."""
        given = claim["credentials"]
        return client("Queue", options(given["clientId"], given["accessToken"], given["certificate"]))

    def complete(self, task_id, run=0):
        self.worker(self.claim(task_id, run)).reportCompleted(task_id, str(run))

    def fail_task(self, task_id, run=0):
        self.worker(self.claim(task_id, run)).reportFailed(task_id, str(run))

    def eventually(self, expected, read):
        """Dependents, and what depends on the clock, follow within seconds."""
        give_up = time.monotonic() + 8
        while (found := read()) != expected and time.monotonic() < give_up:
            time.sleep(0.02)
        self.assertEqual(found, expected)

    def refused(self, status, code, call, *args, **kwargs):
        """Fails unless the call is refused in the services' form. Returns the body."""
        with self.assertRaises((TaskclusterRestFailure, TaskclusterAuthFailure)) as caught:
            call(*args, **kwargs)
        self.assertEqual(caught.exception.status_code, status, caught.exception)
        return self.envelope(caught.exception.body, status, code)

    def envelope(self, body, status, code):
        self.assertEqual(set(body), {"code", "message", "requestInfo"})
        self.assertEqual(body["code"], code, body["message"])
        info = body["requestInfo"]
        self.assertEqual(set(info), {"method", "params", "payload", "time"})
        self.assertRegex(info["time"], TIME)
        for value in info["params"].values():
            self.assertIsInstance(value, str)
        footer = body["message"].split("\n---\n")[-1]
        for line in (f"method:     {info['method']}", f"errorCode:  {code}", f"statusCode: {status}", "time:  "):
            self.assertIn(f"* {line}", footer)
        return body

    def temporary(self, scopes, start=-60, expiry=600, name=None, **changes):
        """Temporary credentials of the root client, as keyword arguments of `options`."""
        made = taskcluster.createTemporaryCredentials(
            changes.get("issuer", CLIENT_ID),
            changes.get("token", ACCESS_TOKEN),
            now() + datetime.timedelta(seconds=start),
            now() + datetime.timedelta(seconds=expiry),
            scopes,
            name=name,
        )
        token = made["accessToken"]
        return {
            "client_id": made["clientId"],
            "access_token": token.decode() if isinstance(token, bytes) else token,
            "certificate": made["certificate"],
        }


def pages(call, *args, limit=2, **kwargs):
    """All pages of a listing, a few items each."""
    found = []
    call(*args, paginationHandler=found.append, paginationLimit=limit, **kwargs)
    return found
