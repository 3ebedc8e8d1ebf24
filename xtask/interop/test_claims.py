"""Workers: claiming, keeping a claim, reporting."""

import unittest

from support import TIME, Case, limited, new_id, pages

WORKER = {"workerGroup": "group", "workerId": "worker"}


class Claiming(Case):
    def work(self, count=1):
        return self.queue.claimWork(self.pool, {**WORKER, "tasks": count})["tasks"]

    def test_work(self):
        task_id = self.make(payload={"number": 7}, scopes=["project:x"])
        [claim] = self.work()
        self.assertEqual(
            set(claim), {"status", "runId", "workerGroup", "workerId", "takenUntil", "task", "credentials"}
        )
        self.assertEqual((claim["runId"], claim["workerGroup"], claim["workerId"]), (0, "group", "worker"))
        self.assertRegex(claim["takenUntil"], TIME)
        self.assertEqual(claim["task"], self.queue.task(task_id))
        run = claim["status"]["runs"][0]
        self.assertEqual((run["state"], run["workerId"], run["takenUntil"]), ("running", "worker", claim["takenUntil"]))
        self.assertEqual(set(claim["credentials"]), {"clientId", "accessToken", "certificate"})
        self.assertTrue(claim["credentials"]["clientId"].startswith(f"task-client/{task_id}/0/on/group/worker/until/"))

    def test_by_priority_then_by_age(self):
        priorities = ("low", "highest", "lowest", "medium", "high", "low")
        ids = [self.make(priority=priority) for priority in priorities]
        self.assertEqual([claim["status"]["taskId"] for claim in self.work(2)], [ids[1], ids[4]])
        self.assertEqual([claim["status"]["taskId"] for claim in self.work(10)], [ids[3], ids[0], ids[5], ids[2]])

    def test_one_task(self):
        task_id = self.make()
        claim = self.claim(task_id)
        self.assertEqual((claim["runId"], claim["status"]["state"]), (0, "running"))
        other = {"workerGroup": "group", "workerId": "other"}
        self.refused(409, "RequestConflict", self.queue.claimTask, task_id, "0", other)
        self.refused(404, "ResourceNotFound", self.queue.claimTask, task_id, "1", WORKER)
        waits = self.make(dependencies=[task_id])
        self.refused(404, "ResourceNotFound", self.queue.claimTask, waits, "0", WORKER)

    def test_what_a_worker_may_do(self):
        task_id = self.make(scopes=["queue:status:*"])
        worker = self.worker(self.claim(task_id))
        self.assertEqual(worker.status(task_id)["status"]["state"], "running")
        self.refused(403, "InsufficientScopes", worker.task, task_id)
        self.refused(403, "InsufficientScopes", worker.cancelTask, task_id)
        self.refused(403, "InsufficientScopes", worker.reportCompleted, self.make(), "0")

    def test_keeping_a_claim(self):
        task_id = self.make()
        claim = self.claim(task_id)
        again = self.worker(claim).reclaimTask(task_id, "0")
        self.assertGreaterEqual(again["takenUntil"], claim["takenUntil"])
        self.assertNotIn("task", again)
        self.assertEqual(self.worker(again).reportCompleted(task_id, "0")["status"]["state"], "completed")

    def test_scopes(self):
        self.make()
        body = {**WORKER, "tasks": 1}
        queue = limited("Queue", f"queue:claim-work:{self.pool}", "queue:worker-id:group/other")
        self.refused(403, "InsufficientScopes", queue.claimWork, self.pool, body)
        queue = limited("Queue", f"queue:claim-work:{self.pool}", "queue:worker-id:group/worker")
        self.assertEqual(len(queue.claimWork(self.pool, body)["tasks"]), 1)

    def test_counts_and_lists(self):
        ids = [self.make() for _ in range(5)]
        self.claim(ids[0])
        self.claim(ids[1])
        self.assertEqual(self.queue.pendingTasks(self.pool)["pendingTasks"], 3)
        counts = self.queue.taskQueueCounts(self.pool)
        self.assertEqual((counts["pendingTasks"], counts["claimedTasks"], counts["taskQueueId"]), (3, 2, self.pool))
        pending = pages(self.queue.listPendingTasks, self.pool)
        self.assertEqual([len(page["tasks"]) for page in pending], [2, 1])
        tasks = [task for page in pending for task in page["tasks"]]
        self.assertEqual({task["taskId"] for task in tasks}, set(ids[2:]))
        self.assertLessEqual({"taskId", "runId", "task", "inserted"}, set(tasks[0]))
        claimed = pages(self.queue.listClaimedTasks, self.pool, limit=1)
        tasks = [task for page in claimed for task in page["tasks"]]
        self.assertEqual({task["taskId"] for task in tasks}, set(ids[:2]))
        self.assertEqual((tasks[0]["workerGroup"], tasks[0]["workerId"]), ("group", "worker"))


class Reporting(Case):
    def test_success_twice(self):
        task_id = self.make()
        worker = self.worker(self.claim(task_id))
        status = worker.reportCompleted(task_id, "0")["status"]
        run = status["runs"][0]
        self.assertEqual((status["state"], run["state"], run["reasonResolved"]), ("completed",) * 3)
        self.assertRegex(run["resolved"], TIME)
        self.assertEqual(worker.reportCompleted(task_id, "0")["status"], status)

    def test_failure(self):
        task_id = self.make()
        status = self.worker(self.claim(task_id)).reportFailed(task_id, "0")["status"]
        self.assertEqual((status["state"], status["runs"][0]["reasonResolved"]), ("failed", "failed"))

    def test_after_success(self):
        task_id = self.make()
        worker = self.worker(self.claim(task_id))
        worker.reportCompleted(task_id, "0")
        self.refused(409, "RequestConflict", worker.reportFailed, task_id, "0")
        self.refused(409, "RequestConflict", worker.reportException, task_id, "0", {"reason": "internal-error"})
        self.refused(409, "RequestConflict", worker.reclaimTask, task_id, "0")

    def test_before_a_claim(self):
        self.refused(409, "RequestConflict", self.queue.reportCompleted, self.make(), "0")

    def test_a_run_that_is_not_there(self):
        body = self.refused(404, "ResourceNotFound", self.queue.reportCompleted, self.make(), "3")
        self.assertIn("3", body["message"])
        self.refused(404, "ResourceNotFound", self.queue.reportCompleted, new_id(), "0")

    def test_exceptions_that_are_final(self):
        for reason in ("malformed-payload", "internal-error", "resource-unavailable", "superseded"):
            task_id = self.make()
            status = self.worker(self.claim(task_id)).reportException(task_id, "0", {"reason": reason})["status"]
            self.assertEqual((status["state"], status["runs"][0]["reasonResolved"]), ("exception", reason))

    def test_exceptions_that_are_retried(self):
        for reason, created in (("worker-shutdown", "retry"), ("intermittent-task", "task-retry")):
            task_id = self.make(retries=1)
            status = self.worker(self.claim(task_id)).reportException(task_id, "0", {"reason": reason})["status"]
            self.assertEqual((status["state"], status["retriesLeft"], len(status["runs"])), ("pending", 0, 2))
            self.assertEqual([run["reasonCreated"] for run in status["runs"]], ["scheduled", created])
            self.assertEqual(status["runs"][0]["reasonResolved"], reason)
            status = self.worker(self.claim(task_id, 1)).reportException(task_id, "1", {"reason": reason})["status"]
            self.assertEqual((status["state"], len(status["runs"])), ("exception", 2))

    def test_reasons_that_do_not_exist(self):
        task_id = self.make()
        worker = self.worker(self.claim(task_id))
        self.refused(400, "InputValidationError", worker.reportException, task_id, "0", {"reason": "boredom"})


if __name__ == "__main__":
    unittest.main()
