"""The index."""

import unittest

import requests
from support import ANONYMOUS, Case, at, client, limited, new_id, pages, word


class Index(Case):
    def setUp(self):
        super().setUp()
        self.root = f"interop.{word()}"

    def insert(self, path, task_id=None, rank=0, **more):
        record = {"taskId": task_id or new_id(), "rank": rank, "data": {}, "expires": at(days=1), **more}
        return self.index.insertTask(f"{self.root}.{path}", record)

    def test_insert_and_find(self):
        task_id, expires = new_id(), at(days=3)
        made = self.insert("a.b", task_id, rank=7, data={"x": [1]}, expires=expires)
        expected = {"namespace": f"{self.root}.a.b", "taskId": task_id, "rank": 7, "data": {"x": [1]}, "expires": expires}
        self.assertEqual(made, expected)
        self.assertEqual(self.index.findTask(f"{self.root}.a.b"), expected)

    def test_unknown(self):
        body = self.refused(404, "ResourceNotFound", self.index.findTask, f"{self.root}.none")
        self.assertIn("Indexed task not found", body["message"])
        self.insert("a.b")
        self.refused(404, "ResourceNotFound", self.index.findTask, f"{self.root}.a")
        self.refused(404, "ResourceNotFound", self.index.findTask, "interop")

    def test_ranks(self):
        first, lower, equal, higher = (new_id() for _ in range(4))
        self.insert("x", first, rank=5)
        self.assertEqual(self.insert("x", lower, rank=4)["taskId"], first)
        self.assertEqual(self.insert("x", equal, rank=5)["taskId"], equal)
        self.assertEqual(self.insert("x", higher, rank=6)["taskId"], higher)
        self.assertEqual(self.index.findTask(f"{self.root}.x")["taskId"], higher)

    def test_delete(self):
        self.insert("x")
        self.assertEqual(self.index.deleteTask(f"{self.root}.x"), {})
        self.refused(404, "ResourceNotFound", self.index.findTask, f"{self.root}.x")
        self.assertEqual(self.index.deleteTask(f"{self.root}.x"), {})
        self.assertEqual(self.index.deleteTask(f"{self.root}.never.there"), {})

    def test_expired(self):
        self.insert("x", expires=at(seconds=-60))
        self.refused(404, "ResourceNotFound", self.index.findTask, f"{self.root}.x")

    def test_find_many(self):
        paths = [f"{self.root}.t{number}" for number in range(5)]
        ids = {path: self.insert(path.rsplit(".", 1)[1])["taskId"] for path in paths}
        found = pages(self.index.findTasksAtIndex, payload={"indexes": [*paths, f"{self.root}.none"]})
        self.assertGreater(len(found), 1)
        tasks = {task["namespace"]: task["taskId"] for page in found for task in page["tasks"]}
        self.assertEqual(tasks, ids)

    def test_lists(self):
        for path in ("a", "b", "c", "d.x", "d.y", "e.z", "f.g.h"):
            self.insert(path)
        found = pages(self.index.listTasks, self.root)
        self.assertEqual([len(page["tasks"]) for page in found], [2, 1])
        names = {task["namespace"] for page in found for task in page["tasks"]}
        self.assertEqual(names, {f"{self.root}.{name}" for name in "abc"})
        found = pages(self.index.listNamespaces, self.root)
        self.assertEqual([len(page["namespaces"]) for page in found], [2, 1])
        spaces = [space for page in found for space in page["namespaces"]]
        self.assertEqual({space["namespace"] for space in spaces}, {f"{self.root}.{name}" for name in "def"})
        self.assertEqual({space["name"] for space in spaces}, set("def"))
        self.assertEqual(self.index.listTasks(f"{self.root}.none"), {"tasks": []})

    def test_malformed_paths(self):
        self.refused(400, "InvalidRequestArguments", self.index.findTask, "a..b")
        self.refused(400, "InvalidRequestArguments", self.index.findTask, "a b")
        self.refused(400, "InputValidationError", self.index.insertTask, f"{self.root}.x", {"taskId": new_id()})

    def test_scopes(self):
        index = limited("Index", f"index:find-task:{self.root}.*")
        self.insert("x")
        index.findTask(f"{self.root}.x")
        self.refused(403, "InsufficientScopes", index.findTask, "other.x")
        self.refused(403, "InsufficientScopes", index.insertTask, f"{self.root}.x", {
            "taskId": new_id(), "rank": 0, "data": {}, "expires": at(days=1),
        })
        self.refused(403, "InsufficientScopes", client("Index", ANONYMOUS).deleteTask, f"{self.root}.x")


class Routes(Case):
    """What the queue indexes."""

    def setUp(self):
        super().setUp()
        self.path = f"interop.{word()}.latest"

    def done(self, **changes):
        task_id = self.make(routes=[f"index.{self.path}", f"index.{self.path}.more", "other.route"], **changes)
        self.complete(task_id)
        return task_id

    def found(self):
        return self.index.findTasksAtIndex({"indexes": [self.path]})["tasks"]

    def test_a_task_that_completes(self):
        data = {"a": {"b": [1, None]}}
        task_id = self.done(extra={"index": {"rank": 12, "data": data, "expires": at(days=2)}})
        self.eventually([task_id], lambda: [task["taskId"] for task in self.found()])
        found = self.index.findTask(self.path)
        self.assertEqual((found["rank"], found["data"]), (12, data))
        self.eventually(task_id, lambda: self.index.findTask(f"{self.path}.more")["taskId"])

    def test_without_anything_said(self):
        task_id = self.done()
        self.eventually([task_id], lambda: [task["taskId"] for task in self.found()])
        found = self.index.findTask(self.path)
        self.assertEqual((found["rank"], found["data"]), (0, {}))
        self.assertEqual(found["expires"], self.queue.task(task_id)["expires"])

    def test_ranks(self):
        high = self.done(extra={"index": {"rank": 9}})
        self.eventually([high], lambda: [task["taskId"] for task in self.found()])
        self.done(extra={"index": {"rank": 8}})
        later = self.done(extra={"index": {"rank": 10}})
        self.eventually([later], lambda: [task["taskId"] for task in self.found()])

    def test_a_task_that_fails(self):
        self.fail_task(self.make(routes=[f"index.{self.path}"]))
        self.assertEqual(self.found(), [])

    def test_artifacts(self):
        task_id = self.make(routes=[f"index.{self.path}"])
        worker = self.worker(self.claim(task_id))
        artifact = {"storageType": "s3", "contentType": "application/json", "expires": at(hours=1)}
        made = worker.createArtifact(task_id, "0", "public/x.json", artifact)
        requests.put(made["putUrl"], data=b"[1]", headers={"Content-Type": "application/json"}, timeout=30)
        worker.reportCompleted(task_id, "0")
        self.eventually([task_id], lambda: [task["taskId"] for task in self.found()])
        response = self.index.findArtifactFromTask(self.path, "public/x.json")["response"]
        self.assertEqual(response.status_code, 303)
        self.assertEqual(requests.get(response.headers["location"], timeout=30).json(), [1])
        self.refused(404, "ResourceNotFound", self.index.findArtifactFromTask, f"{self.path}.none", "public/x.json")


if __name__ == "__main__":
    unittest.main()
