//! Creating all cached tasks once more.

use taskgraph_value::{Str, Value, text};

use crate::{About, Action, AnyError, Call, Creation, Round};

pub(super) struct RebuildCachedTasks;

impl Action for RebuildCachedTasks {
    fn about(&self) -> About {
        let about = About::new(
            "rebuild-cached-tasks",
            "Rebuild Cached Tasks",
            "rebuild-cached",
            "Rebuild cached tasks.",
        );
        About { order: 1000, permission: text!("rebuild-cached-tasks"), ..about }
    }

    fn run(&self, call: &Call<'_>) -> Result<(), AnyError> {
        let push = call.push_graph()?;
        let cached = push
            .graph
            .tasks()
            .filter(|task| task.attributes.get("cached_task").is_some_and(Value::is_truthy));
        let mut to_run: Vec<Str> = cached.map(|task| task.label.clone()).collect();
        to_run.sort_unstable();
        if to_run.is_empty() {
            call.say("the graph has no cached tasks");
            return Ok(());
        }
        call.create_tasks(&Creation::of(&push), &[Round { suffix: String::new(), to_run }])?;
        Ok(())
    }
}
