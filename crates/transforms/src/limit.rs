//! How much one task may become.

use taskgraph_kinds::Problem;

/// More tasks than any push can want. Without a limit, a zero too many would use up the machine.
const MOST_TASKS: usize = 100_000;

/// Checks how many tasks are made of one task.
pub(crate) fn check_count(key: &str, count: usize) -> Result<(), Problem> {
    if count <= MOST_TASKS {
        return Ok(());
    }
    Err(Problem::wrong(key, &format!("at most {MOST_TASKS} tasks from one task"), "more"))
}
