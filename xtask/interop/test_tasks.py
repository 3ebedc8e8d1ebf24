"""The queue: tasks, from being created to being resolved."""

import time
import unittest

from support import TIME, Case, at, limited, new_id, pages


class Creating(Case):
    def test_what_comes_back(self):
        task_id, definition = new_id(), self.definition(priority="high", retries=2)
        status = self.queue.createTask(task_id, definition)["status"]
        provisioner, worker_type = self.pool.split("/")
        run = status["runs"].pop()
        self.assertRegex(run.pop("scheduled"), TIME)
        self.assertEqual(run, {"runId": 0, "state": "pending", "reasonCreated": "scheduled"})
        expires = status.pop("expires")
        self.assertRegex(expires, TIME)
        self.assertEqual(
            status,
            {
                "taskId": task_id,
                "provisionerId": provisioner,
                "workerType": worker_type,
                "taskQueueId": self.pool,
                "schedulerId": "interop",
                "projectId": "none",
                "taskGroupId": self.group,
                "priority": "high",
                "deadline": definition["deadline"],
                "retriesLeft": 2,
                "state": "pending",
                "runs": [],
            },
        )
        self.assertEqual(self.status(task_id)["state"], "pending")

    def test_defaults(self):
        definition = self.definition(taskGroupId=None, schedulerId=None)
        task_id = new_id()
        self.queue.createTask(task_id, definition)
        shown = self.queue.task(task_id)
        for key, value in {
            "taskGroupId": task_id,
            "schedulerId": "-",
            "projectId": "none",
            "dependencies": [],
            "requires": "all-completed",
            "routes": [],
            "priority": "lowest",
            "retries": 5,
            "scopes": [],
            "tags": {},
            "extra": {},
        }.items():
            self.assertEqual(shown[key], value, key)
        year = str(int(definition["deadline"][:4]) + 1)
        self.assertEqual(shown["expires"], year + definition["deadline"][4:])

    def test_again(self):
        task_id, definition = new_id(), self.definition()
        first = self.queue.createTask(task_id, definition)
        self.assertEqual(self.queue.createTask(task_id, definition), first)
        full = {**definition, "retries": 5, "requires": "all-completed", "routes": [], "scopes": [], "tags": {}}
        self.assertEqual(self.queue.createTask(task_id, full), first)
        self.claim(task_id)
        self.assertEqual(self.queue.createTask(task_id, definition)["status"]["state"], "running")

    def test_again_with_another_body(self):
        task_id, definition = new_id(), self.definition()
        self.queue.createTask(task_id, definition)
        for changes in (
            {"payload": {}},
            {"deadline": at(hours=2)},
            {"created": at(seconds=-1)},
            {"metadata": {**definition["metadata"], "name": "other"}},
            {"tags": {"a": "b"}},
        ):
            body = self.refused(409, "RequestConflict", self.queue.createTask, task_id, {**definition, **changes})
            self.assertIn("already used by another task", body["message"])

    def test_a_dependency_that_is_missing(self):
        task_id, missing = new_id(), new_id()
        definition = self.definition(dependencies=[missing])
        body = self.refused(400, "InputError", self.queue.createTask, task_id, definition)
        self.assertIn(missing, body["message"])
        self.refused(404, "ResourceNotFound", self.queue.status, task_id)
        self.assertEqual(self.queue.listTaskGroup(self.group)["tasks"], [])
        self.queue.createTask(missing, self.definition())
        self.assertEqual(self.queue.createTask(task_id, definition)["status"]["state"], "unscheduled")

    def test_itself_as_a_dependency(self):
        task_id = new_id()
        status = self.queue.createTask(task_id, self.definition(dependencies=[task_id]))["status"]
        self.assertEqual((status["state"], status["runs"]), ("unscheduled", []))

    def test_dependencies_that_are_resolved_already(self):
        done, failed = self.make(), self.make()
        self.complete(done)
        self.fail_task(failed)
        for dependencies, requires, expected in (
            ([done], "all-completed", "pending"),
            ([done], "all-resolved", "pending"),
            ([failed], "all-completed", "unscheduled"),
            ([done, failed], "all-completed", "unscheduled"),
            ([failed, done], "all-resolved", "pending"),
        ):
            status = self.status(self.make(dependencies=dependencies, requires=requires))
            self.assertEqual(status["state"], expected)
            if expected == "pending":
                self.assertEqual([run["reasonCreated"] for run in status["runs"]], ["scheduled"])

    def test_times(self):
        for changes, expected in (
            ({"deadline": at(days=5, minutes=20)}, "deadline"),
            ({"deadline": at(seconds=-5)}, "deadline"),
            ({"created": at(hours=-1)}, "created"),
            ({"created": at(hours=1), "deadline": at(hours=2)}, "created"),
            ({"expires": at(minutes=30)}, "expires"),
        ):
            body = self.refused(400, "InputError", self.queue.createTask, new_id(), self.definition(**changes))
            self.assertIn(expected, body["message"])
        for changes in ({"deadline": at(days=5)}, {"created": at(minutes=-14)}, {"created": at(minutes=14)}):
            self.make(**changes)

    def test_another_scheduler_in_the_group(self):
        self.make()
        definition = self.definition(schedulerId="other")
        self.refused(409, "RequestConflict", self.queue.createTask, new_id(), definition)

    def test_names_of_the_queue(self):
        provisioner, worker_type = self.pool.split("/")
        task_id = self.make(taskQueueId=None, provisionerId=provisioner, workerType=worker_type)
        self.assertEqual(self.queue.task(task_id)["taskQueueId"], self.pool)
        task_id = self.make()
        self.assertEqual(self.queue.task(task_id)["workerType"], worker_type)
        both = self.definition(provisionerId=provisioner, workerType="other")
        self.refused(400, "InputError", self.queue.createTask, new_id(), both)

    def test_scopes(self):
        needed = ["queue:create-task:project:none", "queue:scheduler-id:interop", f"queue:create-task:low:{self.pool}"]
        queue = limited("Queue", *needed, "queue:route:x.*", "project:*")
        for changes in ({}, {"priority": "lowest"}, {"priority": "low", "routes": ["x.y"], "scopes": ["project:a"]}):
            queue.createTask(new_id(), self.definition(**changes))
        for changes in ({"priority": "medium"}, {"routes": ["y"]}, {"scopes": ["other"]}, {"projectId": "p"}):
            self.refused(403, "InsufficientScopes", queue.createTask, new_id(), self.definition(**changes))

    def test_values_come_back_as_they_were(self):
        payload = {"zz": 1, "aa": [1.5, -0.25, 1e300, None, True, "\u2028 ü 😀 \\ \""], "": {"10": {}, "9": []}}
        shown = self.queue.task(self.make(payload=payload, extra={"é": "ß"}, tags={"kind": "x"}))
        self.assertEqual((shown["payload"], shown["extra"], shown["tags"]), (payload, {"é": "ß"}, {"kind": "x"}))


class Several(Case):
    def test_definitions_and_statuses(self):
        ids = [self.make(payload={"number": number}) for number in range(5)]
        asked = {"taskIds": [*ids, new_id()]}
        for call, key, field in ((self.queue.tasks, "tasks", "task"), (self.queue.statuses, "statuses", "status")):
            found = pages(call, payload=asked)
            self.assertGreater(len(found), 1)
            entries = {entry["taskId"]: entry[field] for page in found for entry in page[key]}
            self.assertEqual(set(entries), set(ids))
            single = self.queue.task(ids[0]) if field == "task" else self.status(ids[0])
            self.assertEqual(entries[ids[0]], single)

    def test_unknown(self):
        for call in (self.queue.task, self.queue.status, self.queue.listDependentTasks, self.queue.cancelTask):
            self.refused(404, "ResourceNotFound", call, new_id())

    def test_dependents(self):
        first = self.make()
        ids = {self.make(dependencies=[first]) for _ in range(5)}
        found = pages(self.queue.listDependentTasks, first)
        self.assertEqual([len(page["tasks"]) for page in found], [2, 2, 1])
        self.assertEqual({page["taskId"] for page in found}, {first})
        tasks = [task for page in found for task in page["tasks"]]
        self.assertEqual({task["status"]["taskId"] for task in tasks}, ids)
        self.assertEqual(tasks[0]["task"]["dependencies"], [first])


class Canceling(Case):
    def test_unscheduled(self):
        task_id = self.make(dependencies=[self.make()])
        status = self.queue.cancelTask(task_id)["status"]
        self.assertEqual((status["state"], len(status["runs"])), ("exception", 1))
        run = status["runs"][0]
        self.assertEqual((run["reasonCreated"], run["reasonResolved"], run["state"]), ("exception", "canceled", "exception"))
        self.assertEqual(self.status(task_id), status)

    def test_pending_and_running(self):
        pending, running = self.make(), self.make()
        claim = self.claim(running)
        for task_id in (pending, running):
            status = self.queue.cancelTask(task_id)["status"]
            self.assertEqual((status["state"], status["runs"][0]["reasonResolved"]), ("exception", "canceled"))
        self.refused(409, "RequestConflict", self.worker(claim).reportCompleted, running, "0")

    def test_what_is_resolved_stays(self):
        done, gone = self.make(), self.make()
        self.complete(done)
        self.queue.cancelTask(gone)
        for task_id in (done, gone):
            before = self.status(task_id)
            self.assertEqual(self.queue.cancelTask(task_id)["status"], before)

    def test_dependents_of_a_canceled_task(self):
        first = self.make()
        strict, lenient = self.make(dependencies=[first]), self.make(dependencies=[first], requires="all-resolved")
        self.queue.cancelTask(first)
        self.eventually("pending", lambda: self.state(lenient))
        self.assertEqual(self.state(strict), "unscheduled")


class Rerunning(Case):
    def test_unscheduled(self):
        status = self.queue.rerunTask(self.make(dependencies=[self.make()]))["status"]
        self.assertEqual((status["state"], status["runs"][0]["reasonCreated"]), ("pending", "rerun"))
        self.assertEqual(len(status["runs"]), 1)

    def test_pending_and_running(self):
        pending, running = self.make(), self.make()
        self.claim(running)
        for task_id in (pending, running):
            before = self.status(task_id)
            self.assertEqual(self.queue.rerunTask(task_id)["status"], before)

    def test_resolved(self):
        done, failed, gone = self.make(), self.make(), self.make(retries=3)
        self.complete(done)
        self.fail_task(failed)
        self.queue.cancelTask(gone)
        for task_id, retries in ((done, 5), (failed, 5), (gone, 3)):
            status = self.queue.rerunTask(task_id)["status"]
            self.assertEqual((status["state"], status["retriesLeft"], len(status["runs"])), ("pending", retries, 2))
            self.assertEqual((status["runs"][1]["runId"], status["runs"][1]["reasonCreated"]), (1, "rerun"))

    def test_retries_are_reset(self):
        task_id = self.make(retries=1)
        worker = self.worker(self.claim(task_id))
        worker.reportException(task_id, "0", {"reason": "worker-shutdown"})
        self.assertEqual(self.status(task_id)["retriesLeft"], 0)
        self.queue.cancelTask(task_id)
        self.assertEqual(self.queue.rerunTask(task_id)["status"]["retriesLeft"], 1)


class Scheduling(Case):
    def test_dependents_follow(self):
        first, second = self.make(), self.make()
        waits = self.make(dependencies=[first, second])
        self.complete(first)
        self.assertEqual(self.state(waits), "unscheduled")
        self.complete(second)
        self.eventually("pending", lambda: self.state(waits))
        self.assertEqual(self.status(waits)["runs"][0]["reasonCreated"], "scheduled")

    def test_by_force(self):
        waits = self.make(dependencies=[self.make()])
        status = self.queue.scheduleTask(waits)["status"]
        self.assertEqual((status["state"], status["runs"][0]["reasonCreated"]), ("pending", "scheduled"))
        self.assertEqual(self.queue.scheduleTask(waits)["status"], status)

    def test_a_failed_dependency_that_succeeds_later(self):
        first = self.make()
        waits = self.make(dependencies=[first])
        self.fail_task(first)
        self.assertEqual(self.state(waits), "unscheduled")
        self.queue.rerunTask(first)
        self.complete(first, 1)
        self.eventually("pending", lambda: self.state(waits))


class Priorities(Case):
    def test_of_a_task(self):
        task_id = self.make(priority="low")
        answer = self.queue.changeTaskPriority(task_id, {"newPriority": "high"})
        self.assertEqual(answer["status"]["priority"], "high")
        self.assertEqual(self.status(task_id)["priority"], "high")

    def test_of_a_group(self):
        waiting, done = self.make(), self.make()
        self.complete(done)
        answer = self.queue.changeTaskGroupPriority(self.group, {"newPriority": "very-high"})
        self.assertEqual((answer["taskGroupId"], answer["tasksAffected"], answer["taskIds"]), (self.group, 1, [waiting]))
        self.assertEqual(self.status(waiting)["priority"], "very-high")


class PastTheDeadline(Case):
    """Waits once, for all of them."""

    @classmethod
    def setUpClass(cls):
        # Borrows the helpers of a test.
        cls.case = case = cls("test_state")
        case.setUp()
        soon = at(seconds=1.5)
        cls.definition_of_identical = case.definition(deadline=soon)
        cls.identical = new_id()
        case.queue.createTask(cls.identical, cls.definition_of_identical)
        cls.blocker = case.make()
        cls.unscheduled = case.make(deadline=soon, dependencies=[cls.blocker])
        cls.pending = case.make(deadline=soon)
        cls.running = case.make(deadline=soon)
        cls.completed = case.make(deadline=soon)
        cls.claimed = case.claim(cls.running)
        case.complete(cls.completed)
        time.sleep(1.6)

    def test_state(self):
        for task_id in (self.unscheduled, self.pending, self.running):
            self.eventually("exception", lambda task_id=task_id: self.state(task_id))
            self.assertEqual(self.status(task_id)["runs"][-1]["reasonResolved"], "deadline-exceeded")
        self.assertEqual(self.state(self.completed), "completed")

    def test_create_again(self):
        body = self.refused(
            400, "InputError", self.queue.createTask, self.identical, self.definition_of_identical
        )
        self.assertIn("`deadline` cannot be in the past", body["message"])

    def test_nothing_can_be_done(self):
        for task_id in (self.unscheduled, self.pending, self.running, self.completed):
            for call in (self.queue.cancelTask, self.queue.rerunTask, self.queue.scheduleTask):
                self.refused(409, "RequestConflict", call, task_id)

    def test_the_worker_is_told(self):
        self.eventually("exception", lambda: self.state(self.running))
        self.refused(409, "RequestConflict", self.case.worker(self.claimed).reportCompleted, self.running, "0")

    def test_as_a_dependency(self):
        self.assertEqual(self.state(self.make(dependencies=[self.completed])), "pending")


if __name__ == "__main__":
    unittest.main()
