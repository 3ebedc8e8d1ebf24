//! How graphs are printed.

use std::io::Write;

use rayon::prelude::*;
use taskgraph_value::{
    Str, Value,
    json::{DateError, Writer},
};

use crate::{Error, Task, TaskGraph};

/// How many tasks one thread prints at a time, and how many such parts wait to be written.
const PART: usize = 8;
const PARTS_AT_ONCE: usize = 8;

/// Writes the JSON form: tasks sorted by key, all keys sorted, two spaces a level, ASCII only. No newline at the end.
///
/// Parts are printed by several threads and written as soon as they are ready, so the text is never whole in memory.
pub fn write_json(graph: &TaskGraph, out: &mut dyn Write) -> Result<(), Error> {
    let mut tasks: Vec<Entry> = graph.entries().map(|(key, task)| (key, &**task)).collect();
    if tasks.is_empty() {
        out.write_all(b"{}")?;
        return Ok(());
    }
    tasks.sort_unstable_by_key(|(key, _)| *key);
    let batches: Vec<&[Entry]> = tasks.chunks(PART * PARTS_AT_ONCE).collect();
    let mut printing = Printed::default();
    let mut printed = Printed::default();
    let mut separator: &[u8] = b"{";
    // While this thread writes one batch, the others print the next.
    for at in 0..=batches.len() {
        rayon::in_place_scope(|scope| {
            if let Some(batch) = batches.get(at) {
                scope.spawn(|_| printing.print(batch));
            }
            for writer in printed.writers() {
                out.write_all(separator)?;
                out.write_all(writer.bytes())?;
                separator = b",";
            }
            Ok::<(), Error>(())
        })?;
        std::mem::swap(&mut printing, &mut printed);
        printed.check()?;
    }
    out.write_all(b"\n}")?;
    Ok(())
}

/// The key of a task, and the task.
type Entry<'a> = (&'a Str, &'a Task);

/// A batch of tasks, printed.
#[derive(Default)]
struct Printed {
    parts: Vec<Writer>,
    used: usize,
    error: Option<Error>,
}

impl Printed {
    fn print(&mut self, batch: &[Entry]) {
        let parts: Vec<&[Entry]> = batch.chunks(PART).collect();
        self.used = parts.len();
        self.parts.resize_with(self.parts.len().max(parts.len()), Writer::repeating);
        let result = parts.par_iter().with_max_len(1).zip(&mut self.parts).try_for_each(|(part, writer)| {
            writer.clear();
            part.iter().enumerate().try_for_each(|(at, (key, task))| {
                if at > 0 {
                    writer.raw(",");
                }
                entry(writer, key, task).map_err(|source| unprintable(task, source))
            })
        });
        self.error = result.err();
    }

    fn check(&mut self) -> Result<(), Error> {
        self.error.take().map_or(Ok(()), Err)
    }

    /// The parts in order; none are left afterwards.
    fn writers(&mut self) -> impl Iterator<Item = &mut Writer> {
        let used = std::mem::take(&mut self.used);
        self.parts.iter_mut().take(used)
    }
}

/// Writes the labels, sorted, one a line. No newline at the end.
pub fn write_labels(graph: &TaskGraph, out: &mut dyn Write) -> Result<(), Error> {
    let mut labels: Vec<&str> = graph.tasks().map(|task| task.label.as_str()).collect();
    labels.par_sort_unstable();
    out.write_all(labels.join("\n").as_bytes())?;
    Ok(())
}

fn unprintable(task: &Task, source: DateError) -> Error {
    let path = Value::Map(task.to_map()).find_date().map(|(path, _)| path).unwrap_or_default();
    Error::Unprintable { label: task.label.clone(), path, source }
}

fn entry(writer: &mut Writer, name: &str, task: &Task) -> Result<(), DateError> {
    fn key(writer: &mut Writer, name: &str) {
        writer.newline(2);
        writer.string(name);
        writer.raw(": ");
    }
    writer.newline(1);
    writer.string(name);
    writer.raw(": {");
    key(writer, "attributes");
    writer.pretty_map(&task.attributes, 2)?;
    writer.raw(",");
    key(writer, "dependencies");
    writer.pretty_map(&task.dependencies, 2)?;
    writer.raw(",");
    key(writer, "description");
    writer.string(&task.description);
    writer.raw(",");
    key(writer, "if_dependencies");
    writer.pretty_list(&task.if_dependencies, 2)?;
    writer.raw(",");
    key(writer, "kind");
    writer.string(&task.kind);
    writer.raw(",");
    key(writer, "label");
    writer.string(&task.label);
    writer.raw(",");
    key(writer, "optimization");
    writer.pretty(&task.optimization, 2)?;
    writer.raw(",");
    key(writer, "soft_dependencies");
    writer.pretty_list(&task.soft_dependencies, 2)?;
    writer.raw(",");
    key(writer, "task");
    writer.pretty(&task.task.whole(), 2)?;
    if let Some(task_id) = &task.task_id {
        writer.raw(",");
        key(writer, "task_id");
        writer.string(task_id);
    }
    writer.newline(1);
    writer.raw("}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use taskgraph_value::{json, map};

    use super::*;

    fn task(label: &str, needs: &[&str]) -> Arc<Task> {
        let map = map! {
            "kind" => "k", "label" => label, "description" => "d", "attributes" => map! { "z" => 1, "a" => 2 },
            "dependencies" => needs.iter().map(|n| ((*n).into(), Value::from(*n))).collect::<taskgraph_value::Map>(),
            "optimization" => Value::Null, "task" => map! { "routes" => vec![] },
        };
        Arc::new(Task::from_map(label, &map).unwrap())
    }

    fn print(graph: &TaskGraph) -> String {
        let mut out = Vec::new();
        write_json(graph, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn printing_equals_the_printed_mapping_and_reads_back() {
        let tasks: Vec<_> = (0..PART * PARTS_AT_ONCE + 3)
            .map(|n| task(&format!("t{n}"), if n > 0 { &["t0"] } else { &[] }))
            .collect();
        let graph = TaskGraph::set(tasks).unwrap().with_dependency_edges().unwrap();
        let whole: taskgraph_value::Map = graph.tasks().map(|t| (t.label.clone(), t.to_map())).collect();
        let printed = print(&graph);
        assert_eq!(printed, json::pretty(&whole.into()).unwrap());

        let again = TaskGraph::from_value(&serde_json::from_str(&printed).unwrap()).unwrap();
        assert_eq!(print(&again), printed);
        assert_eq!(again.graph().edges().count(), graph.len() - 1);
    }

    #[test]
    fn an_empty_graph_is_an_empty_object() {
        assert_eq!(print(&TaskGraph::default()), "{}");
    }

    #[test]
    fn taskids_are_keys_of_their_own() {
        let with_id = |label: &str, task_id: &str, needs: &[&str]| {
            Arc::new(Task { task_id: Some(task_id.into()), ..(*task(label, needs)).clone() })
        };
        let graph = TaskGraph::by_task_id(
            vec![with_id("a", "Z", &[]), with_id("b", "Y", &["Z"])],
            [(1, 0, "Z".into())],
        );
        let graph = graph.unwrap();
        assert_eq!(graph.get("Y").unwrap().label, "b");
        assert_eq!(graph.graph().postorder().unwrap(), ["Z", "Y"]);
        let printed = print(&graph);
        assert!(printed.starts_with("{\n  \"Y\": {"), "{printed}");
        let again = TaskGraph::from_value(&serde_json::from_str(&printed).unwrap()).unwrap();
        assert_eq!(print(&again), printed);
        assert_eq!(again.graph().edges().count(), 1);
        assert_eq!(graph.induced(|task| task.label == "a").graph().nodes().collect::<Vec<_>>(), ["Z"]);
        let mut labels = Vec::new();
        write_labels(&graph, &mut labels).unwrap();
        assert_eq!(labels, b"a\nb");
        let twice = TaskGraph::by_task_id(vec![with_id("a", "Z", &[]), with_id("b", "Z", &[])], []);
        assert!(matches!(twice, Err(Error::DuplicateNode { name }) if name == "Z"));
        assert!(TaskGraph::by_task_id(vec![task("a", &[])], [(0, 1, "x".into())]).is_err());
    }

    #[test]
    fn labels_are_sorted() {
        let graph = TaskGraph::set([task("b", &[]), task("a", &[])]).unwrap();
        let mut out = Vec::new();
        write_labels(&graph, &mut out).unwrap();
        assert_eq!(out, b"a\nb");
    }

    #[test]
    fn what_is_no_graph_is_said() {
        let error =
            |text: &str| TaskGraph::from_value(&serde_json::from_str(text).unwrap()).unwrap_err().to_string();
        assert_eq!(error("[]"), "not a task graph: expected a mapping, found a list");
        assert_eq!(
            error(r#"{"a": {"kind": 1}}"#),
            "not a task graph: task `a`: `kind`: expected a string, found an integer"
        );
        assert_eq!(error(r#"{"a": {"kind": "k"}}"#), "not a task graph: task `a`: `attributes` is missing");
    }

    #[test]
    fn subsets_share_tasks() {
        let graph = TaskGraph::set([task("a", &[]), task("b", &["a"]), task("c", &["b"])]).unwrap();
        let graph = graph.with_dependency_edges().unwrap();
        assert_eq!(graph.closure(["b"]).unwrap().len(), 2);
        assert_eq!(graph.induced(|t| t.label != "b").graph().edges().count(), 0);
        assert!(graph.subset(|t| t.label == "a").get("b").is_none());
    }
}
