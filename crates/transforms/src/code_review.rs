//! `code_review`: a task that waits for everything that takes part in code review.

use taskgraph_kinds::{Description, KindContext, PerTask, Problem, TransformSequence};
use taskgraph_value::{Value, text};

use crate::addition::check_list;

/// The transforms of this module.
pub(crate) fn transforms() -> TransformSequence {
    PerTask(add_dependencies).into()
}

fn add_dependencies(
    kind: &KindContext<'_>,
    mut task: Description,
    out: &mut Vec<Description>,
) -> Result<(), Problem> {
    let reviewed = kind
        .dependencies
        .iter()
        .filter(|task| task.attributes.get("code-review") == Some(&Value::Bool(true)));
    check_list(&task, &["soft-dependencies"])?;
    task.list_mut(text!("soft-dependencies")).extend(reviewed.map(|task| Value::from(&task.label)));
    out.push(task);
    Ok(())
}
