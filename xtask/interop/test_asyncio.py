"""The asynchronous official client."""

import asyncio
import io
import unittest

import aiohttp
import requests
import taskcluster.aio
import taskcluster.aio.download
from support import Case, at, new_id, options, word
from taskcluster.exceptions import TaskclusterAuthFailure, TaskclusterRestFailure


class Asynchronous(Case):
    def run_with(self, work):
        """Runs `work(queue, make)`; `make` makes clients that share a session."""

        async def main():
            async with taskcluster.aio.createSession() as session:
                def make(service, given=None):
                    return getattr(taskcluster.aio, service)(given or options(), session=session)

                return await work(make("Queue"), make)

        return asyncio.run(main())

    def test_a_task_from_beginning_to_end(self):
        async def work(queue, make):
            task_id, definition = new_id(), self.definition(payload={"n": 1}, routes=[f"index.interop.{word()}"])
            first = await queue.createTask(task_id, definition)
            self.assertEqual(await queue.createTask(task_id, definition), first)
            worker = {"workerGroup": "group", "workerId": "worker", "tasks": 1}
            [claim] = (await queue.claimWork(self.pool, worker))["tasks"]
            given = claim["credentials"]
            as_worker = make("Queue", options(given["clientId"], given["accessToken"], given["certificate"]))
            await as_worker.reclaimTask(task_id, "0")
            done = await as_worker.reportCompleted(task_id, "0")
            self.assertEqual(done["status"]["state"], "completed")
            self.assertEqual((await queue.task(task_id))["payload"], {"n": 1})

        self.run_with(work)

    def test_many_at_once(self):
        async def work(queue, make):
            ids = [new_id() for _ in range(60)]
            await asyncio.gather(*(queue.createTask(task_id, self.definition()) for task_id in ids))
            found = []
            await queue.listTaskGroup(self.group, paginationHandler=found.append, paginationLimit=25)
            self.assertEqual([len(page["tasks"]) for page in found], [25, 25, 10])
            self.assertEqual({task["status"]["taskId"] for page in found for task in page["tasks"]}, set(ids))

        self.run_with(work)

    def test_refusals(self):
        async def work(queue, make):
            with self.assertRaises(TaskclusterRestFailure) as caught:
                await queue.status(new_id())
            self.assertEqual(caught.exception.status_code, 404)
            self.envelope(caught.exception.body, 404, "ResourceNotFound")
            with self.assertRaises((TaskclusterAuthFailure, TaskclusterRestFailure)) as caught:
                await make("Queue", options(access_token="wrong")).status(new_id())
            self.assertEqual(caught.exception.status_code, 401)

        self.run_with(work)

    def test_temporary_credentials_and_authorized_scopes(self):
        async def work(queue, make):
            task_id = new_id()
            await queue.createTask(task_id, self.definition())
            given = self.temporary(["queue:*"])
            narrow = make("Queue", options(authorizedScopes=[f"queue:status:{task_id}"], **given))
            self.assertEqual((await narrow.status(task_id))["status"]["state"], "pending")
            with self.assertRaises(TaskclusterRestFailure) as caught:
                await narrow.task(task_id)
            self.assertEqual(caught.exception.status_code, 403)

        self.run_with(work)

    def test_downloads(self):
        task_id = self.make()
        worker = self.worker(self.claim(task_id))
        artifact = {"storageType": "s3", "contentType": "text/plain", "expires": at(hours=1)}
        made = worker.createArtifact(task_id, "0", "public/x", artifact)

        async def work(queue, make):
            async with aiohttp.ClientSession() as session:
                async with session.put(made["putUrl"], data=b"content", headers={"Content-Type": "text/plain"}) as answer:
                    answer.raise_for_status()
            data, content_type = await taskcluster.aio.download.downloadArtifactToBuf(
                taskId=task_id, name="public/x", queueService=queue
            )
            self.assertEqual((bytes(data), content_type), (b"content", "text/plain"))
            file = io.BytesIO()
            await taskcluster.aio.download.downloadArtifactToFile(
                file, taskId=task_id, runId=0, name="public/x", queueService=queue
            )
            self.assertEqual(file.getvalue(), b"content")
            url = queue.buildSignedUrl("getLatestArtifact", task_id, "public/x")
            self.assertEqual(requests.get(url, timeout=30).text, "content")

        self.run_with(work)

    def test_other_services(self):
        async def work(queue, make):
            self.assertEqual((await make("Auth").currentScopes())["scopes"], ["*"])
            self.assertTrue((await make("Hooks").ping())["alive"])
            path, task_id = f"interop.{word()}.x", new_id()
            record = {"taskId": task_id, "rank": 1, "data": {}, "expires": at(days=1)}
            await make("Index").insertTask(path, record)
            self.assertEqual((await make("Index").findTask(path))["taskId"], task_id)
            await make("Secrets").set(path, {"secret": {"x": 1}, "expires": at(days=1)})
            self.assertEqual((await make("Secrets").get(path))["secret"], {"x": 1})

        self.run_with(work)


if __name__ == "__main__":
    unittest.main()
