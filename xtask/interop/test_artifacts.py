"""Artifacts of all kinds."""

import gzip
import io
import unittest

import requests
import taskcluster
import taskcluster.download
from support import ANONYMOUS, TIME, Case, at, client, get, limited, new_id, pages
from taskcluster.exceptions import TaskclusterArtifactError


class Artifacts(Case):
    def setUp(self):
        super().setUp()
        self.task_id = self.make()
        self.worker_queue = self.worker(self.claim(self.task_id))

    def create(self, name, **artifact):
        artifact.setdefault("expires", at(hours=1))
        return self.worker_queue.createArtifact(self.task_id, "0", name, artifact)

    def upload(self, name, content, content_type="text/plain", encoding=None):
        made = self.create(name, storageType="s3", contentType=content_type)
        self.assertEqual((made["storageType"], made["contentType"]), ("s3", content_type))
        self.assertRegex(made["expires"], TIME)
        headers = {"Content-Type": content_type}
        if encoding:
            headers["Content-Encoding"] = encoding
        requests.put(made["putUrl"], data=content, headers=headers, timeout=30).raise_for_status()

    def content(self, name, run=None):
        if run is None:
            url = self.queue.buildSignedUrl("getLatestArtifact", self.task_id, name)
        else:
            url = self.queue.buildSignedUrl("getArtifact", self.task_id, run, name)
        return requests.get(url, timeout=30)

    def test_a_file(self):
        name, content = "public/a folder/ü+&.bin", bytes(range(256)) * 5000
        self.upload(name, content, "application/x-test")
        for run in (None, 0):
            answer = self.content(name, run)
            self.assertEqual((answer.content, answer.headers["content-type"]), (content, "application/x-test"))
        self.assertEqual(answer.history[0].status_code, 303)
        self.assertEqual(answer.history[0].headers["x-taskcluster-artifact-storage-type"], "s3")
        self.assertEqual(set(self.queue.getArtifact(self.task_id, "0", name)), {"storageType", "url"})

    def test_an_empty_file(self):
        self.upload("public/empty", b"")
        self.assertEqual(self.content("public/empty").content, b"")

    def test_a_compressed_file(self):
        self.upload("public/log", gzip.compress(b"line\n" * 1000), encoding="gzip")
        answer = self.content("public/log")
        self.assertEqual((answer.content, answer.headers["content-encoding"]), (b"line\n" * 1000, "gzip"))

    def test_the_download_helpers(self):
        content = b"0123456789" * 100_000
        self.upload("public/large", content, "application/octet-stream")
        for run in (None, 0):
            data, content_type = taskcluster.download.downloadArtifactToBuf(
                taskId=self.task_id, name="public/large", runId=run, queueService=self.queue
            )
            self.assertEqual((bytes(data), content_type), (content, "application/octet-stream"))
        file = io.BytesIO()
        taskcluster.download.downloadArtifactToFile(
            file, taskId=self.task_id, name="public/large", queueService=self.queue
        )
        self.assertEqual(file.getvalue(), content)

    def test_references(self):
        made = self.create("public/there", storageType="reference", url="https://example.com/x?y=1", contentType="text/html")
        self.assertEqual(made, {"storageType": "reference"})
        answer = requests.get(
            self.queue.buildSignedUrl("getLatestArtifact", self.task_id, "public/there"), allow_redirects=False, timeout=30
        )
        self.assertEqual((answer.status_code, answer.headers["location"]), (303, "https://example.com/x?y=1"))
        found = self.queue.latestArtifact(self.task_id, "public/there")
        self.assertEqual(found, {"storageType": "reference", "url": "https://example.com/x?y=1"})
        # It may point elsewhere later.
        self.create("public/there", storageType="reference", url="https://example.com/z", contentType="text/html")
        self.assertEqual(self.queue.artifact(self.task_id, "0", "public/there")["url"], "https://example.com/z")

    def test_links(self):
        self.upload("public/target", b"here")
        self.assertEqual(
            self.create("public/link", storageType="link", artifact="public/target", contentType="text/plain"),
            {"storageType": "link"},
        )
        self.assertEqual(self.content("public/link").content, b"here")
        self.assertEqual(self.content("public/link", 0).content, b"here")

    def test_errors(self):
        made = self.create("public/gone", storageType="error", reason="file-missing-on-worker", message="not there")
        self.assertEqual(made, {"storageType": "error"})
        answer = self.content("public/gone")
        expected = {"reason": "file-missing-on-worker", "message": "not there"}
        self.assertEqual((answer.status_code, answer.json()), (424, expected))
        self.assertEqual(self.queue.latestArtifact(self.task_id, "public/gone"), {"storageType": "error", **expected})
        with self.assertRaisesRegex(TaskclusterArtifactError, "not there"):
            taskcluster.download.downloadArtifactToBuf(
                taskId=self.task_id, name="public/gone", queueService=self.queue
            )

    def test_objects(self):
        made = self.create("public/object", storageType="object", contentType="text/plain")
        self.assertEqual((made["storageType"], made["projectId"]), ("object", "none"))
        self.assertLessEqual({"name", "uploadId", "expires", "credentials"}, set(made))
        # It is not there before it is finished.
        self.refused(404, "ResourceNotFound", self.queue.latestArtifact, self.task_id, "public/object")
        self.assertEqual(self.queue.listLatestArtifacts(self.task_id)["artifacts"], [])
        finish = self.worker_queue.finishArtifact
        self.refused(400, "InputError", finish, self.task_id, "0", "public/object", {"uploadId": new_id()})
        requests.put(made["putUrl"], data=b"object", headers={"Content-Type": "text/plain"}, timeout=30).raise_for_status()
        self.assertIsNone(finish(self.task_id, "0", "public/object", {"uploadId": made["uploadId"]}))
        data, _ = taskcluster.download.downloadArtifactToBuf(
            taskId=self.task_id, name="public/object", queueService=self.queue
        )
        self.assertEqual(bytes(data), b"object")

    def test_listing(self):
        names = [f"public/{number}" for number in range(5)]
        for name in names:
            self.create(name, storageType="reference", url="https://example.com/", contentType="text/plain")
        for call, arguments in (
            (self.queue.listArtifacts, (self.task_id, "0")),
            (self.queue.listLatestArtifacts, (self.task_id,)),
        ):
            found = pages(call, *arguments)
            self.assertGreater(len(found), 1)
            listed = [artifact for page in found for artifact in page["artifacts"]]
            self.assertEqual([artifact["name"] for artifact in listed], names)
            self.assertEqual(set(listed[0]), {"storageType", "name", "expires", "contentType"})
        for info in (
            self.queue.artifactInfo(self.task_id, "0", names[2]),
            self.queue.latestArtifactInfo(self.task_id, names[2]),
        ):
            self.assertEqual(info, listed[2])

    def test_of_the_latest_run(self):
        self.upload("public/x", b"first")
        self.worker_queue.reportCompleted(self.task_id, "0")
        self.queue.rerunTask(self.task_id)
        self.worker_queue = self.worker(self.claim(self.task_id, 1))
        made = self.worker_queue.createArtifact(
            self.task_id, "1", "public/x", {"storageType": "s3", "contentType": "text/plain", "expires": at(hours=1)}
        )
        requests.put(made["putUrl"], data=b"second", headers={"Content-Type": "text/plain"}, timeout=30)
        self.assertEqual(self.content("public/x").content, b"second")
        self.assertEqual(self.content("public/x", 0).content, b"first")

    def test_again(self):
        same = {"storageType": "s3", "contentType": "text/plain", "expires": at(hours=1)}
        self.create("public/x", **same)
        self.create("public/x", **same)
        for changes in ({"contentType": "text/html"}, {"expires": at(minutes=30)}, {"storageType": "reference", "url": "https://example.com"}):
            self.refused(409, "RequestConflict", self.create, "public/x", **{**same, **changes})

    def test_after_the_end(self):
        self.worker_queue.reportCompleted(self.task_id, "0")
        artifact = {"storageType": "reference", "url": "https://example.com/", "contentType": "text/plain"}
        self.refused(409, "RequestConflict", self.create, "public/x", **artifact)

    def test_that_outlive_their_task(self):
        expires = self.queue.task(self.task_id)["expires"]
        later = str(int(expires[:4]) + 1) + expires[4:]
        artifact = {"storageType": "reference", "url": "https://example.com/", "contentType": "text/plain"}
        self.refused(400, "InputError", self.create, "public/x", expires=later, **artifact)

    def test_unknown(self):
        self.refused(404, "ResourceNotFound", self.queue.getLatestArtifact, self.task_id, "public/none")
        self.refused(404, "ResourceNotFound", self.queue.getArtifact, self.task_id, "0", "public/none")
        self.refused(404, "ResourceNotFound", self.queue.listArtifacts, self.task_id, "7")
        waits = self.make(dependencies=[self.task_id])
        self.refused(404, "ResourceNotFound", self.queue.getLatestArtifact, waits, "public/none")

    def test_scopes(self):
        self.upload("private/x", b"secret")
        path = f"/api/queue/v1/task/{self.task_id}/artifacts/private/x"
        self.assertEqual(get(path).status_code, 403)
        body = self.refused(
            403, "InsufficientScopes", client("Queue", ANONYMOUS).getLatestArtifact, self.task_id, "private/x"
        )
        self.assertIn("queue:get-artifact:private/x", body["message"])
        queue = limited("Queue", "queue:get-artifact:private/*")
        self.assertEqual(queue.getLatestArtifact(self.task_id, "private/x")["storageType"], "s3")


if __name__ == "__main__":
    unittest.main()
