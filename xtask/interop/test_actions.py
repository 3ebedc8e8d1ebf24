"""Actions of the reference and ours, on a push that each has decided about in a cluster of its own.

What callbacks create, rerun and cancel is compared, what they leave in `artifacts`, and what both print of actions.
"""

import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import requests
import taskcluster
from support import PROGRAM, at, definition_of, new_id, now
from test_decision import DECISION, RUN_TASK, Side, arguments, checkout

FIXTURE = "actions"
REFERENCE = Path(sys.executable).parent / "taskgraph"
# Callback, label of a task, input; in this order, each in an action task of its own.
CALLS = [
    ("retrigger", "build-linux", {}),
    ("retrigger", "build-linux", {"times": 2, "downstream": True}),
    ("retrigger-disabled", "report-all", {"force": True}),
    ("retrigger-multiple", None, {"requests": [{"tasks": ["test-linux", "tool-both"], "times": 2}]}),
    ("add-new-jobs", None, {"tasks": ["test-manual", "test-windows"]}),
    ("rebuild-cached-tasks", None, None),
    ("rerun", "tool-not-found", {}),
    ("rerun", "tool-both", {}),
    ("cancel", "build-docs", None),
    ("retrigger-decision", DECISION, None),
    ("cancel-all", None, None),
]
# How many tasks that makes.
MADE = {
    "retrigger": 11, "retrigger-disabled": 2, "retrigger-multiple": 2, "add-new-jobs": 3, "rebuild-cached-tasks": 3,
    "rerun": 0, "cancel": 0, "retrigger-decision": 1, "cancel-all": 0,
}
# Not created, and nothing changed: both end with 1.
REFUSED = [
    ("retrigger", "report-all", {}),
    ("add-new-jobs", None, {"tasks": ["no-such-label"]}),
    ("no-such-callback", None, None),
]


class Acting(Side):
    """A side whose decision task has ended."""

    def publish(self):
        """Does the work of the decision task's worker; the first tool fails."""
        claim = self.queue.claimTask(DECISION, "0", {"workerGroup": "group", "workerId": "worker"})
        queue = taskcluster.Queue({"rootUrl": self.server.root_url, "credentials": claim["credentials"]})
        for path in sorted((self.folder / "artifacts").iterdir()):
            kind = "application/yaml" if path.suffix == ".yml" else "application/json"
            artifact = {"storageType": "s3", "contentType": kind, "expires": at(days=300)}
            made = queue.createArtifact(DECISION, "0", f"public/{path.name}", artifact)
            requests.put(made["putUrl"], data=path.read_bytes(), headers={"Content-Type": kind}).raise_for_status()
        queue.reportCompleted(DECISION, "0")
        self.parameters = self.folder / "parameters.yml"
        (self.folder / "artifacts/parameters.yml").rename(self.parameters)
        revision = re.search(r"head_rev: (\w+)", self.parameters.read_text())[1]
        path = f"act.v2.{FIXTURE}.revision.{revision}.taskgraph.decision"
        entry = {"taskId": DECISION, "rank": 0, "data": {}, "expires": at(days=300)}
        taskcluster.Index(self.server.options()).insertTask(path, entry)
        self.of_decision = {label: task_id for task_id, label in self.ids.items()}
        failed = self.of_decision["tool-not-found"]
        self.server.run("local", "resolve", failed, "failed", "--state", self.server.state)

    def credentials(self):
        """Those of an action task: it is looked whether its scope is among them."""
        options = self.server.options()["credentials"]
        permissions = ("generic", "retrigger-decision", "rebuild-cached-tasks")
        scopes = [f"assume:repo:github.com/example-org/{FIXTURE}:action:{name}" for name in permissions]
        scopes += ["queue:*", "index:*", "auth:current-scopes"]
        made = taskcluster.createTemporaryCredentials(
            options["clientId"], options["accessToken"], at_time(-60), at_time(3600), scopes
        )
        text = lambda value: value.decode() if isinstance(value, bytes) else value
        return {
            "TASKCLUSTER_ROOT_URL": self.server.root_url,
            "TASKCLUSTER_CLIENT_ID": text(made["clientId"]),
            "TASKCLUSTER_ACCESS_TOKEN": text(made["accessToken"]),
            "TASKCLUSTER_CERTIFICATE": text(made["certificate"]),
        }

    def run(self, program, *args, **env):
        own = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        env = {**self.credentials(), **own, **env}
        command = [str(part) for part in (program, *args)]
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True)

    def act(self, program, action, callback, task, task_input):
        """Runs an action task. Returns its status, and what there is after it."""
        for path in (self.folder / "artifacts").iterdir():
            path.unlink()
        before = self.server.group(DECISION)
        done = self.run(
            program, "action-callback",
            TASK_ID=action, ACTION_TASK_GROUP_ID=DECISION, ACTION_CALLBACK=callback,
            ACTION_TASK_ID=json.dumps(self.of_decision.get(task, task)), ACTION_INPUT=json.dumps(task_input),
        )
        self.output = done.stdout + done.stderr
        return done.returncode, self.changes(before)

    def changes(self, before):
        """New definitions by label, artifacts, and the states of all tasks, with labels in the place of taskIds."""
        files = {path.name: json.loads(path.read_text()) for path in (self.folder / "artifacts").iterdir()}
        self.ids = {task_id: label for label, task_id in self.of_decision.items()}
        for name in sorted(files):
            # Those of all rounds together come first, so that those of each round count.
            if found := re.match(r"label-to-taskid(.*)\.json", name):
                new = {i: f"{label} new{found[1]}" for label, i in files[name].items() if i not in self.ids}
                again = {i: f"{label} new{found[1]}" for label, i in files[name].items() if " new" in self.ids.get(i, "")}
                self.ids.update(new | again)
        created, states = {}, {}
        for task_id, definition in self.server.group(DECISION).items():
            label = definition["metadata"]["name"]
            status = self.queue.status(task_id)["status"]
            runs = [(run["state"], run["reasonResolved"] if "reasonResolved" in run else "") for run in status["runs"]]
            states.setdefault(label, []).append([status["state"], runs])
            if task_id not in before:
                plain = self.plain(definition)
                created.setdefault(label, []).append(plain)
        plain = json.loads(self.with_labels(json.dumps({name: files[name] for name in files})))
        for name in plain:
            if name.startswith("to-run"):
                plain[name].sort()
        return {
            "created": {label: in_order(tasks) for label, tasks in created.items()},
            "files": without_order(plain),
            "states": {label: in_order(found) for label, found in states.items()},
        }


def at_time(seconds):
    return now() + datetime.timedelta(seconds=seconds)


def in_order(items):
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))


def without_order(value):
    """Dependencies are sorted by taskId."""
    if isinstance(value, dict):
        return {key: in_order(item) if key == "dependencies" and isinstance(item, list) else without_order(item)
                for key, item in value.items()}
    return [without_order(item) for item in value] if isinstance(value, list) else value


class Actions(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        scratch = Path(scratch.name)
        checkout(FIXTURE, scratch / "checkout")
        self.flags = arguments(FIXTURE, scratch / "checkout", [])
        self.sides = []
        for name, program in (("reference", REFERENCE), ("ours", PROGRAM)):
            side = Acting(name, FIXTURE, scratch)
            self.addCleanup(side.server.stop)
            side.prepare("3")
            more = ["--run-task-dir", RUN_TASK] if program == PROGRAM else []
            side.decide(program, "decision", *more, *self.flags)
            self.assertEqual(side.status, 0, side.output)
            side.look()
            side.publish()
            self.sides.append((side, program))

    def test_callbacks(self):
        made = {}
        for callback, task, task_input in CALLS:
            action = new_id()
            found = []
            for side, program in self.sides:
                side.queue.createTask(action, definition_of(DECISION, schedulerId="act-level-3"))
                status, changes = side.act(program, action, callback, task, task_input)
                self.assertEqual(status, 0, side.output)
                found.append(changes)
            made[callback] = made.get(callback, 0) + sum(map(len, changes["created"].values()))
            for what in ("created", "files", "states"):
                with self.subTest(callback=callback, task=task, input=task_input, what=what):
                    self.assertEqual(found[0][what], found[1][what])
        self.assertEqual(made, MADE)

    def test_refusals(self):
        for callback, task, task_input in REFUSED:
            for side, program in self.sides:
                status, changes = side.act(program, new_id(), callback, task, task_input)
                self.assertNotEqual(status, 0, side.output)
                self.assertEqual(changes["created"], {})

    def test_what_is_printed(self):
        (reference, _), (ours, _) = self.sides
        printed = [side.run(program, "actions", "-p", side.parameters) for side, program in self.sides]
        self.assertEqual(printed[0].stdout, printed[1].stdout, printed[1].stderr)
        for callback, label, task_input in (
            ("retrigger", "build-linux", {"downstream": True}),
            ("add-new-jobs", None, {"tasks": ["test-windows"]}),
        ):
            documents = []
            for side, program in self.sides:
                (side.folder / "input.json").write_text(json.dumps(task_input))
                more = ["--task-id", side.of_decision[label]] if label else []
                done = side.run(
                    program, "test-action-callback", "-p", side.parameters, "--task-group-id", DECISION,
                    "--input", "input.json", *more, callback,
                )
                self.assertEqual(done.returncode, 0, done.stderr)
                text = done.stdout
                for task_id, name in side.ids.items():
                    text = text.replace(task_id, f"id of {name}")
                text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]*Z", "TIME", text.replace(side.server.root_url, "ROOT"))
                # New taskIds; and the order, which is that of a set.
                text = re.sub(r'(?<=")[\w-]{22}(?=")', lambda found: found[0] if found[0] == DECISION else "NEW", text)
                documents.append(sorted(re.split(r"(?m)^(?=\[$)", text)))
            self.assertEqual(documents[0], documents[1])
