"""How the services say no."""

import json
import unittest
from unittest import mock

import mohawk
import requests
from support import ANONYMOUS, ACCESS_TOKEN, CLIENT_ID, ROOT_URL, SLUGID, Case, client, get, limited, new_id, options


def signed(method, path, content, content_type):
    """Sends a body as it is, signed."""
    url = f"{ROOT_URL}{path}"
    sender = mohawk.Sender(
        credentials={"id": CLIENT_ID, "key": ACCESS_TOKEN, "algorithm": "sha256"},
        url=url,
        method=method,
        content=content,
        content_type=content_type,
    )
    headers = {"Authorization": sender.request_header, "Content-Type": content_type}
    return requests.request(method, url, data=content, headers=headers, timeout=60)


class Authentication(Case):
    def test_bad_token(self):
        body = self.refused(401, "AuthenticationFailed", client("Queue", options(access_token="wrong")).status, self.group)
        self.assertIn("Unauthorized: Bad mac", body["message"])

    def test_unknown_client(self):
        body = self.refused(401, "AuthenticationFailed", client("Queue", options("nobody/here")).status, self.group)
        self.assertIn("Client with clientId 'nobody/here' not found", body["message"])

    def test_a_clock_that_is_twenty_minutes_wrong(self):
        real = mohawk.util.utc_now()
        for skew in (-20 * 60, 20 * 60):
            with mock.patch("mohawk.base.utc_now", return_value=real + skew):
                body = self.refused(401, "AuthenticationFailed", self.queue.status, self.group)
            self.assertIn("Unauthorized: Stale timestamp", body["message"])

    def test_a_clock_that_is_ten_minutes_wrong(self):
        task_id = self.make()
        with mock.patch("mohawk.base.utc_now", return_value=mohawk.util.utc_now() - 10 * 60):
            self.assertEqual(self.state(task_id), "pending")

    def test_expired_temporary_credentials(self):
        old = self.temporary(["*"], start=-7200, expiry=-3600)
        body = self.refused(401, "AuthenticationFailed", client("Queue", options(**old)).status, self.group)
        self.assertIn("ext.certificate.expiry < now", body["message"])

    def test_temporary_credentials_of_tomorrow(self):
        early = self.temporary(["*"], start=86400, expiry=2 * 86400)
        body = self.refused(401, "AuthenticationFailed", client("Queue", options(**early)).status, self.group)
        self.assertIn("ext.certificate.start > now", body["message"])

    def test_a_certificate_that_somebody_changed(self):
        given = self.temporary(["queue:status:*"])
        certificate = json.loads(given["certificate"])
        certificate["scopes"] = ["*"]
        given["certificate"] = json.dumps(certificate)
        self.refused(401, "AuthenticationFailed", client("Queue", options(**given)).status, self.group)

    def test_a_header_that_is_not_hawk(self):
        answer = get(f"/api/queue/v1/task/{self.group}/status", headers={"Authorization": "Bearer abc"})
        self.assertEqual(answer.status_code, 401)
        self.envelope(answer.json(), 401, "AuthenticationFailed")


class Scopes(Case):
    def test_nobody_may_read(self):
        queue, index = client("Queue", ANONYMOUS), client("Index", ANONYMOUS)
        for scope, call, argument in (
            (f"queue:status:{self.group}", queue.status, self.group),
            (f"queue:get-task:{self.group}", queue.task, self.group),
            (f"queue:list-task-group:{self.group}", queue.listTaskGroup, self.group),
            ("index:find-task:a.b", index.findTask, "a.b"),
        ):
            body = self.refused(403, "InsufficientScopes", call, argument)
            self.assertIn(scope, body["message"])

    def test_the_message_lists_what_is_missing_and_the_expression(self):
        queue = limited("Queue", "queue:scheduler-id:interop", "queue:route:a.*")
        definition = self.definition(scopes=["project:x"], routes=["a.b", "c.d"])
        body = self.refused(403, "InsufficientScopes", queue.createTask, new_id(), definition)
        message = body["message"]
        before, after = message.split("This request requires")
        self.assertIn("project:x", before)
        self.assertIn("queue:route:c.d", before)
        self.assertIn("queue:create-task:project:none", before)
        self.assertNotIn("queue:route:a.b", before)
        self.assertNotIn("queue:scheduler-id:interop", before)
        for expected in ("AllOf", "AnyOf", "queue:route:a.b", f"queue:create-task:highest:{self.pool}"):
            self.assertIn(expected, after)

    def test_scopes_come_before_existence(self):
        self.refused(403, "InsufficientScopes", limited("Queue", "queue:status:other").status, new_id())
        self.refused(404, "ResourceNotFound", limited("Queue", "queue:status:*").status, new_id())


class Requests(Case):
    def test_malformed_ids_are_refused_before_anything_else(self):
        for queue in (self.queue, client("Queue", ANONYMOUS)):
            body = self.refused(400, "InvalidRequestArguments", queue.status, "not-a-slugid")
            self.assertIn("taskId", body["message"])
            self.assertIn(SLUGID, body["message"])

    def test_bad_and_unknown_options(self):
        for query in ({"limit": "many"}, {"colour": "red"}):
            body = self.refused(
                400, "InvalidRequestArguments", self.queue.listTaskGroup, params={"taskGroupId": self.group}, query=query
            )
            self.assertIn(next(iter(query)), body["message"])

    def test_a_body_that_violates_the_schema(self):
        definition = self.definition(payload=None, colour="red", retries=1000, priority="urgent")
        body = self.refused(400, "InputValidationError", self.queue.createTask, new_id(), definition)
        for word in ("payload", "colour", "retries", "priority"):
            self.assertIn(word, body["message"])

    def test_a_body_that_is_no_json(self):
        path = f"/api/queue/v1/task/{new_id()}"
        for content, content_type in ((b"{not json", "application/json"), (b"a=b", "application/x-www-form-urlencoded")):
            answer = signed("PUT", path, content, content_type)
            self.assertEqual(answer.status_code, 400, answer.text)
            self.envelope(answer.json(), 400, "MalformedPayload")

    def test_large_bodies(self):
        task_id = new_id()
        self.queue.createTask(task_id, self.definition(payload={"text": "x" * 1_100_000}))
        self.assertEqual(len(self.queue.task(task_id)["payload"]["text"]), 1_100_000)
        definition = self.definition(payload={"text": "x" * (10 * 1024 * 1024)})
        self.refused(500, "InternalServerError", self.queue.createTask, new_id(), definition)

    def test_unknown_routes_and_verbs(self):
        for method, path in (
            ("GET", "/api/queue/v1/nothing"),
            ("GET", "/api/nothing/v1/ping"),
            ("DELETE", f"/api/queue/v1/task/{self.group}"),
            ("POST", "/api/queue/v1/ping"),
        ):
            answer = requests.request(method, f"{ROOT_URL}{path}", timeout=30)
            self.assertEqual((answer.status_code, answer.json()), (404, {"error": "Not found"}), path)

    def test_params_and_payload_are_shown(self):
        task_id = new_id()
        body = self.refused(
            400, "InputError", self.queue.createTask, task_id, self.definition(dependencies=[new_id()])
        )
        info = body["requestInfo"]
        self.assertEqual((info["method"], info["params"]), ("createTask", {"taskId": task_id}))
        payload = info["payload"]
        # With the defaults filled in.
        self.assertEqual(payload["taskQueueId"], self.pool)
        self.assertEqual((payload["priority"], payload["retries"], payload["requires"]), ("lowest", 5, "all-completed"))


if __name__ == "__main__":
    unittest.main()
