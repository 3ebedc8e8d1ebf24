"""Creates the tasks in a file with the reference's own `create_tasks`, in the cluster that the environment names.

The file is a JSON array of `{"taskId": ..., "task": ...}`, as crates/queue-client/examples/create.rs reads it. The
group is the decision task's, which exists already. The reference makes those tasks depend on it that depend on no
other task of the graph; they do already, so here they stop to.
"""

import json
import sys

from taskgraph.create import create_tasks
from taskgraph.graph import Graph
from taskgraph.task import Task
from taskgraph.taskgraph import TaskGraph


def main(path):
    with open(path) as file:
        given = {entry["taskId"]: entry["task"] for entry in json.load(file)}
    tasks, edges, group = {}, set(), None
    for task_id, definition in given.items():
        group = definition["taskGroupId"]
        definition["dependencies"] = [needed for needed in definition["dependencies"] if needed != group]
        edges.update((task_id, needed, needed) for needed in definition["dependencies"])
        tasks[task_id] = Task(kind="test", label=definition["metadata"]["name"], attributes={}, task=definition)
        tasks[task_id].task_id = task_id
    labels = {task.label: task_id for task_id, task in tasks.items()}
    create_tasks({"trust-domain": "bench"}, TaskGraph(tasks, Graph(set(tasks), edges)), labels, {"level": "1"}, group)


if __name__ == "__main__":
    main(sys.argv[1])
