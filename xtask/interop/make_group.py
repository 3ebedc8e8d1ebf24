"""Writes the tasks of a new group of the given size, and its decision task: `make_group.py 5000 FOLDER`.

One task of twenty is a build, which depends on the decision task; the others depend on a build, and one of twenty on a
test, too. They are about as large as those of a browser: 2 KB each.
"""

import datetime
import json
import sys
from pathlib import Path

import slugid


def at(**delta):
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)
    return then.strftime("%Y-%m-%dT%H:%M:%S.") + f"{then.microsecond // 1000:03d}Z"


def definition(label, group, dependencies):
    platform = f"linux-{len(label) % 3}"
    names = ("MOZ", "TASKCLUSTER", "HOME", "PERFHERDER", "GECKO")
    environment = {f"{name}_{number}": f"{label}/{number}/some/value" for name in names for number in range(4)}
    return {
        "taskQueueId": f"bench/{platform}",
        "schedulerId": "bench-level-1",
        "taskGroupId": group,
        "dependencies": dependencies,
        "priority": "low",
        "retries": 5,
        "created": at(),
        "deadline": at(days=1),
        "expires": at(days=28),
        "routes": [f"tc-treeherder.v2.bench.0123456789abcdef.{len(label)}"],
        "scopes": ["bench:releng:a", "docker-worker:cache:bench-level-1-checkouts"],
        "payload": {
            "image": {"type": "task-image", "taskId": group, "path": "public/image.tar.zst"},
            "command": ["/usr/bin/run-task", "--checkout", "/builds/worker/checkouts", "--", "bash", "-cx", f"run {label}"],
            "env": environment,
            "cache": {"bench-level-1-checkouts": "/builds/worker/checkouts"},
            "features": {"taskclusterProxy": True, "chainOfTrust": label.startswith("build")},
            "maxRunTime": 3600,
            "artifacts": {
                f"public/{name}": {"type": "directory", "path": f"/builds/worker/{name}", "expires": at(days=28)}
                for name in ("build", "logs", "test_info")
            },
        },
        "metadata": {
            "name": label,
            "description": f"The task {label} of a group that measures how long creating it takes",
            "owner": "nobody@example.com",
            "source": "https://example.com/repository/file/0123456789abcdef/taskcluster/kinds/bench",
        },
        "tags": {"kind": label.split("-")[0], "label": label, "createdForUser": "nobody@example.com"},
        "extra": {"index": {"rank": 0}, "treeherder": {"symbol": "x", "platform": platform, "tier": 1}},
    }


def main(count, folder):
    group, builds = slugid.nice(), max(count // 20, 1)
    ids = [slugid.nice() for _ in range(count)]
    tasks = []
    for number, task_id in enumerate(ids):
        if number < builds:
            label, dependencies = f"build-{number}", [group]
        else:
            label, dependencies = f"test-{number}", [ids[number % builds]]
            if number >= 2 * builds and number % 20 == 0:
                dependencies.append(ids[number - builds])
        tasks.append({"taskId": task_id, "task": definition(label, group, dependencies)})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tasks.json").write_text(json.dumps(tasks))
    decision = definition("decision", group, [])
    (folder / "decision.json").write_text(json.dumps([{"taskId": group, "task": decision}]))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
