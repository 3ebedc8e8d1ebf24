//! What to trigger, in which order, and with which input.

use taskcluster_queue_client::{State, TaskId};
use taskgraph_value::{Str, Value};

use crate::{Flavor, Input};

/// A graph that a phase builds on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// That of a task that is there.
    Task(TaskId),
    /// That of a phase that has to run before.
    Flavor(Str),
}

impl Base {
    /// The taskId; for a phase that has not run, what stands for it: `<promote_firefox>`.
    pub fn shown(&self) -> Str {
        match self {
            Base::Task(task_id) => task_id.as_str().into(),
            Base::Flavor(flavor) => format!("<{flavor}>").into(),
        }
    }
}

/// A phase that was triggered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triggered {
    /// The flavor.
    pub flavor: Str,
    /// The action task.
    pub task_id: TaskId,
    /// The version, if its input has one.
    pub version: Option<Str>,
    /// The number of the build, if its input has one.
    pub build_number: Option<i64>,
    /// How the action task stands. When it is completed, its graph can be built on.
    pub action: State,
    /// How its tasks stand all together.
    pub state: State,
}

/// What a plan has in common for all of its phases.
#[derive(Clone, Debug)]
pub struct Planning<'a> {
    /// The graphs that the first phase builds on, in order; usually one decision task.
    pub decisions: &'a [TaskId],
    /// How often this version was built.
    pub build_number: i64,
    /// The version; without one, that of the tree.
    pub version: Option<Str>,
    /// The phases that were triggered already, one for a flavor. Those that do not stand for a graph yet are a part of
    /// the plan like the others: whoever triggers the next one waits for them.
    pub triggered: &'a [Triggered],
}

/// One phase of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedPhase {
    /// The flavor.
    pub flavor: Str,
    /// How it was triggered, if it was.
    pub triggered: Option<Triggered>,
    /// The graphs it builds on, in order.
    pub previous: Vec<Base>,
    /// The input of the action, without the previous graphs.
    pub input: Input,
}

impl PlannedPhase {
    /// The whole input. Graphs that are not there yet have names instead of ids.
    pub fn to_value(&self) -> Value {
        self.input.to_value(self.previous.iter().map(Base::shown))
    }
}

/// The phases of a release, in the order in which they have to run.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleasePlan {
    /// The phases.
    pub phases: Vec<PlannedPhase>,
}

impl ReleasePlan {
    /// Each flavor builds on the decision tasks, and on all flavors before it that are about the same product, or about
    /// all products. Those that were triggered count as before it even if `flavors` does not have them, if `before` says
    /// so.
    pub fn new<'a>(
        planning: &Planning<'_>,
        flavors: &[&'a Flavor],
        before: impl Fn(&Flavor) -> Vec<&'a Flavor>,
    ) -> ReleasePlan {
        let run = |flavor: &Flavor| planning.triggered.iter().find(|run| run.flavor == flavor.name).cloned();
        let mut phases: Vec<PlannedPhase> = Vec::new();
        for (at, flavor) in flavors.iter().enumerate() {
            let mut names: Vec<&Str> = Vec::new();
            let ran = before(flavor).into_iter().filter(|other| run(other).is_some());
            let listed = flavors[..at].iter().copied().filter(|other| related(other, flavor));
            let mut previous: Vec<Base> = planning.decisions.iter().cloned().map(Base::Task).collect();
            let mut earlier: Vec<&Flavor> = ran.chain(listed).collect();
            earlier.sort_by_key(|other| other.stage().map(|stage| stage.phase));
            for other in earlier {
                if other.name == flavor.name || names.contains(&&other.name) {
                    continue;
                }
                names.push(&other.name);
                previous.push(
                    run(other)
                        .map_or_else(|| Base::Flavor(other.name.clone()), |run| Base::Task(run.task_id)),
                );
            }
            let input = Input {
                build_number: planning.build_number,
                version: planning.version.clone(),
                ..Input::of_flavor(flavor)
            };
            phases.push(PlannedPhase {
                flavor: flavor.name.clone(),
                triggered: run(flavor),
                previous,
                input,
            });
        }
        ReleasePlan { phases }
    }
}

/// Whether two flavors can be phases of one release.
fn related(one: &Flavor, other: &Flavor) -> bool {
    match (one.stage(), other.stage()) {
        (Some(one), Some(other)) => {
            one.product == other.product || one.product.is_none() || other.product.is_none()
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use taskgraph_value::map;

    use super::*;

    fn flavor(name: &str) -> Flavor {
        Flavor {
            name: name.into(),
            target_tasks_method: name.into(),
            rebuild_kinds: vec![],
            do_not_optimize: vec![],
            values: map! {},
        }
    }

    #[track_caller]
    fn check(flavors: &[&str], done: &[(&str, State)], expected: &[&str]) {
        let flavors: Vec<Flavor> = flavors.iter().map(|name| flavor(name)).collect();
        let all: Vec<&Flavor> = flavors.iter().collect();
        let decision: TaskId = "fdtgsD5DQUmAQZEaGMvQ4Q".parse().unwrap();
        let ran: TaskId = "PgAKBjVOQPCNmKf4k9nSZA".parse().unwrap();
        let triggered = |(name, state): &(&str, State)| Triggered {
            flavor: (*name).into(),
            task_id: ran.clone(),
            version: None,
            build_number: None,
            action: *state,
            state: *state,
        };
        let triggered: Vec<Triggered> = done.iter().map(triggered).collect();
        let planning =
            Planning { decisions: &[decision], build_number: 1, version: None, triggered: &triggered };
        let plan = ReleasePlan::new(&planning, &all, |_| Vec::new());
        let shown: Vec<String> = plan
            .phases
            .iter()
            .map(|phase| {
                let previous: Vec<Str> = phase.previous.iter().map(Base::shown).collect();
                previous[1..].join(" ")
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn each_phase_builds_on_those_before_it() {
        check(&["promote_a", "push_a", "ship_a"], &[], &["", "<promote_a>", "<promote_a> <push_a>"]);
        for state in [State::Completed, State::Running, State::Failed] {
            check(&["promote_a", "push_a"], &[("promote_a", state)], &["", "PgAKBjVOQPCNmKf4k9nSZA"]);
        }
        check(&["promote_a", "promote_b", "ship_b"], &[], &["", "", "<promote_b>"]);
        check(&["promote", "ship_b", "anything"], &[], &["", "<promote>", "<promote> <ship_b>"]);
    }
}
