//! The forms in which graphs are printed.

use std::io::{self, Write};

use rayon::prelude::*;
use taskgraph_config::yaml;
use taskgraph_graph::{Error, Task, TaskGraph, write_json, write_labels};
use taskgraph_value::{Map, Str};

/// How many tasks become text before it is written.
const AT_ONCE: usize = 512;

/// A form of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Labels, sorted, one a line.
    Labels,
    /// A JSON object of tasks by label.
    Json,
    /// The same as YAML.
    Yaml,
}

impl Format {
    /// Writes a graph, and the two newlines that end a result.
    pub(crate) fn write(self, graph: &TaskGraph, out: &mut dyn Write) -> Result<(), Error> {
        match self {
            Format::Labels => write_labels(graph, out)?,
            Format::Json => write_json(graph, out)?,
            Format::Yaml => write_yaml(graph, out)?,
        }
        Ok(out.write_all(b"\n\n")?)
    }

    /// Whether a task begins with a line of the text.
    pub(crate) fn entry_begins(self) -> fn(&[u8]) -> bool {
        match self {
            Format::Labels => |_| false,
            Format::Json => |line| line.starts_with(b"  \""),
            Format::Yaml => |line| !matches!(line.first(), None | Some(b' ' | b':' | b'\n')),
        }
    }
}

fn write_yaml(graph: &TaskGraph, out: &mut dyn Write) -> io::Result<()> {
    let mut tasks: Vec<(&Str, &Task)> = graph.entries().map(|(key, task)| (key, &**task)).collect();
    if tasks.is_empty() {
        return out.write_all(yaml::write(&Map::new().into()).as_bytes());
    }
    tasks.sort_unstable_by_key(|(key, _)| *key);
    // A mapping in block style is the sequence of its entries.
    let entry = |(key, task): &(&Str, &Task)| {
        yaml::write(&Map::from(vec![((*key).clone(), task.to_map().into())]).into())
    };
    for tasks in tasks.chunks(AT_ONCE) {
        let entries: Vec<String> = tasks.par_iter().map(entry).collect();
        entries.iter().try_for_each(|entry| out.write_all(entry.as_bytes()))?;
    }
    Ok(())
}
