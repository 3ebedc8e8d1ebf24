//! What holds for every graph.

use proptest::prelude::{Strategy as Generates, any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::sample::{Index, select};

use super::*;

#[derive(Clone, Debug)]
struct Node {
    /// What it needs, among the tasks before it, and whether it may not run without it.
    needs: Vec<(Index, bool)>,
    soft: Option<Index>,
    about: &'static str,
    other: bool,
    run: bool,
}

fn node() -> impl Generates<Value = Node> {
    let about = select(vec![
        "",
        "never",
        "always",
        "always",
        "told remove",
        "told OLD",
        "told vanish",
        "index a",
        "index b c",
        "existing E",
    ]);
    let needs = proptest::collection::vec((any::<Index>(), any::<bool>()), 0..4);
    (needs, proptest::option::of(any::<Index>()), about, any::<bool>(), prop::bool::weighted(0.1))
        .prop_map(|(needs, soft, about, other, run)| Node { needs, soft, about, other, run })
}

fn world(nodes: &[Node]) -> World {
    let mut graph = Vec::new();
    let mut about = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        // Labels in another order than tasks.
        let label = |at: usize| format!("t{}", at * 7 % 31);
        graph.push(label(at));
        for (other, only_if) in &node.needs {
            if at > 0 {
                let arrow = if *only_if { "=>" } else { "->" };
                graph.push(format!("{} {arrow} {}", label(at), label(other.index(at))));
            }
        }
        if let Some(soft) = &node.soft {
            graph.push(format!("{} ~> {}", label(at), label(soft.index(nodes.len()))));
        }
        for (said, what) in [(node.other, "other"), (node.run, "run"), (!node.about.is_empty(), node.about)] {
            if said {
                about.push(format!("{}: {what}", label(at)));
            }
        }
    }
    World::new(&graph.join(";"), &about.join(";"))
        .indexed("a", "A", "completed", "2026-02-01T12:00:00.000Z")
        .indexed("b", "B", "failed", "2027-01-31T12:00:00.000Z")
        .indexed("c", "C", "completed", "2027-01-31T12:00:00.000Z")
}

/// Everything that a run says, as text.
fn told(world: &World) -> String {
    match world.run() {
        Err(error) => error.to_string(),
        Ok(optimized) => {
            let mut json = Vec::new();
            taskgraph_graph::write_json(&optimized.graph, &mut json).unwrap();
            let lines: Vec<String> = optimized.log.lines().map(|(_, line)| line).collect();
            let ids = optimized.label_to_taskid;
            format!("{} {ids:?} {:?} {lines:?}", String::from_utf8(json).unwrap(), optimized.decisions)
        }
    }
}

proptest! {
    #[test]
    fn no_edge_leads_to_a_task_that_was_removed(nodes in proptest::collection::vec(node(), 1..25)) {
        let world = world(&nodes);
        let Ok(optimized) = world.run() else { return Ok(()) };
        for edge in world.graph().graph().edges() {
            let decision = |label: &str| optimized.decisions.get(label).unwrap();
            if !matches!(decision(edge.from), Decision::Removed(_)) {
                prop_assert!(!matches!(decision(edge.to), Decision::Removed(_)), "{} -> {}", edge.from, edge.to);
            }
        }
        // All taskIds that a task waits for are those of tasks of the graph, or of replacements.
        for task in optimized.graph.tasks() {
            for (_, task_id) in task.dependencies() {
                prop_assert!(optimized.label_to_taskid.values().any(|known| known == task_id));
            }
        }
        let kept = optimized.decisions.iter().filter(|(_, decision)| decision.is_kept()).count();
        prop_assert_eq!(kept, optimized.graph.len());
    }

    /// Only a strategy that replaces tasks with nothing can remove one that is needed.
    #[test]
    fn removal_alone_never_fails(nodes in proptest::collection::vec(node(), 1..25)) {
        let nodes: Vec<Node> = nodes.into_iter().filter(|node| node.about != "told vanish").collect();
        if let Err(error) = world(&nodes).run() {
            prop_assert!(false, "{error}");
        }
    }

    #[test]
    fn the_order_of_tasks_makes_no_difference(
        nodes in proptest::collection::vec(node(), 1..25),
        moves in proptest::collection::vec((any::<Index>(), any::<Index>()), 0..25),
    ) {
        let mut world = world(&nodes);
        let before = told(&world);
        let count = world.tasks.len();
        for (from, to) in moves {
            world.tasks.swap(from.index(count), to.index(count));
        }
        prop_assert_eq!(before, told(&world));
    }
}
