"""Task groups."""

import unittest

from support import TIME, Case, limited, new_id, pages


class Groups(Case):
    def test_listing(self):
        ids = {self.make() for _ in range(7)}
        found = pages(self.queue.listTaskGroup, self.group, limit=3)
        self.assertEqual([len(page["tasks"]) for page in found], [3, 3, 1])
        self.assertEqual([bool(page.get("continuationToken")) for page in found], [True, True, False])
        tasks = [task for page in found for task in page["tasks"]]
        self.assertEqual({task["status"]["taskId"] for task in tasks}, ids)
        for page in found:
            self.assertEqual((page["taskGroupId"], page["schedulerId"]), (self.group, "interop"))
            self.assertRegex(page["expires"], TIME)
        self.assertEqual(tasks[0]["task"], self.queue.task(tasks[0]["status"]["taskId"]))

    def test_a_token_that_means_nothing_is_ignored(self):
        self.make()
        for token in ("nonsense", "!", "AAAA"):
            answer = self.queue.listTaskGroup(params={"taskGroupId": self.group}, query={"continuationToken": token})
            self.assertEqual(len(answer["tasks"]), 1, token)

    def test_it_lives_an_hour_longer_than_its_tasks(self):
        self.make(expires="2031-02-03T04:05:06.789Z")
        self.assertEqual(self.queue.getTaskGroup(self.group)["expires"], "2031-02-03T05:05:06.789Z")
        self.make(expires="2030-02-03T04:05:06.789Z")
        self.assertEqual(self.queue.getTaskGroup(self.group)["expires"], "2031-02-03T05:05:06.789Z")

    def test_unknown(self):
        for call in (
            self.queue.listTaskGroup,
            self.queue.getTaskGroup,
            self.queue.sealTaskGroup,
            self.queue.cancelTaskGroup,
        ):
            self.refused(404, "ResourceNotFound", call, new_id())

    def test_sealed(self):
        task_id, definition = new_id(), self.definition()
        self.queue.createTask(task_id, definition)
        self.assertNotIn("sealed", self.queue.getTaskGroup(self.group))
        sealed = self.queue.sealTaskGroup(self.group)
        self.assertRegex(sealed["sealed"], TIME)
        self.assertEqual(self.queue.sealTaskGroup(self.group), sealed)
        self.assertEqual(self.queue.getTaskGroup(self.group), sealed)
        self.assertEqual(self.queue.listTaskGroup(self.group)["sealed"], sealed["sealed"])
        self.refused(409, "RequestConflict", self.queue.createTask, new_id(), self.definition())
        # Not even one that is there.
        self.refused(409, "RequestConflict", self.queue.createTask, task_id, definition)

    def test_canceling(self):
        done, pending, unscheduled = self.make(), self.make(), self.make(dependencies=[new := self.make()])
        self.complete(done)
        body = self.refused(409, "RequestConflict", self.queue.cancelTaskGroup, self.group)
        self.assertIn("unsealed", body["message"])
        self.queue.sealTaskGroup(self.group)
        answer = self.queue.cancelTaskGroup(self.group)
        self.assertEqual((answer["taskGroupId"], answer["cancelledCount"], answer["taskGroupSize"]), (self.group, 3, 4))
        self.assertEqual(set(answer["taskIds"]), {pending, unscheduled, new})
        self.assertEqual([self.state(task) for task in (done, pending, unscheduled)], ["completed", "exception", "exception"])

    def test_scopes(self):
        self.make()
        group = f"interop/{self.group}"
        for method, scope in (("sealTaskGroup", "queue:seal-task-group"), ("cancelTaskGroup", "queue:cancel-task-group")):
            call = getattr(limited("Queue", "queue:list-task-group:*"), method)
            body = self.refused(403, "InsufficientScopes", call, self.group)
            self.assertIn(f"{scope}:{group}", body["message"])
            getattr(limited("Queue", f"{scope}:{group}"), method)(self.group)


if __name__ == "__main__":
    unittest.main()
