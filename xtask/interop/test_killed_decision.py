"""A decision that is killed again and again, and in the end has created each of its tasks once."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import taskcluster
from support import PROGRAM, Server, definition_of
from test_decision import DECISION, arguments, git

TASKS = 5000
KILLS = 10
SEED = 20240506

CONFIG = """
trust-domain: many
task-priority: low
taskgraph: {repositories: {many: {name: Many}}}
workers: {aliases: {w: {provisioner: many, implementation: docker-worker, os: linux, worker-type: w}}}
"""
KIND = """
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task]
task-defaults:
    description: one of many
    worker-type: w
    worker: {docker-image: 'i:1', max-run-time: 60, command: [run, {task-reference: '<self>'}]}
tasks:
"""


def repository(folder):
    """Layers of a hundred tasks; each but the first needs three of the layer before. One has copies, which count."""
    kind = folder / "taskcluster/kinds/many"
    kind.mkdir(parents=True)
    (folder / "taskcluster/config.yml").write_text(CONFIG)
    (folder / ".taskcluster.yml").write_text("{version: 1, tasks: []}\n")
    lines = [KIND]
    for at in range(TASKS - 2):
        needs = [at - 100 - at * step % 7 for step in (0, 1, 2) if at >= 200]
        needs = ", ".join(f"d{number}: many-t{needed}" for number, needed in enumerate(sorted(set(needs))))
        more = ", attributes: {task_duplicates: 3}" if at == 2500 else ""
        lines.append(f"    t{at}: {{dependencies: {{{needs}}}{more}}}\n")
    (kind / "kind.yml").write_text("".join(lines))
    git(folder, "-c", "init.defaultBranch=main", "init", "-q")
    for message in ("first", "second"):
        git(folder, "add", "--all")
        git(folder, "commit", "-q", "--allow-empty", "-m", message)


class Killed(unittest.TestCase):
    def test_each_task_once(self):
        chance = random.Random(SEED)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "checkout"
            repository(folder)
            server = Server(Path(scratch) / "cluster.sqlite")
            try:
                decision = definition_of(DECISION, schedulerId="many-level-3")
                taskcluster.Queue(server.options()).createTask(DECISION, decision)
                self.decide_and_kill(chance, folder, server)
                group = server.group(DECISION)
            finally:
                server.stop()
        self.assertEqual(len(group), TASKS + 1)
        del group[DECISION]
        labels = sorted(task["metadata"]["name"] for task in group.values())
        expected = [f"many-t{at}" for at in range(TASKS - 2)] + ["many-t2500"] * 2
        self.assertEqual(labels, sorted(expected))
        for task in group.values():
            self.assertTrue(all(needed == DECISION or needed in group for needed in task["dependencies"]))
            self.assertTrue(task["dependencies"])

    def decide_and_kill(self, chance, folder, server):
        command = [PROGRAM, "--quiet", "decision", *arguments("many", folder, [])]
        env = {**server.environment(), "TASK_ID": DECISION, "PATH": os.environ["PATH"], "HOME": str(folder)}
        database = sqlite3.connect(f"file:{server.state}?mode=ro", uri=True)
        count = lambda: database.execute("select count(*) from task").fetchone()[0]
        # Two are killed before they create anything, or little; the others when there are more tasks by some number.
        points = [None] * 2 + sorted(chance.sample(range(1, TASKS), KILLS - 2))
        killed = []
        for point in points:
            shutil.rmtree(folder / "artifacts", ignore_errors=True)
            process = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL)
            if point is None:
                time.sleep(chance.random())
            else:
                while process.poll() is None and count() < point:
                    time.sleep(0.002)
                time.sleep(chance.random() / 50)
            process.send_signal(signal.SIGKILL)
            self.assertEqual(process.wait(), -signal.SIGKILL, f"it ended before there were {point} tasks")
            killed.append(count() - 1)
        database.close()
        self.assertEqual(len(killed), KILLS)
        self.assertLess(killed[-1], TASKS)
        shutil.rmtree(folder / "artifacts", ignore_errors=True)
        subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
        if "KILLED" in os.environ:
            print(f"killed with {killed} tasks")
