//! Ids that are the same when a decision is made again.

use sha2::{Digest, Sha256};
use taskcluster_queue_client::TaskId;

/// What is hashed begins with this, so that no other use of a hash makes the same ids.
const DOMAIN: &str = "taskgraph-decision task-id 1";

/// The id of the task that `creator`, a decision or action task, creates for a label.
///
/// It follows from the two alone: whoever runs the creator again, on an empty disk, finds the same ids. It is a slugid
/// like a random one: version 4, and its first character is a letter. The first 16 bytes of the SHA-256 of four lines
/// take the place of chance: `taskgraph-decision task-id 1`, the creator's id, `0`, the label.
///
/// ```
/// use taskgraph_decision::{duplicate_id, task_id};
/// let decision = "fdtgsD5DQUmAQZEaGMvQ4Q".parse()?;
/// assert_eq!(task_id(&decision, "build-linux").as_str(), "ARfu-2SyTKWlmI4eriaY5g");
/// assert_eq!(duplicate_id(&decision, "build-linux", 0), task_id(&decision, "build-linux"));
/// # Ok::<(), taskcluster_queue_client::Error>(())
/// ```
pub fn task_id(creator: &TaskId, label: &str) -> TaskId {
    duplicate_id(creator, label, 0)
}

/// The id of one of several tasks that `creator` creates for a label. The first has the index 0 and the id
/// [`task_id`]; the index stands in the third line of what is hashed.
pub fn duplicate_id(creator: &TaskId, label: &str, index: u32) -> TaskId {
    TaskIds::new(creator).duplicate_id(label, index)
}

/// The ids of the tasks that a decision or action task creates, all of which follow from its own.
///
/// An action may create a label several times. Each time has a suffix, which follows the index in the third line of what
/// is hashed, after a space.
///
/// ```
/// use taskgraph_decision::{TaskIds, task_id};
/// let action = "fdtgsD5DQUmAQZEaGMvQ4Q".parse()?;
/// let ids = TaskIds::new(&action);
/// assert_eq!(ids.task_id("build"), task_id(&action, "build"));
/// assert_ne!(ids.with_suffix("1").task_id("build"), ids.with_suffix("2").task_id("build"));
/// # Ok::<(), taskcluster_queue_client::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskIds {
    creator: TaskId,
    /// Empty, or a space and the suffix.
    suffix: String,
}

impl TaskIds {
    /// The ids of what `creator` creates.
    pub fn new(creator: &TaskId) -> TaskIds {
        TaskIds { creator: creator.clone(), suffix: String::new() }
    }

    /// The ids of what it creates at another time. No suffix is the same as an empty one.
    #[must_use]
    pub fn with_suffix(&self, suffix: &str) -> TaskIds {
        // A line of its own would read as the label.
        let escaped = suffix.replace('\\', "\\\\").replace('\n', "\\n");
        let suffix = if suffix.is_empty() { escaped } else { format!(" {escaped}") };
        TaskIds { suffix, ..self.clone() }
    }

    /// Who creates.
    pub fn creator(&self) -> &TaskId {
        &self.creator
    }

    /// The id of the task of a label.
    pub fn task_id(&self, label: &str) -> TaskId {
        self.duplicate_id(label, 0)
    }

    /// The id of one of several tasks of a label. The first has the index 0.
    pub fn duplicate_id(&self, label: &str, index: u32) -> TaskId {
        let TaskIds { creator, suffix } = self;
        // The label comes last: it is the only one that may have lines of its own.
        let text = format!("{DOMAIN}\n{creator}\n{index}{suffix}\n{label}");
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        TaskId::from_random(std::array::from_fn(|at| digest[at]))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_slugids_and_differ_in_everything_that_they_follow_from() {
        let creators = ["fdtgsD5DQUmAQZEaGMvQ4Q", "AAECAwQFRgeICQoLDA0ODw"];
        let mut seen = BTreeSet::new();
        for creator in creators {
            let creator: TaskId = creator.parse().unwrap();
            for suffix in ["", "0", "1", "0\n1", "0\\n1"] {
                let ids = TaskIds::new(&creator).with_suffix(suffix);
                for label in ["", "build", "build-1", "1\nbuild", "é"] {
                    for index in 0..50 {
                        let id = ids.duplicate_id(label, index);
                        assert!(id.as_str().parse::<TaskId>().is_ok(), "{id}");
                        assert!(id.as_str().starts_with(|c: char| c.is_ascii_alphabetic()), "{id}");
                        assert!(seen.insert(id));
                    }
                }
            }
        }
    }

    /// If these change, a decision that began with the release before is not finished but made twice.
    #[test]
    fn ids_are_for_ever() {
        let creator: TaskId = "fdtgsD5DQUmAQZEaGMvQ4Q".parse().unwrap();
        // Of the first 16 bytes of `printf 'taskgraph-decision task-id 1\nfdtgsD5DQUmAQZEaGMvQ4Q\n1\nbuild' | sha256sum`.
        assert_eq!(duplicate_id(&creator, "build", 1).as_str(), "GOcgGEO2QAC8sab29Wd3-Q");
        // The same of `...\n1 0-2\nbuild`.
        let ids = TaskIds::new(&creator).with_suffix("0-2");
        assert_eq!(ids.duplicate_id("build", 1).as_str(), "YCeuMcR0Tna08qqxHoimWA");
    }
}
