"""The reference and ours in a checkout of Mercurial, with the real program: they make the same of a push and of local work."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import taskgraph
import yaml
from support import FIXTURES, PROGRAM

BIN = Path(sys.executable).parent
RUN_TASK = Path(taskgraph.__file__).parent / "run-task"
URL = "https://hg.example.com/projects/demo"
NULL = "0" * 40
# Prints the parameters that the reference computes with these options.
PARAMETERS = """
import json, sys
from taskgraph.config import load_graph_config
from taskgraph.decision import get_decision_parameters

options = json.loads(sys.argv[1])
print(json.dumps(dict(get_decision_parameters(load_graph_config("taskcluster"), options))))
"""


class Mercurial(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.repo = Path(scratch.name) / "demo"
        self.env = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": scratch.name,
            "HGRCPATH": "",
            "HGPLAIN": "1",
            "HGUSER": "Fixture <fixture@example.com>",
            "TASKCLUSTER_ROOT_URL": "https://tc.example.com",
            "TASK_ID": "fdtgsD5DQUmAQZEaGMvQ4Q",
        }

    def run_in(self, *command, status=0):
        command = [str(part) for part in command]
        done = subprocess.run(command, cwd=self.repo, env=self.env, capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stdout[-1000:] + done.stderr[-1000:])
        return done.stdout

    def hg(self, *args):
        return self.run_in(BIN / "hg", *args)

    def commit(self, message, **files):
        for name, text in files.items():
            (self.repo / f"{name}.txt").write_text(text)
        self.hg("commit", "--quiet", "--addremove", "--date", "1700000000 0", "--message", message)
        return self.hg("log", "-r", ".", "-T", "{node}")

    def check_out(self, fixture):
        """A public commit of the fixture's files, and three drafts on top of it. Returns their revisions."""
        shutil.copytree(FIXTURES / fixture / "repo", self.repo)
        self.hg("init", "--quiet")
        (self.repo / ".hg/hgrc").write_text(f"[paths]\ndefault = {URL}\n")
        revisions = [self.commit("first", kept="1")]
        self.hg("phase", "--public", ".")
        revisions.append(self.commit("second\n\ntry: -b do", added="2", kept="2"))
        self.hg("mv", "--quiet", "added.txt", "moved.txt")
        revisions.append(self.commit("third: été"))
        config = self.repo / "taskcluster/config.yml"
        config.write_text(config.read_text() + "# more\n")
        revisions.append(self.commit("fourth DONTBUILD", kept="4"))
        return revisions

    def parameters(self, **push):
        """What both make of a push, equal."""
        options = {
            "project": "try", "pushlog_id": "7", "pushdate": "1700000200", "owner": "dev@example.com", "level": "1",
            "repository_type": "hg", "tasks_for": "hg-push", "base_repository": URL, "base_ref": "", "base_rev": "",
            "head_repository": URL, "head_ref": "", "head_rev": "", "head_tag": "", **push,
        }
        flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
        more = {
            "pushdate": int(options["pushdate"]), "target_tasks_method": None, "allow_parameter_override": False,
            "try_task_config_file": "try_task_config.json",
        }
        expected = self.run_in(sys.executable, "-c", PARAMETERS, json.dumps({**options, **more}))
        self.run_in(PROGRAM, "--quiet", "decision", "--dry-run", "--run-task-dir", RUN_TASK, *flags)
        found = yaml.safe_load((self.repo / "artifacts/parameters.yml").read_text())
        shutil.rmtree(self.repo / "artifacts")
        self.assertEqual(json.loads(expected), found)
        return found

    def test_pushes(self):
        first, second, third, fourth = self.check_out("targets")
        whole = self.parameters(head_rev=fourth, head_ref=fourth, base_rev=first)
        self.assertIn("moved.txt", whole["files_changed"])
        self.assertEqual(whole["base_rev"], first)
        for push in (
            {"head_rev": fourth, "head_ref": "default", "base_ref": "default"},
            {"head_rev": fourth, "head_ref": fourth, "base_rev": NULL},
            {"head_rev": second, "head_ref": second, "base_rev": first},
            {"head_rev": third, "head_ref": "default", "base_rev": second, "head_tag": "v1"},
        ):
            with self.subTest(push):
                self.parameters(**push)
        self.hg("update", "--quiet", second)
        self.parameters(head_rev=second, head_ref=second, base_rev=first)

    def test_a_merge(self):
        first, second, *_ = self.check_out("targets")
        self.hg("update", "--quiet", first)
        self.commit("aside", aside="x")
        self.hg("merge", "--quiet", "--tool", ":local", second)
        merged = self.commit("merged")
        found = self.parameters(head_rev=merged, head_ref="default", base_rev=first)
        self.assertIn("aside.txt", found["files_changed"])

    def graphs(self, *args):
        """What both print, equal."""
        expected = self.run_in(BIN / "taskgraph", *args)
        found = self.run_in(PROGRAM, "--quiet", *args, "--run-task-dir", RUN_TASK)
        self.assertEqual(expected, found)
        return found

    def test_local_work(self):
        first, *_ = self.check_out("commands")
        self.graphs("full", "-J")
        since = self.graphs("full", "-J", "--diff")
        self.assertIn(f"--- full_task_graph@{first[:12]}\n", since)
        for revision in ("default", ".~1"):
            with self.subTest(revision):
                self.graphs("target-graph", "-J", "--diff", revision)
        (self.repo / "kept.txt").write_text("5")
        (self.repo / "loose.txt").write_text("5")
        self.graphs("target-graph", "-J")
        self.graphs("full", "-J", "--force-local-files-changed")
        status = self.hg("status")
        self.assertIn(f"--- full_task_graph@{first[:12]}\n", self.run_in(PROGRAM, "full", "-J", "--diff"))
        self.assertEqual(status, self.hg("status"))
