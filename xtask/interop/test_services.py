"""Secrets, notifications, and caches to purge."""

import unittest

from support import TIME, Case, at, client, limited, pages, word


class Secrets(Case):
    def setUp(self):
        super().setUp()
        self.secrets = client("Secrets")
        self.name = f"interop/{word()}"

    def test_their_whole_life(self):
        secret = {"secret": {"password": "p", "deep": [1, {"x": None}]}, "expires": at(days=1)}
        self.secrets.set(self.name, secret)
        self.assertEqual(self.secrets.get(self.name), secret)
        self.secrets.set(self.name, {**secret, "secret": {}})
        self.assertEqual(self.secrets.get(self.name)["secret"], {})
        self.assertIn(self.name, [name for page in pages(self.secrets.list) for name in page["secrets"]])
        for _ in range(2):
            self.assertEqual(self.secrets.remove(self.name), {})
            self.refused(404, "ResourceNotFound", self.secrets.get, self.name)

    def test_expired(self):
        self.secrets.set(self.name, {"secret": {"x": 1}, "expires": at(seconds=-10)})
        self.refused(404, "ResourceNotFound", self.secrets.get, self.name)

    def test_scopes(self):
        self.secrets.set(self.name, {"secret": {"x": 1}, "expires": at(days=1)})
        secrets = limited("Secrets", f"secrets:get:{self.name}")
        self.assertEqual(secrets.get(self.name)["secret"], {"x": 1})
        self.refused(403, "InsufficientScopes", secrets.set, self.name, {"secret": {}, "expires": at(days=1)})
        self.refused(403, "InsufficientScopes", secrets.get, "interop/other")


class Notify(Case):
    def setUp(self):
        super().setUp()
        self.notify = client("Notify")

    def test_messages(self):
        self.notify.email({
            "address": "nobody@example.com",
            "subject": "a subject",
            "content": "# some *content*",
            "link": {"text": "here", "href": "https://example.com/"},
        })
        self.notify.pulse({"routingKey": "a.b", "message": {"x": 1}})
        self.notify.slack({"channelId": "C123456", "text": "hello"})
        self.notify.matrix({"roomId": "!abc:example.com", "body": "hello"})

    def test_malformed(self):
        self.refused(400, "InputValidationError", self.notify.email, {"address": "nobody@example.com"})

    def test_addresses_that_want_nothing(self):
        address = f"{word()}@example.com"
        entry = {"notificationType": "email", "notificationAddress": address}
        self.notify.addDenylistAddress(entry)
        listed = [item for page in pages(self.notify.listDenylist) for item in page["addresses"]]
        self.assertIn(entry, listed)
        mail = {"address": address, "subject": "s", "content": "c"}
        self.refused(400, "DenylistedAddress", self.notify.email, mail)
        self.notify.deleteDenylistAddress(entry)
        self.notify.email(mail)

    def test_scopes(self):
        notify = limited("Notify", "notify:email:somebody@example.com")
        mail = {"address": "nobody@example.com", "subject": "s", "content": "c"}
        self.refused(403, "InsufficientScopes", notify.email, mail)
        notify.email({**mail, "address": "somebody@example.com"})


class PurgeCache(Case):
    def setUp(self):
        super().setUp()
        self.purge = client("PurgeCache")

    def test_requests(self):
        self.assertEqual(self.purge.purgeRequests(self.pool)["requests"], [])
        since = at(seconds=-1)
        for name in ("one", "two", "one"):
            self.purge.purgeCache(self.pool, {"cacheName": name})
        requests = self.purge.purgeRequests(self.pool)["requests"]
        self.assertEqual(sorted(request["cacheName"] for request in requests), ["one", "two"])
        provisioner, worker_type = self.pool.split("/")
        for request in requests:
            self.assertEqual((request["provisionerId"], request["workerType"]), (provisioner, worker_type))
            self.assertRegex(request["before"], TIME)
        recent = self.purge.purgeRequests(params={"workerPoolId": self.pool}, query={"since": since})["requests"]
        self.assertEqual(len(recent), 2)
        later = self.purge.purgeRequests(params={"workerPoolId": self.pool}, query={"since": at(hours=1)})["requests"]
        self.assertEqual(later, [])
        everything = [request for page in pages(self.purge.allPurgeRequests) for request in page["requests"]]
        self.assertEqual(len([request for request in everything if request["workerType"] == worker_type]), 2)

    def test_scopes(self):
        purge = limited("PurgeCache", f"purge-cache:{self.pool}:one")
        purge.purgeCache(self.pool, {"cacheName": "one"})
        self.refused(403, "InsufficientScopes", purge.purgeCache, self.pool, {"cacheName": "two"})


if __name__ == "__main__":
    unittest.main()
