"""The reference's decision task, and ours, against a cluster each: they create the same tasks and leave the same files.

`DECISION_FIXTURES` names more fixtures, separated by white space, or is `all`.
"""

import datetime
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import taskcluster
import taskgraph
from support import FIXTURES, PROGRAM, SLUGID, Server, at, definition_of

DECISION = "fdtgsD5DQUmAQZEaGMvQ4Q"
RUN_TASK = Path(taskgraph.__file__).parent / "run-task"
TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
# What only one of the two leaves, or leaves in a form that says when.
OWN = {"action.yml", "runnable-jobs.json.gz"}
# Those that are not called as the fixture.
PROJECTS = {"repositories": "main-repo"}
PUSHES = {
    "push": [],
    "pull-request": ["--tasks-for", "github-pull-request", "--level", "1", "--head-ref", "topic",
                     "--head-repository", "https://github.com/contributor/hello", "--owner", "contributor"],
}


def git(folder, *args):
    names = ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL")
    env = {f"GIT_{name}": "fixture@example.com" for name in names}
    env.update(GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1")
    done = subprocess.run(["git", *args], cwd=folder, env={**os.environ, **env}, check=True, capture_output=True)
    return done.stdout.decode().strip()


def checkout(fixture, to):
    """The repository of a fixture with one more commit, so that there is something to push."""
    shutil.copytree(FIXTURES / fixture / "repo", to)
    git(to, "-c", "init.defaultBranch=main", "init", "-q")
    git(to, "add", "--all", "--force")
    git(to, "commit", "-q", "-m", "first")
    (to / "pushed.sh").write_text("#!/bin/sh\n")
    git(to, "add", "--all")
    git(to, "commit", "-q", "-m", "second")
    git(to, "remote", "add", "origin", f"https://github.com/example-org/{fixture}")
    untracked = FIXTURES / fixture / "untracked"
    if untracked.is_dir():
        shutil.copytree(untracked, to, dirs_exist_ok=True)


def arguments(fixture, folder, more):
    url = f"https://github.com/example-org/{fixture}"
    found = [
        "--project", PROJECTS.get(fixture, fixture), "--pushlog-id", "0", "--pushdate", "1700000000",
        "--owner", "dev@example.com", "--level", "3", "--repository-type", "git", "--tasks-for", "github-push",
        "--base-repository", url, "--base-ref", "main", "--base-rev", git(folder, "rev-parse", "HEAD~1"),
        "--head-repository", url, "--head-ref", "main", "--head-rev", git(folder, "rev-parse", "HEAD"),
    ]
    # What comes later counts, but not for everybody.
    for flag, value in zip(more[::2], more[1::2]):
        found[found.index(flag) + 1] = value
    return found


class Side:
    """A cluster, a checkout, and what a decision made there."""

    def __init__(self, name, fixture, scratch):
        self.folder = scratch / name
        shutil.copytree(scratch / "checkout", self.folder, symlinks=True)
        self.server = Server(scratch / f"{name}.sqlite")
        self.queue = taskcluster.Queue(self.server.options())
        self.fixture = fixture

    def prepare(self, level):
        """The decision task, and what the fixture's index has, as far as its ids are valid."""
        import yaml

        config = yaml.safe_load((self.folder / "taskcluster/config.yml").read_text())
        scheduler = f"{config['trust-domain']}-level-{level}"
        self.queue.createTask(DECISION, definition_of(DECISION, schedulerId=scheduler))
        index = FIXTURES / self.fixture / "index.json"
        for path, task in json.loads(index.read_text() if index.exists() else "{}").items():
            if task["state"] == "completed" and re.match(SLUGID, task["taskId"]):
                self.queue.createTask(task["taskId"], definition_of(task["taskId"]))
                self.server.run("local", "resolve", task["taskId"], "completed", "--state", self.server.state)
                entry = {"taskId": task["taskId"], "rank": 0, "data": {}, "expires": at(days=300)}
                taskcluster.Index(self.server.options()).insertTask(path, entry)

    def decide(self, *command):
        own = {"TASK_ID": DECISION, "PATH": os.environ["PATH"], "HOME": str(self.folder)}
        command = [str(part) for part in command]
        env = {**self.server.environment(), **own}
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True)
        self.output = done.stdout + done.stderr
        self.status = done.returncode

    def look(self):
        """Reads everything, with labels in the place of taskIds and nothing in that of the root URL."""
        artifacts = self.folder / "artifacts"
        ids = json.loads((artifacts / "label-to-taskid.json").read_text())
        self.ids = {task_id: label for label, task_id in ids.items()}
        files = [path for path in artifacts.rglob("*") if path.is_file()]
        self.files = {path.relative_to(artifacts).as_posix(): path.read_bytes() for path in files}
        self.contexts = {
            path.name: gzip.decompress(path.read_bytes()) for path in (self.folder / "docker-contexts").glob("*")
        }
        self.tasks = {}
        for task_id, definition in self.server.group(DECISION).items():
            if task_id != DECISION:
                label = definition["metadata"]["name"]
                self.tasks.setdefault(label, []).append(self.plain(definition))
        self.copies = {label: len(tasks) for label, tasks in self.tasks.items()}

    def text(self, name):
        return self.with_labels(self.files[name].decode())

    def with_labels(self, text):
        text = text.replace(self.server.root_url, "https://root.example")
        for task_id, label in self.ids.items():
            text = text.replace(task_id, f"id of {label}")
        return text

    def plain(self, definition):
        """A definition with labels, and times that count from its creation."""
        read = datetime.datetime.fromisoformat
        start = read(definition["created"])
        since = lambda found: f"{(read(found[0]) - start).total_seconds():.3f} s after creation"
        plain = json.loads(TIMES.sub(since, self.with_labels(json.dumps(definition))))
        # Sorted by taskId.
        if "dependencies" in plain:
            plain["dependencies"].sort()
        return plain


class Decision(unittest.TestCase):
    maxDiff = 4000

    def compare(self, fixture, push):
        more = PUSHES[push]
        level = more[more.index("--level") + 1] if "--level" in more else "3"
        with tempfile.TemporaryDirectory() as scratch:
            scratch = Path(scratch)
            checkout(fixture, scratch / "checkout")
            flags = arguments(fixture, scratch / "checkout", more)
            sides = [Side(name, fixture, scratch) for name in ("reference", "ours")]
            try:
                reference, ours = sides
                for side in sides:
                    side.prepare(level)
                reference.decide(Path(sys.executable).parent / "taskgraph", "decision", *flags)
                ours.decide(PROGRAM, "decision", "--run-task-dir", RUN_TASK, *flags)
                # Of fixtures that somebody names, some are there to fail.
                if reference.status and "DECISION_FIXTURES" in os.environ:
                    self.assertNotEqual(ours.status, 0, reference.output[-2000:])
                    last = [side.output.strip().splitlines()[-1] for side in sides]
                    return f"both fail: {last[0]} | {last[1]}"
                for side in sides:
                    self.assertEqual(side.status, 0, side.output)
                for side in sides:
                    side.look()
            finally:
                for side in sides:
                    side.server.stop()
        self.assertEqual(reference.copies, ours.copies)
        for label, tasks in reference.tasks.items():
            self.assertEqual(tasks, ours.tasks[label], label)
        self.assertEqual(reference.files.keys(), ours.files.keys() - OWN)
        compressed = gzip.decompress(ours.files["runnable-jobs.json.gz"])
        self.assertEqual(json.loads(compressed), json.loads(ours.files["runnable-jobs.json"]))
        for name in reference.files:
            with self.subTest(file=name):
                self.compare_file(name, reference, ours)
        self.assertEqual(reference.contexts, ours.contexts)
        return f"{sum(ours.copies.values())} tasks, {len(ours.files)} files, {len(ours.contexts)} contexts"

    def compare_file(self, name, reference, ours):
        if name in ("full-task-graph.json", "task-graph.json", "label-to-taskid.json", "actions.json"):
            # In the order of taskIds; and keys that are integers are sorted as such, or as text.
            read = lambda side: sort_dependencies(json.loads(side.text(name)))
            self.assertEqual(read(reference), read(ours))
        elif name == "target-tasks.json":
            # The reference has them in the order of a set.
            self.assertEqual(sorted(json.loads(reference.text(name))), sorted(json.loads(ours.text(name))))
        elif name == "optimizations.log":
            # Independent tasks come in the order of a set.
            cut = lambda side: sorted(line.split(" - ", 1)[1] for line in side.text(name).splitlines())
            self.assertEqual(cut(reference), cut(ours))
        elif name in ("run-task", "fetch-content"):
            self.assertEqual(reference.files[name], ours.files[name])
        else:
            self.assertEqual(reference.text(name), ours.text(name))

    def test_same_tasks_and_files(self):
        named = os.environ.get("DECISION_FIXTURES", "actions hello images")
        if named == "all":
            named = " ".join(sorted(path.parent.name for path in FIXTURES.glob("*/repo")))
        for fixture in named.split():
            for push in PUSHES:
                with self.subTest(fixture=fixture, push=push):
                    result = self.compare(fixture, push)
                    if "DECISION_FIXTURES" in os.environ:
                        print(f"{fixture} {push}: {result}")


def sort_dependencies(value):
    """Lists of dependencies are sorted by taskId."""
    if isinstance(value, dict):
        return {
            key: sorted(item) if key == "dependencies" and isinstance(item, list) else sort_dependencies(item)
            for key, item in value.items()
        }
    return [sort_dependencies(item) for item in value] if isinstance(value, list) else value
