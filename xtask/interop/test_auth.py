"""Clients, roles, temporary credentials, restricted scopes and signed URLs."""

import unittest

import requests
from support import ANONYMOUS, CLIENT_ID, Case, at, client, limited, options, pages, word


# What everybody may do.
ANYBODY = "assume:anonymous"


class Credentials(Case):
    def test_current_scopes(self):
        self.assertEqual(self.auth.currentScopes(), {"scopes": ["*"]})

    def test_temporary_credentials(self):
        task_id = self.make()
        given = self.temporary([f"queue:status:{task_id}", "auth:current-scopes"])
        self.assertEqual(client("Queue", options(**given)).status(task_id)["status"]["taskId"], task_id)
        scopes = client("Auth", options(**given)).currentScopes()["scopes"]
        self.assertEqual(sorted(scopes), [ANYBODY, "auth:current-scopes", f"queue:status:{task_id}"])
        self.refused(403, "InsufficientScopes", client("Queue", options(**given)).task, task_id)

    def test_named_temporary_credentials(self):
        name = f"interop/{word()}"
        given = self.temporary(["auth:current-scopes"], name=name)
        self.assertEqual(given["client_id"], name)
        self.assertIn("auth:current-scopes", client("Auth", options(**given)).currentScopes()["scopes"])

    def test_names_need_their_scope(self):
        # A client that may not create clients cannot name its temporary credentials.
        client_id = f"interop/{word()}"
        made = self.auth.createClient(client_id, {"expires": at(days=1), "description": "", "scopes": ["a:*"]})
        issuer = {"issuer": client_id, "token": made["accessToken"]}
        plain = self.temporary(["a:b"], **issuer)
        self.refused(403, "InsufficientScopes", client("Queue", options(**plain)).status, self.group)
        more = self.temporary(["b:c"], **issuer)
        self.refused(401, "AuthenticationFailed", client("Queue", options(**more)).status, self.group)
        named = self.temporary(["a:b"], name="someone/else", **issuer)
        self.refused(401, "AuthenticationFailed", client("Queue", options(**named)).status, self.group)

    def test_authorized_scopes(self):
        task_id = self.make()
        self.assertEqual(limited("Queue", f"queue:status:{task_id}").status(task_id)["status"]["state"], "pending")
        self.refused(403, "InsufficientScopes", limited("Queue", "queue:status:other").status, task_id)
        scopes = limited("Auth", "auth:current-scopes", "x:*", "x:y").currentScopes()["scopes"]
        self.assertEqual(sorted(scopes), [ANYBODY, "auth:current-scopes", "x:*"])

    def test_authorized_scopes_within_temporary_credentials(self):
        given = self.temporary(["auth:current-scopes", "x:*"])
        narrow = client("Auth", options(authorizedScopes=["auth:current-scopes", "x:y"], **given))
        self.assertEqual(sorted(narrow.currentScopes()["scopes"]), [ANYBODY, "auth:current-scopes", "x:y"])
        wide = client("Auth", options(authorizedScopes=["auth:current-scopes", "y"], **given))
        self.refused(401, "AuthenticationFailed", wide.currentScopes)

    def test_signed_urls(self):
        task_id = self.make()
        url = self.queue.buildSignedUrl("status", task_id)
        self.assertEqual(requests.get(url, timeout=30).json()["status"]["taskId"], task_id)
        self.assertEqual(requests.get(url.replace("bewit=", "bewit=AAAA"), timeout=30).status_code, 401)
        other = url.replace(task_id, self.make())
        self.assertEqual(requests.get(other, timeout=30).status_code, 401)
        given = client("Queue", options(**self.temporary(["queue:status:*"])))
        self.assertEqual(requests.get(given.buildSignedUrl("status", task_id), timeout=30).status_code, 200)
        self.assertEqual(requests.get(given.buildSignedUrl("task", task_id), timeout=30).status_code, 403)

    def test_expired_signed_urls(self):
        url = self.queue.buildSignedUrl("status", self.make(), expiration=-60)
        answer = requests.get(url, timeout=30)
        self.assertEqual(answer.status_code, 401)
        self.envelope(answer.json(), 401, "AuthenticationFailed")


class Clients(Case):
    def test_their_whole_life(self):
        client_id = f"interop/{word()}"
        expires = at(days=1)
        made = self.auth.createClient(client_id, {"expires": expires, "description": "made", "scopes": ["x:*", "assume:y"]})
        token = made.pop("accessToken")
        self.assertGreaterEqual(len(token), 22)
        shown = self.auth.client(client_id)
        self.assertNotIn("accessToken", shown)
        for key in ("created", "lastModified", "lastDateUsed", "lastRotated", "deleteOnExpiration", "disabled"):
            self.assertIn(key, shown)
        self.assertEqual((shown["clientId"], shown["description"], shown["expires"]), (client_id, "made", expires))
        self.assertEqual(sorted(shown["scopes"]), ["assume:y", "x:*"])
        self.assertLessEqual({"assume:y", "x:*"}, set(shown["expandedScopes"]))

        def use(token):
            return client("Auth", options(client_id, token)).currentScopes

        self.refused(403, "InsufficientScopes", use(token))
        changed = {"expires": expires, "description": "new", "scopes": ["auth:current-scopes"]}
        self.assertEqual(self.auth.updateClient(client_id, changed)["description"], "new")
        self.assertIn("auth:current-scopes", use(token)()["scopes"])

        self.auth.disableClient(client_id)
        self.refused(401, "AuthenticationFailed", use(token))
        self.auth.enableClient(client_id)
        self.assertIn("auth:current-scopes", use(token)()["scopes"])
        fresh = self.auth.resetAccessToken(client_id)["accessToken"]
        self.refused(401, "AuthenticationFailed", use(token))
        self.assertIn("auth:current-scopes", use(fresh)()["scopes"])

        self.assertIsNone(self.auth.deleteClient(client_id))
        self.assertIsNone(self.auth.deleteClient(client_id))
        self.refused(404, "ResourceNotFound", self.auth.client, client_id)
        self.refused(401, "AuthenticationFailed", use(fresh))

    def test_nobody_gives_what_they_do_not_have(self):
        auth = limited("Auth", "auth:create-client:interop/*", "x:*")
        given = {"expires": at(days=1), "description": "", "scopes": ["y:z"]}
        self.refused(403, "InsufficientScopes", auth.createClient, f"interop/{word()}", given)
        auth.createClient(f"interop/{word()}", {**given, "scopes": ["x:z"]})

    def test_another_client_of_the_same_name(self):
        client_id = f"interop/{word()}"
        given = {"expires": at(days=1), "description": "", "scopes": []}
        self.auth.createClient(client_id, given)
        body = {**given, "description": "another"}
        self.refused(409, "RequestConflict", self.auth.createClient, client_id, body)

    def test_expired_clients(self):
        client_id = f"interop/{word()}"
        token = self.auth.createClient(client_id, {"expires": at(days=-1), "description": "", "scopes": ["*"]})["accessToken"]
        self.refused(401, "AuthenticationFailed", client("Auth", options(client_id, token)).currentScopes)

    def test_listing(self):
        prefix = f"interop/{word()}/"
        for number in range(5):
            self.auth.createClient(f"{prefix}{number}", {"expires": at(days=1), "description": "", "scopes": []})
        found = pages(self.auth.listClients, query={"prefix": prefix})
        self.assertGreater(len(found), 1)
        listed = [entry["clientId"] for page in found for entry in page["clients"]]
        self.assertEqual(sorted(listed), [f"{prefix}{number}" for number in range(5)])


class Roles(Case):
    def test_their_whole_life(self):
        role = f"interop:{word()}"
        made = self.auth.createRole(role, {"description": "made", "scopes": ["x:a", "x:b"]})
        self.assertEqual((made["roleId"], sorted(made["scopes"])), (role, ["x:a", "x:b"]))
        self.assertEqual(set(made), {"roleId", "description", "scopes", "created", "lastModified", "expandedScopes"})
        self.assertEqual(self.auth.role(role)["description"], "made")
        self.auth.updateRole(role, {"description": "new", "scopes": ["x:c"]})
        self.assertEqual(self.auth.role(role)["scopes"], ["x:c"])
        self.assertIn(f"assume:{role}", self.auth.expandScopes({"scopes": [f"assume:{role}"]})["scopes"])
        self.assertIn("x:c", self.auth.expandScopes({"scopes": [f"assume:{role}"]})["scopes"])
        self.assertIn(role, [entry["roleId"] for entry in self.auth.listRoles()])
        self.assertIn(role, self.all(self.auth.listRoleIds, "roleIds"))
        self.assertIn(role, [entry["roleId"] for entry in self.all(self.auth.listRoles2, "roles")])
        self.assertIsNone(self.auth.deleteRole(role))
        self.refused(404, "ResourceNotFound", self.auth.role, role)

    def all(self, call, key):
        return [entry for page in pages(call) for entry in page[key]]

    def test_prefix_roles_and_parameters(self):
        name = word()
        self.auth.createRole(f"interop:{name}:*", {"description": "", "scopes": ["y:<..>", "z"]})
        scopes = self.auth.expandScopes({"scopes": [f"assume:interop:{name}:green"]})["scopes"]
        self.assertLessEqual({"y:green", "z"}, set(scopes))

    def test_roles_are_used(self):
        role, task_id = f"interop:{word()}", self.make()
        self.auth.createRole(role, {"description": "", "scopes": [f"queue:status:{task_id}"]})
        status = limited("Queue", f"assume:{role}").status(task_id)["status"]
        self.assertEqual(status["state"], "pending")

    def test_roles_of_roles(self):
        one, two = f"interop:{word()}", f"interop:{word()}"
        self.auth.createRole(two, {"description": "", "scopes": ["deep"]})
        self.auth.createRole(one, {"description": "", "scopes": [f"assume:{two}"]})
        self.assertIn("deep", self.auth.expandScopes({"scopes": [f"assume:{one}"]})["scopes"])

    def test_another_role_of_the_same_name(self):
        role = f"interop:{word()}"
        self.auth.createRole(role, {"description": "", "scopes": ["a"]})
        self.refused(409, "RequestConflict", self.auth.createRole, role, {"description": "", "scopes": ["b"]})

    def test_expanding_keeps_only_what_is_needed(self):
        scopes = self.auth.expandScopes({"scopes": ["a:*", "a:b", "c"]})["scopes"]
        self.assertEqual(sorted(scopes), ["a:*", "c"])


class Testing(Case):
    def test_authenticate(self):
        auth = client("Auth", options("tester", "no-secret"))
        body = {"clientScopes": ["test:*"], "requiredScopes": ["test:scope"]}
        self.assertEqual(auth.testAuthenticate(body), {"clientId": "tester", "scopes": [ANYBODY, "test:*"]})
        self.assertEqual(auth.testAuthenticateGet()["clientId"], "tester")
        self.refused(403, "InsufficientScopes", auth.testAuthenticate, {**body, "requiredScopes": ["other"]})
        wrong = client("Auth", options("tester", "secret"))
        self.refused(401, "AuthenticationFailed", wrong.testAuthenticate, body)

    def test_who_signed_a_request(self):
        import mohawk

        sender = mohawk.Sender(
            credentials={"id": CLIENT_ID, "key": options()["credentials"]["accessToken"], "algorithm": "sha256"},
            url="https://example.com/some/where?x=1",
            method="GET",
            content="",
            content_type="",
        )
        asked = {
            "method": "get",
            "resource": "/some/where?x=1",
            "host": "example.com",
            "port": 443,
            "authorization": sender.request_header,
        }
        anyone = client("Auth", ANONYMOUS)
        seen = anyone.authenticateHawk(asked)
        self.assertEqual((seen["status"], seen["scheme"], seen["clientId"]), ("auth-success", "hawk", CLIENT_ID))
        self.assertEqual(seen["scopes"], ["*"])
        failed = anyone.authenticateHawk({**asked, "resource": "/else/where"})
        self.assertEqual(failed["status"], "auth-failed")
        self.assertIn("Bad mac", failed["message"])


class Every(Case):
    def test_service_is_alive(self):
        for name in ("Auth", "Hooks", "Index", "Notify", "PurgeCache", "Queue", "Secrets"):
            service = client(name, ANONYMOUS)
            self.assertTrue(service.ping()["alive"])
            self.assertEqual(set(service.version()), {"version", "commit", "source", "build"})
            service.heartbeat()
            service.lbheartbeat()


if __name__ == "__main__":
    unittest.main()
