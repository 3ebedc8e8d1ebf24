"""Compares a task group with the file of tasks that it was made from: each must exist once, as it is in the file."""

import json
import sys

import taskcluster


def main(path):
    with open(path) as file:
        given = {entry["taskId"]: entry["task"] for entry in json.load(file)}
    [group] = {task["taskGroupId"] for task in given.values()}
    queue = taskcluster.Queue(taskcluster.optionsFromEnvironment())
    listed = []
    queue.listTaskGroup(group, paginationHandler=lambda page: listed.extend(page["tasks"]))
    found = {entry["status"]["taskId"]: entry for entry in listed}
    if len(found) != len(listed):
        sys.exit(f"{len(listed) - len(found)} tasks are listed twice")
    # The decision task is no task of the file.
    found.pop(group, None)
    if set(found) != set(given):
        sys.exit(f"{len(set(given) - set(found))} tasks are missing, {len(set(found) - set(given))} are unknown")
    for task_id, task in given.items():
        entry = found[task_id]
        for key, value in task.items():
            if entry["task"][key] != value:
                sys.exit(f"{task_id}: {key} is {entry['task'][key]}, not {value}")
        if entry["status"]["runs"]:
            sys.exit(f"{task_id} has runs, although it depends on the decision task")
    print(f"{len(found)} tasks")


if __name__ == "__main__":
    main(sys.argv[1])
