//! The lines of `optimizations.log`.

use std::collections::BTreeMap;
use std::fmt;

use taskgraph_value::Str;

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// About one task.
    Debug,
    /// About all of them.
    Info,
}

/// The level as the log has it.
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
        })
    }
}

/// What happened, in order. Lines are only made when they are asked for.
#[derive(Clone, Debug, Default)]
pub struct Log {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// What a strategy noted.
    Note(String),
    /// A task was kept or removed.
    Removal { label: Str, removed: bool, reason: Str },
    /// A step in looking for a replacement.
    Replacement { label: Str, step: Step },
    /// How many tasks were removed or replaced, by reason.
    Summary { done: &'static str, counts: BTreeMap<Str, usize> },
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Start,
    DoNotOptimize,
    Dependencies,
    Existing,
    Removed,
    Replaced(Str),
    Kept,
}

impl Log {
    pub(crate) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    pub(crate) fn note(&mut self, notes: &[String]) {
        self.entries.extend(notes.iter().cloned().map(Entry::Note));
    }

    /// The lines as the reference writes them, without time.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = (Level, String)> {
        self.entries.iter().map(Entry::line)
    }
}

impl Entry {
    fn line(&self) -> (Level, String) {
        match self {
            Entry::Note(note) => (Level::Debug, note.clone()),
            Entry::Removal { label, removed, reason } => {
                let action = if *removed { "removed" } else { "kept" };
                (Level::Debug, format!("optimize: {label} {action} because of {reason}"))
            }
            Entry::Replacement { label, step } => (Level::Debug, format!("replace_tasks: {label}{step}")),
            Entry::Summary { done, counts } if counts.is_empty() => {
                (Level::Info, format!("No tasks {done} during optimization"))
            }
            Entry::Summary { done, counts } => {
                let counts: Vec<String> =
                    counts.iter().map(|(reason, count)| format!("{count} tasks by {reason}")).collect();
                let (first, rest) = done.split_at(1);
                let done = first.to_uppercase() + rest;
                (Level::Info, format!("{done} {} during optimization.", counts.join(", ")))
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Start => Ok(()),
            Step::DoNotOptimize => f.write_str(" is in do_not_optimize"),
            Step::Dependencies => f.write_str(" depends on an unreplaced or unremoved task"),
            Step::Existing => f.write_str(" replaced from existing_tasks"),
            Step::Removed => f.write_str(" removed by optimization strategy"),
            Step::Replaced(task_id) => write!(f, " replaced with {task_id} by optimization strategy"),
            Step::Kept => f.write_str(" kept by optimization strategy"),
        }
    }
}
