"""Hooks."""

import unittest

from support import ANONYMOUS, TIME, Case, client, limited, options, word


class Hooks(Case):
    def setUp(self):
        super().setUp()
        self.hooks = client("Hooks")
        self.hook_group = word("g")

    def hook(self, task=None, **more):
        definition = {
            "metadata": {"name": "a hook", "description": "made by a test", "owner": "nobody@example.com", "emailOnError": False},
            "task": task or self.template(),
            **more,
        }
        return definition

    def template(self, **changes):
        template = {
            "taskQueueId": self.pool,
            "schedulerId": "interop",
            "deadline": {"$fromNow": "1 hour"},
            "created": {"$fromNow": ""},
            "payload": {},
            "metadata": {"name": "from a hook", "description": "", "owner": "nobody@example.com", "source": "https://example.com/"},
        }
        template.update(changes)
        return template

    def make_hook(self, hook_id="hook", scopes=None, **more):
        made = self.hooks.createHook(self.hook_group, hook_id, self.hook(**more))
        if scopes is None:
            scopes = [
                f"queue:create-task:highest:{self.pool}",
                "queue:create-task:project:none",
                "queue:scheduler-id:interop",
            ]
        self.auth.createRole(f"hook-id:{self.hook_group}/{hook_id}", {"description": "", "scopes": scopes})
        return made

    def test_their_whole_life(self):
        schema = {"type": "object", "properties": {"x": {"type": "string"}}, "additionalProperties": False}
        made = self.make_hook(triggerSchema=schema)
        self.assertEqual((made["hookGroupId"], made["hookId"], made["triggerSchema"]), (self.hook_group, "hook", schema))
        self.assertEqual((made["schedule"], made["bindings"]), ([], []))
        self.assertEqual(self.hooks.hook(self.hook_group, "hook"), made)
        changed = self.hook(triggerSchema=schema, task=self.template(payload={"new": True}))
        self.assertEqual(self.hooks.updateHook(self.hook_group, "hook", changed)["task"]["payload"], {"new": True})
        self.assertEqual([hook["hookId"] for hook in self.hooks.listHooks(self.hook_group)["hooks"]], ["hook"])
        self.assertIn(self.hook_group, self.hooks.listHookGroups()["groups"])
        self.hooks.removeHook(self.hook_group, "hook")
        body = self.refused(404, "ResourceNotFound", self.hooks.hook, self.hook_group, "hook")
        self.assertIn("No such hook", body["message"])

    def test_another_of_the_same_name(self):
        self.make_hook()
        other = self.hook(task=self.template(payload={"other": 1}))
        self.refused(409, "RequestConflict", self.hooks.createHook, self.hook_group, "hook", other)

    def test_trigger(self):
        task = {
            "$let": {"level": {"$eval": "payload.level + 1"}},
            "in": self.template(
                payload={
                    "level": {"$eval": "level"},
                    "text": "${payload.name}-${firedBy}",
                    "who": {"$eval": "clientId"},
                    "own": {"$eval": "taskId"},
                    "list": {"$map": {"$eval": "payload.list"}, "each(x)": {"$eval": "x * 2"}},
                },
                tags={"$if": "payload.level > 1", "then": {"size": "large"}, "else": {"size": "small"}},
            ),
        }
        self.make_hook(
            task=task,
            triggerSchema={"type": "object", "required": ["level"], "properties": {"level": {"type": "integer"}}},
        )
        answer = self.hooks.triggerHook(self.hook_group, "hook", {"level": 2, "name": "n", "list": [1, 2]})
        task_id = answer["taskId"]
        self.assertEqual(answer, {"taskId": task_id, "status": {"taskId": task_id}})
        self.assertEqual(self.state(task_id), "pending")
        made = self.queue.task(task_id)
        self.assertEqual(
            made["payload"],
            {"level": 3, "text": "n-triggerHook", "who": options()["credentials"]["clientId"], "own": task_id, "list": [2, 4]},
        )
        self.assertEqual((made["tags"], made["taskGroupId"]), ({"size": "large"}, task_id))

    def test_trigger_refused(self):
        self.make_hook(triggerSchema={"type": "object", "required": ["level"]})
        body = self.refused(400, "InputError", self.hooks.triggerHook, self.hook_group, "hook", {})
        self.assertIn("level", body["message"])
        body = self.refused(404, "ResourceNotFound", self.hooks.triggerHook, self.hook_group, "none", {})
        self.assertIn("No such hook", body["message"])
        hooks = limited("Hooks", f"hooks:trigger-hook:{self.hook_group}/other")
        self.refused(403, "InsufficientScopes", hooks.triggerHook, self.hook_group, "hook", {"level": 1})

    def test_a_template_that_does_not_render(self):
        self.make_hook(task=self.template(payload={"$eval": "nothing.here"}), triggerSchema={})
        self.refused(400, "InputError", self.hooks.triggerHook, self.hook_group, "hook", {})

    def test_the_role_needs_the_scopes_of_the_task(self):
        for number, scopes in enumerate(
            (
                [],
                [f"queue:create-task:highest:{self.pool}", "queue:scheduler-id:interop"],
                ["queue:create-task:project:none", "queue:scheduler-id:interop"],
            )
        ):
            self.make_hook(f"hook{number}", scopes=scopes, triggerSchema={})
            self.refused(403, "InsufficientScopes", self.hooks.triggerHook, self.hook_group, f"hook{number}", {})

    def test_tokens(self):
        self.make_hook(triggerSchema={}, task=self.template(payload={"by": "${firedBy}"}))
        token = self.hooks.getTriggerToken(self.hook_group, "hook")["token"]
        anyone = client("Hooks", ANONYMOUS)
        task_id = anyone.triggerHookWithToken(self.hook_group, "hook", token, {})["status"]["taskId"]
        self.assertEqual(self.queue.task(task_id)["payload"], {"by": "triggerHookWithToken"})
        fresh = self.hooks.resetTriggerToken(self.hook_group, "hook")["token"]
        self.assertNotEqual(token, fresh)
        self.refused(401, "AuthenticationFailed", anyone.triggerHookWithToken, self.hook_group, "hook", token, {})
        anyone.triggerHookWithToken(self.hook_group, "hook", fresh, {})

    def test_what_happened(self):
        self.make_hook(triggerSchema={})
        self.assertEqual(self.hooks.getHookStatus(self.hook_group, "hook")["lastFire"], {"result": "no-fire"})
        task_id = self.hooks.triggerHook(self.hook_group, "hook", {})["taskId"]
        fire = self.hooks.getHookStatus(self.hook_group, "hook")["lastFire"]
        self.assertEqual((fire["result"], fire["taskId"]), ("success", task_id))
        self.assertRegex(fire["time"], TIME)
        fires = self.hooks.listLastFires(self.hook_group, "hook")["lastFires"]
        self.assertEqual([(fire["taskId"], fire["firedBy"], fire["result"]) for fire in fires], [(task_id, "triggerHook", "success")])

    def test_scopes(self):
        hooks = limited("Hooks", f"hooks:modify-hook:{self.hook_group}/*")
        # Whoever makes a hook needs the role that it acts with.
        body = self.refused(403, "InsufficientScopes", hooks.createHook, self.hook_group, "hook", self.hook())
        self.assertIn(f"assume:hook-id:{self.hook_group}/hook", body["message"])
        self.refused(400, "InputValidationError", self.hooks.createHook, self.hook_group, "hook", {"task": {}})


if __name__ == "__main__":
    unittest.main()
