//! Who needs whom, as numbers.

use rayon::prelude::*;
use taskgraph_graph::TaskGraph;
use taskgraph_value::Str;

/// The links of a graph. Nodes are numbered in the order of their labels, so that nothing depends on the order in which
/// tasks were made.
pub(crate) struct Links<'a> {
    /// The position in the graph of each node.
    pub(crate) positions: Vec<usize>,
    /// The node at each position in the graph.
    pub(crate) nodes: Vec<usize>,
    /// What each node needs, in order, each once.
    pub(crate) dependencies: Adjacent,
    /// What needs each node, in order, each once.
    pub(crate) dependents: Adjacent,
    /// All edges as nodes, from and to, and names; in the order of the graph.
    pub(crate) edges: Vec<(usize, usize, &'a Str)>,
}

/// Lists of nodes, or of positions, one for each node.
pub(crate) struct Adjacent {
    starts: Vec<usize>,
    ends: Vec<usize>,
}

impl Adjacent {
    /// From pairs of nodes, of which the first has the second in its list.
    fn new(nodes: usize, mut pairs: Vec<(usize, usize)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = vec![0; nodes + 1];
        for (from, _) in &pairs {
            starts[from + 1] += 1;
        }
        for at in 0..nodes {
            starts[at + 1] += starts[at];
        }
        Adjacent { starts, ends: pairs.into_iter().map(|(_, to)| to).collect() }
    }

    pub(crate) fn of(&self, node: usize) -> &[usize] {
        &self.ends[self.starts[node]..self.starts[node + 1]]
    }
}

impl<'a> Links<'a> {
    pub(crate) fn new(graph: &'a TaskGraph) -> Self {
        let tasks = graph.tasks().as_slice();
        let mut positions: Vec<usize> = (0..tasks.len()).collect();
        positions.par_sort_unstable_by(|a, b| tasks[*a].label.cmp(&tasks[*b].label));
        let mut nodes = vec![0; tasks.len()];
        for (node, at) in positions.iter().enumerate() {
            nodes[*at] = node;
        }
        let edges: Vec<(usize, usize, &Str)> =
            graph.graph().links().map(|(from, to, name)| (nodes[from], nodes[to], name)).collect();
        let count = tasks.len();
        let (dependencies, dependents) = rayon::join(
            || Adjacent::new(count, edges.iter().map(|(from, to, _)| (*from, *to)).collect()),
            || Adjacent::new(count, edges.iter().map(|(from, to, _)| (*to, *from)).collect()),
        );
        Links { dependencies, dependents, positions, nodes, edges }
    }

    /// The positions in `edges` of what leads from each node, in their order.
    pub(crate) fn outgoing(&self) -> Adjacent {
        let edges = self.edges.iter().enumerate();
        Adjacent::new(self.len(), edges.map(|(at, (from, ..))| (*from, at)).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.positions.len()
    }

    /// The nodes, each after all that it needs; shorter than the graph if there is a loop.
    pub(crate) fn dependencies_first(&self) -> Vec<usize> {
        generations(&self.dependencies, &self.dependents, self.len()).concat()
    }

    /// The nodes by the length of the longest way to them from what nothing needs. Those of a generation need only later
    /// ones. A loop is in none.
    pub(crate) fn dependents_first_by_generation(&self) -> Vec<Vec<usize>> {
        generations(&self.dependents, &self.dependencies, self.len())
    }
}

fn generations(first: &Adjacent, then: &Adjacent, count: usize) -> Vec<Vec<usize>> {
    let mut waiting: Vec<usize> = (0..count).map(|node| first.of(node).len()).collect();
    let mut generations = Vec::new();
    let mut generation: Vec<usize> = (0..count).filter(|node| waiting[*node] == 0).collect();
    while !generation.is_empty() {
        let mut following = Vec::new();
        for next in generation.iter().flat_map(|node| then.of(*node)) {
            waiting[*next] -= 1;
            if waiting[*next] == 0 {
                following.push(*next);
            }
        }
        generations.push(std::mem::replace(&mut generation, following));
    }
    generations
}
