"""The reference's own helpers, as its graph generation and its actions use them."""

import json
import unittest

import requests
from support import TIME, Case, at, new_id, word
from taskcluster.exceptions import TaskclusterRestFailure
from taskgraph import create
from taskgraph.graph import Graph
from taskgraph.task import Task
from taskgraph.taskgraph import TaskGraph
from taskgraph.util import taskcluster as helpers
from taskgraph.util import yaml


class Tasks(Case):
    def test_definitions(self):
        ids = [self.make(payload={"n": number}) for number in range(3)]
        self.assertEqual(helpers.get_task_definition(ids[0])["payload"], {"n": 0})
        found = helpers.get_task_definitions([*ids, new_id()])
        self.assertEqual({task_id: task["payload"]["n"] for task_id, task in found.items()}, dict(zip(ids, range(3))))

    def test_states(self):
        ids = [self.make(), self.make()]
        self.complete(ids[1])
        self.assertEqual(helpers.status_task(ids[0])["state"], "pending")
        self.assertEqual([helpers.state_task(task_id) for task_id in ids], ["pending", "completed"])
        found = helpers.status_task_batched([*ids, new_id()])
        self.assertEqual({task_id: status["state"] for task_id, status in found.items()}, dict(zip(ids, ("pending", "completed"))))
        with self.assertRaises(TaskclusterRestFailure):
            helpers.status_task(new_id())

    def test_cancel_and_rerun(self):
        task_id = self.make()
        helpers.cancel_task(task_id)
        self.assertEqual(helpers.state_task(task_id), "exception")
        helpers.rerun_task(task_id)
        self.assertEqual(helpers.state_task(task_id), "pending")

    def test_incomplete_tasks_of_a_group(self):
        pending, running, done = self.make(), self.make(), self.make()
        waits = self.make(dependencies=[pending])
        self.claim(running)
        self.complete(done)
        found = helpers.list_task_group_incomplete_tasks(self.group)
        self.assertEqual(set(found), {pending, running, waits})

    def test_ancestors(self):
        def named(name, *dependencies):
            metadata = {**self.definition()["metadata"], "name": name}
            return self.make(metadata=metadata, dependencies=list(dependencies))

        fetch = named("fetch")
        build, other = named("build", fetch), named("other", fetch)
        test = named("test", build, other)
        self.assertEqual(helpers.get_ancestors(test), {fetch: "fetch", build: "build", other: "other"})
        self.assertEqual(helpers.get_ancestors([build, other]), {fetch: "fetch"})

    def test_urls(self):
        task_id = self.make()
        self.assertIn(task_id, helpers.get_task_url(task_id))
        self.assertEqual(requests.get(helpers.get_task_url(task_id), timeout=30).status_code, 403)


class Artifacts(Case):
    CONTENTS = {
        "public/x.json": b'{"a": [1, 2]}',
        "public/parameters.yml": b"level: '3'\nlist: [1]\n",
        "public/build/target.txt": b"plain",
    }

    def setUp(self):
        super().setUp()
        self.path = f"interop.{word()}.latest"
        self.task_id = self.make(routes=[f"index.{self.path}"])
        worker = self.worker(self.claim(self.task_id))
        for name, content in self.CONTENTS.items():
            artifact = {"storageType": "s3", "contentType": "text/plain", "expires": at(hours=1)}
            made = worker.createArtifact(self.task_id, "0", name, artifact)
            requests.put(made["putUrl"], data=content, headers={"Content-Type": "text/plain"}, timeout=30)
        worker.reportCompleted(self.task_id, "0")

    def test_of_a_task(self):
        self.assertEqual(helpers.get_artifact(self.task_id, "public/x.json"), {"a": [1, 2]})
        self.assertEqual(helpers.get_artifact(self.task_id, "public/parameters.yml"), {"level": "3", "list": [1]})
        self.assertEqual(helpers.get_artifact(self.task_id, "public/build/target.txt").read(), b"plain")
        self.assertEqual({artifact["name"] for artifact in helpers.list_artifacts(self.task_id)}, set(self.CONTENTS))

    def test_of_the_index(self):
        self.eventually({self.path: self.task_id}, lambda: helpers.find_task_id_batched([self.path]))
        self.assertEqual(helpers.find_task_id(self.path), self.task_id)
        self.assertEqual(helpers.get_artifact_from_index(self.path, "public/x.json"), {"a": [1, 2]})
        self.assertEqual(helpers.get_artifact_from_index(self.path, "public/build/target.txt").read(), b"plain")
        with self.assertRaises(TaskclusterRestFailure) as caught:
            helpers.find_task_id(f"{self.path}.none")
        self.assertEqual(caught.exception.status_code, 404)


class Index(Case):
    def test_lists(self):
        root, ids = f"interop.{word()}", [new_id() for _ in range(3)]
        for number, task_id in enumerate(ids):
            record = {"taskId": task_id, "rank": 0, "data": {}, "expires": at(days=3 - number)}
            self.index.insertTask(f"{root}.n{number}", record)
        # The oldest first, by when they expire.
        self.assertEqual(helpers.list_tasks(root), ids[::-1])
        paths = [f"{root}.n{number}" for number in range(3)]
        self.assertEqual(helpers.find_task_id_batched([*paths, f"{root}.none"]), dict(zip(paths, ids)))


class Others(Case):
    def test_scopes(self):
        self.assertEqual(helpers.get_current_scopes(), ["*"])

    def test_purge_cache(self):
        provisioner, worker_type = self.pool.split("/")
        helpers.purge_cache(provisioner, worker_type, "checkouts")

    def test_email(self):
        helpers.send_email("nobody@example.com", "subject", "content", {"text": "a", "href": "https://example.com/"})


class Creating(Case):
    def graph(self, names, edges):
        """Task ids by name, and a graph of them as the decision task makes it."""
        ids = {name: new_id() for name in names}
        tasks = {}
        for name, task_id in ids.items():
            definition = {
                "taskQueueId": self.pool,
                "created": {"relative-datestamp": "0 seconds"},
                "deadline": {"relative-datestamp": "1 day"},
                "expires": {"relative-datestamp": "28 days"},
                "payload": {"name": name},
                "metadata": {"name": name, "description": "", "owner": "nobody@example.com", "source": "https://example.com/"},
                "dependencies": [ids[right] for left, right in edges if left == name],
            }
            task = Task(kind="test", label=name, attributes={}, task=definition)
            task.task_id = task_id
            tasks[task_id] = task
        links = {(ids[left], ids[right], right) for left, right in edges}
        return ids, TaskGraph(tasks, Graph(set(tasks), links))

    def test_create_tasks(self):
        decision = self.make(schedulerId="interop-level-1", taskGroupId=self.group)
        # The decision task is the first of its group, and the group has its id.
        decision_group = new_id()
        self.queue.createTask(decision_group, self.definition(taskGroupId=decision_group, schedulerId="interop-level-1"))
        names = [f"build{number}" for number in range(5)] + [f"test{number}" for number in range(20)]
        edges = [(f"test{number}", f"build{number % 5}") for number in range(20)]
        ids, graph = self.graph(names, edges)
        create.create_tasks({"trust-domain": "interop"}, graph, ids, {"level": "1"}, decision_group)

        found = {task["status"]["taskId"]: task for task in self.queue.listTaskGroup(decision_group)["tasks"]}
        self.assertEqual(set(found), {*ids.values(), decision_group})
        for name, task_id in ids.items():
            task, status = found[task_id]["task"], found[task_id]["status"]
            self.assertEqual((task["payload"], task["metadata"]["name"]), ({"name": name}, name))
            self.assertEqual((task["schedulerId"], status["state"]), ("interop-level-1", "unscheduled"))
            self.assertRegex(task["created"], TIME)
            expected = [ids[right] for left, right in edges if left == name] or [decision_group]
            self.assertEqual(task["dependencies"], expected)
        self.assertNotIn(decision, found)

    def test_what_cannot_be_created(self):
        decision_group = new_id()
        self.queue.createTask(decision_group, self.definition(taskGroupId=decision_group, schedulerId="interop-level-1"))
        ids, graph = self.graph(["good", "bad", "above"], [("above", "bad")])
        del graph.tasks[ids["bad"]].task["payload"]
        with self.assertRaises(create.CreateTasksException) as caught:
            create.create_tasks({"trust-domain": "interop"}, graph, ids, {"level": "1"}, decision_group)
        self.assertIn("Could not create 'bad'", str(caught.exception))
        found = {task["status"]["taskId"] for task in self.queue.listTaskGroup(decision_group)["tasks"]}
        self.assertEqual(found, {ids["good"], decision_group})

    def test_payloads_survive(self):
        payload = json.loads('{"z": 1, "a": [{"é": null}, 1.0, -3], "long": "' + "x" * 5000 + '"}')
        task_id = self.make(payload=payload)
        self.assertEqual(helpers.get_task_definition(task_id)["payload"], payload)
        self.assertEqual(yaml.load_stream(json.dumps(payload)), payload)


if __name__ == "__main__":
    unittest.main()
