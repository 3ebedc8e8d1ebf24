//! Whole optimizations of small graphs.

mod faults;
mod properties;
mod remove;
mod replace;
mod subgraph;

use std::sync::Arc;

use rustc_hash::FxHashSet;
use taskgraph_config::Parameters;
use taskgraph_graph::{Task, TaskGraph};
use taskgraph_kinds::Registry;
use taskgraph_parameterize::ArtifactUrls;
use taskgraph_value::{List, Map, Str, Value, map, text};

use crate::*;

/// A small world, written as text.
#[derive(Default)]
struct World {
    tasks: Vec<Task>,
    requested: FxHashSet<Str>,
    do_not_optimize: FxHashSet<Str>,
    existing: Map,
    lookups: Lookups,
    parameters: Map,
    registry: Registry,
}

/// Removes or replaces a task as its argument says: `remove`, `vanish`, or a taskId.
struct AsTold;

impl Strategy for AsTold {
    fn should_remove(&self, asked: &[Asked<'_>], _: &Given<'_>) -> Vec<Answer<bool>> {
        asked.iter().map(|asked| (*asked.argument == Value::from("remove")).into()).collect()
    }

    fn should_replace(&self, asked: &[Asked<'_>], _: &Given<'_>) -> Vec<Answer<Replacement>> {
        let replacement = |asked: &Asked<'_>| match asked.argument.as_str().map(Str::as_str) {
            Some("vanish") => Replacement::Remove,
            None | Some("remove") => Replacement::Keep,
            Some(task_id) => Replacement::With(task_id.into()),
        };
        asked.iter().map(|asked| replacement(asked).into()).collect()
    }
}

impl World {
    /// `test -> build` needs it, `test => build` may also not run without it, `test ~> build` waits for it if something else names it;
    /// single tasks and chains, between semicolons. Tasks are made in the order in which they are named.
    ///
    /// Then what is said about tasks, between semicolons: `build: always`, `build: index path other`, `build: told OLD`,
    /// `build: other` for one that is no target, `build: run` for one not to optimize, `build: existing OLD`.
    fn new(graph: &str, about: &str) -> World {
        let mut world = World::default();
        register(&mut world.registry);
        world.registry.add::<dyn Strategy>("told", Arc::new(AsTold));
        for part in graph.split(';') {
            let words: Vec<&str> = part.split_whitespace().collect();
            for at in (0..words.len()).step_by(2) {
                if at == 0 || words[at - 1] != "~>" {
                    world.task(words[at]);
                }
                if at > 0 {
                    world.task(words[at - 2]).link(words[at - 1], words[at]);
                }
            }
        }
        for part in about.split(';').filter(|part| !part.trim().is_empty()) {
            let (label, what) = part.split_once(':').unwrap();
            let words: Vec<&str> = what.split_whitespace().collect();
            let rest = words[1..].iter().copied().map(Value::from);
            let label = Str::from(label.trim());
            match words[0] {
                "other" => drop(world.requested.remove(&label)),
                "run" => drop(world.do_not_optimize.insert(label)),
                "existing" => drop(world.existing.insert(label, words[1].into())),
                "index" => {
                    let paths: List = rest.collect();
                    world.task(&label).optimization = map! { "index-search" => paths }.into();
                }
                name => {
                    let argument: Value = rest.into_iter().next().into();
                    let optimization: Map = [(Str::from(name), argument)].into_iter().collect();
                    world.task(&label).optimization = optimization.into();
                }
            }
        }
        world
    }

    fn task(&mut self, label: &str) -> &mut Task {
        if let Some(at) = self.tasks.iter().position(|task| task.label == label) {
            return &mut self.tasks[at];
        }
        let definition = map! { "deadline" => map! { "relative-datestamp" => "1 day" } };
        let task = map! {
            "kind" => "k", "label" => label, "attributes" => map! {}, "optimization" => Value::Null,
            "task" => definition,
        };
        self.requested.insert(label.into());
        self.tasks.push(Task::from_map(label, &task).unwrap());
        self.tasks.last_mut().unwrap()
    }

    /// Adds what the index knows: path, taskId, state and year of expiry.
    fn indexed(mut self, path: &str, task_id: &str, state: &str, expires: &str) -> World {
        self.lookups.tasks.insert(path.into(), task_id.into());
        let status = Status { state: state.into(), expires: expires.into() };
        self.lookups.statuses.insert(task_id.into(), status);
        self
    }

    fn graph(&self) -> TaskGraph {
        let tasks = self.tasks.iter().cloned().map(Arc::new);
        TaskGraph::set(tasks).unwrap().with_dependency_edges().unwrap()
    }

    fn with<T>(&self, run: impl FnOnce(Result<Optimization<'_>, Error>) -> T) -> T {
        let graph = self.graph();
        let parameters = Parameters::from_values(self.parameters.clone(), false);
        let options = Options {
            parameters: &parameters,
            registry: &self.registry,
            strategies: None,
            requested: &self.requested,
            do_not_optimize: &self.do_not_optimize,
            existing_tasks: &self.existing,
            now: "2026-01-31T12:00:00Z".parse().unwrap(),
        };
        run(Optimization::new(&graph, options))
    }

    fn run(&self) -> Result<Optimized, Error> {
        let urls = ArtifactUrls { root_url: Some(text!("https://tc.example")), proxy_url: None };
        let ids = Ids { task_id: &|label| format!("id-{label}"), decision_task_id: "DECISION", urls: &urls };
        self.with(|optimization| optimization?.run(&self.lookups, ids))
    }

    fn error(&self) -> String {
        self.run().unwrap_err().to_string()
    }

    /// What is left, by label, and what is replaced, as `build=OLD`; separated by spaces.
    fn left(&self) -> String {
        let optimized = self.run().unwrap_or_else(|error| panic!("{error}"));
        let shown = optimized.decisions.iter().filter_map(|(label, decision)| match decision {
            Decision::Removed(_) => None,
            Decision::Replaced { task_id, .. } => Some(format!("{label}={task_id}")),
            Decision::Kept { .. } => Some(label.to_string()),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    fn why(&self, label: &str) -> String {
        self.run().unwrap().decisions.get(label).unwrap().to_string()
    }
}

trait Link {
    fn link(&mut self, arrow: &str, to: &str);
}

impl Link for Task {
    fn link(&mut self, arrow: &str, to: &str) {
        match arrow {
            "~>" => self.soft_dependencies.push(to.into()),
            _ => drop(self.dependencies.insert(to.into(), to.into())),
        }
        if arrow == "=>" {
            self.if_dependencies.push(to.into());
        }
    }
}

#[track_caller]
fn check(graph: &str, about: &str, left: &str) {
    assert_eq!(World::new(graph, about).left(), left, "{graph} with {about}");
}
