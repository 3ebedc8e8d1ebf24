//! Named nodes and named edges.

use std::collections::VecDeque;
use std::sync::Arc;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use taskgraph_value::Str;

use crate::Error;
use crate::names::Names;

/// Which way to follow edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From a node to what it needs.
    Dependencies,
    /// From a node to what needs it.
    Dependents,
}

impl Direction {
    fn along(self) -> petgraph::Direction {
        match self {
            Direction::Dependencies => petgraph::Direction::Outgoing,
            Direction::Dependents => petgraph::Direction::Incoming,
        }
    }
}

/// An edge: `from` needs `to`, which it calls `name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge<'a> {
    /// The node that needs the other.
    pub from: &'a Str,
    /// The node that is needed.
    pub to: &'a Str,
    /// What `from` calls `to`.
    pub name: &'a Str,
}

/// Named nodes, in an order, and named edges between them. May have cycles, which the orders report.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    inner: DiGraph<(), Str, u32>,
    /// Graphs of the same nodes share their names.
    names: Arc<Names>,
}

impl Graph {
    /// A graph of these nodes and edges (from, to, name).
    pub fn new(
        nodes: impl IntoIterator<Item = Str>,
        edges: impl IntoIterator<Item = (Str, Str, Str)>,
    ) -> Result<Self, Error> {
        let mut graph = Graph::of_names(Names::checked(nodes.into_iter().collect())?);
        for (from, to, name) in edges {
            graph.add_edge(&from, &to, name)?;
        }
        Ok(graph)
    }

    /// A graph of nodes that are unique, without edges.
    pub(crate) fn of_unique(nodes: Vec<Str>) -> Self {
        Graph::of_names(Names::unique(nodes))
    }

    fn of_names(names: Names) -> Self {
        let mut inner = DiGraph::with_capacity(names.list().len(), 0);
        for _ in names.list() {
            inner.add_node(());
        }
        Graph { inner, names: Arc::new(names) }
    }

    /// Adds a node.
    pub fn add_node(&mut self, name: Str) -> Result<(), Error> {
        Arc::make_mut(&mut self.names).push(name)?;
        self.inner.add_node(());
        Ok(())
    }

    /// Adds an edge between nodes that are there.
    pub fn add_edge(&mut self, from: &str, to: &str, name: Str) -> Result<(), Error> {
        let (from, to) = (self.node(from)?, self.node(to)?);
        self.inner.add_edge(from, to, name);
        Ok(())
    }

    pub(crate) fn node(&self, name: &str) -> Result<NodeIndex, Error> {
        self.names.position(name).map(NodeIndex::new).ok_or_else(|| Error::UnknownNode { name: name.into() })
    }

    /// The same nodes, with other edges: positions of two nodes in [`Graph::nodes`], and the name that the first has for
    /// the second.
    ///
    /// `count` is about how many there are.
    pub(crate) fn with_edges(
        &self,
        count: usize,
        edges: impl IntoIterator<Item = (usize, usize, Str)>,
    ) -> Self {
        let mut inner = DiGraph::with_capacity(self.len(), count);
        for _ in 0..self.len() {
            inner.add_node(());
        }
        for (from, to, name) in edges {
            inner.add_edge(NodeIndex::new(from), NodeIndex::new(to), name);
        }
        Graph { inner, names: self.names.clone() }
    }

    fn name(&self, node: NodeIndex) -> &Str {
        &self.names.list()[node.index()]
    }

    fn edge<'a>(&'a self, from: NodeIndex, to: NodeIndex, name: &'a Str) -> Edge<'a> {
        Edge { from: self.name(from), to: self.name(to), name }
    }

    /// The position of a node in [`Graph::nodes`].
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.position(name)
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.inner.node_count()
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is a node of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.names.position(name).is_some()
    }

    /// The nodes, in the order in which they were added.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &Str> {
        self.names.list().iter()
    }

    /// The edges, in the order in which they were added.
    pub fn edges(&self) -> impl ExactSizeIterator<Item = Edge<'_>> {
        self.inner.raw_edges().iter().map(|edge| self.edge(edge.source(), edge.target(), &edge.weight))
    }

    /// The positions in [`Graph::nodes`] of the ends of each edge: the node that needs, and the one that is needed. In
    /// the order in which the edges were added.
    pub fn edge_positions(&self) -> impl ExactSizeIterator<Item = (usize, usize)> {
        self.inner.raw_edges().iter().map(|edge| (edge.source().index(), edge.target().index()))
    }

    /// The edges as positions in [`Graph::nodes`], from and to, and names; in the order of [`Graph::edges`]. For passes
    /// over large graphs, which need not look names up.
    pub fn links(&self) -> impl ExactSizeIterator<Item = (usize, usize, &Str)> {
        let edges = self.inner.raw_edges().iter();
        edges.map(|edge| (edge.source().index(), edge.target().index(), &edge.weight))
    }

    /// Adds an edge between nodes of these positions in [`Graph::nodes`].
    pub(crate) fn add_link(&mut self, from: usize, to: usize, name: Str) -> Result<(), Error> {
        for node in [from, to] {
            if node >= self.len() {
                return Err(Error::UnknownNode { name: node.to_string().into() });
            }
        }
        self.inner.add_edge(NodeIndex::new(from), NodeIndex::new(to), name);
        Ok(())
    }

    /// The edges that lead from a node to what it needs, or from what needs it to the node. Nothing for
    /// a node that the graph does not have.
    pub fn edges_of(&self, name: &str, direction: Direction) -> impl Iterator<Item = Edge<'_>> {
        let node = self.names.position(name).map(NodeIndex::new);
        node.into_iter().flat_map(move |node| {
            let edges = self.inner.edges_directed(node, direction.along());
            edges.map(|edge| self.edge(edge.source(), edge.target(), edge.weight()))
        })
    }

    /// The nodes `roots` and all that can be reached from them in one direction, with the edges followed.
    /// Nodes and edges keep their order.
    pub fn closure<S: AsRef<str>>(
        &self,
        roots: impl IntoIterator<Item = S>,
        direction: Direction,
    ) -> Result<Graph, Error> {
        let roots = roots.into_iter().map(|root| self.node(root.as_ref())).collect::<Result<_, _>>()?;
        Ok(self.reach(roots, direction).1)
    }

    /// As [`Graph::closure`], with the positions in this graph of the nodes that are left.
    pub(crate) fn reach(&self, roots: Vec<NodeIndex>, direction: Direction) -> (Vec<usize>, Graph) {
        let mut reached = vec![false; self.len()];
        let mut queue = roots;
        queue.retain(|root| !std::mem::replace(&mut reached[root.index()], true));
        while let Some(node) = queue.pop() {
            let next = self.inner.neighbors_directed(node, direction.along());
            queue.extend(next.filter(|next| !std::mem::replace(&mut reached[next.index()], true)));
        }
        let kept: Vec<usize> = (0..self.len()).filter(|at| reached[*at]).collect();
        // An edge is followed when the end that it starts from was reached.
        let start = |edge: &petgraph::graph::Edge<Str, u32>| match direction {
            Direction::Dependencies => edge.source(),
            Direction::Dependents => edge.target(),
        };
        let mut places = vec![NodeIndex::end(); self.len()];
        let mut closure = Graph {
            inner: DiGraph::with_capacity(kept.len(), 0),
            names: Arc::new(Names::unique(kept.iter().map(|at| self.names.list()[*at].clone()).collect())),
        };
        for at in &kept {
            places[*at] = closure.inner.add_node(());
        }
        for edge in self.inner.raw_edges().iter().filter(|edge| reached[start(edge).index()]) {
            let (from, to) = (places[edge.source().index()], places[edge.target().index()]);
            closure.inner.add_edge(from, to, edge.weight.clone());
        }
        (kept, closure)
    }

    /// Fails with [`Error::Cycle`] if there is one.
    pub fn check_acyclic(&self) -> Result<(), Error> {
        // Nodes mostly come after what they need, which leaves no way round.
        if self.edge_positions().all(|(from, to)| to < from) {
            return Ok(());
        }
        self.postorder().map(drop)
    }

    /// The nodes, each after everything that it needs. Nodes that are ready at once keep their order.
    pub fn postorder(&self) -> Result<Vec<&Str>, Error> {
        self.order(Direction::Dependencies)
    }

    /// The nodes, each before everything that it needs.
    pub fn preorder(&self) -> Result<Vec<&Str>, Error> {
        self.order(Direction::Dependents)
    }

    fn order(&self, first: Direction) -> Result<Vec<&Str>, Error> {
        let count = |node| self.inner.neighbors_directed(node, first.along()).count();
        let mut waiting: Vec<usize> = self.inner.node_indices().map(count).collect();
        let mut queue: VecDeque<NodeIndex> =
            self.inner.node_indices().filter(|node| waiting[node.index()] == 0).collect();
        let mut order = Vec::with_capacity(self.len());
        let mut freed = Vec::new();
        while let Some(node) = queue.pop_front() {
            order.push(self.name(node));
            // petgraph has the edge that was added last first.
            freed.extend(self.inner.neighbors_directed(node, first.along().opposite()));
            while let Some(next) = freed.pop() {
                waiting[next.index()] -= 1;
                if waiting[next.index()] == 0 {
                    queue.push_back(next);
                }
            }
        }
        if order.len() < self.len() { Err(self.cycle(&waiting)) } else { Ok(order) }
    }

    /// The circle found by walking from any node that still waits, along nodes that still wait.
    fn cycle(&self, waiting: &[usize]) -> Error {
        let stuck = |node: &NodeIndex| waiting[node.index()] > 0;
        let mut path: Vec<NodeIndex> = self.inner.node_indices().filter(stuck).take(1).collect();
        // A node may wait for a circle without being in it, so the walk goes on until it comes back to itself.
        while let Some(&last) = path.last() {
            let outgoing = self.inner.neighbors(last).filter(stuck).min();
            let Some(next) = outgoing else {
                // It only waits for dependents: a dead end, which the circle does not go through.
                let without: Vec<usize> = waiting
                    .iter()
                    .enumerate()
                    .map(|(at, n)| if at == last.index() { 0 } else { *n })
                    .collect();
                return self.cycle(&without);
            };
            if let Some(start) = path.iter().position(|node| *node == next) {
                path.push(next);
                return Error::Cycle {
                    path: path[start..].iter().map(|node| self.name(*node).clone()).collect(),
                };
            }
            path.push(next);
        }
        Error::Cycle { path: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph of `test -> build` edges and single nodes, separated by semicolons.
    fn parse(text: &str) -> Graph {
        let mut graph = Graph::default();
        for part in text.split(';') {
            let names: Vec<&str> = part.split("->").map(str::trim).collect();
            for name in &names {
                if !graph.contains(name) {
                    graph.add_node((*name).into()).unwrap();
                }
            }
            for pair in names.windows(2) {
                graph.add_edge(pair[0], pair[1], "edge".into()).unwrap();
            }
        }
        graph
    }

    #[track_caller]
    fn check_cycle(text: &str, expected: &str) {
        let graph = parse(text);
        assert_eq!(graph.postorder().unwrap_err().to_string(), expected);
        assert_eq!(graph.preorder().unwrap_err().to_string(), expected);
        assert_eq!(graph.check_acyclic().unwrap_err().to_string(), expected);
    }

    #[test]
    fn cycles_are_named() {
        check_cycle("a -> b -> c -> a", "dependency loop: a -> b -> c -> a");
        check_cycle("x -> a; a -> a", "dependency loop: a -> a");
        check_cycle("before -> a -> b -> a; b -> after", "dependency loop: a -> b -> a");
    }

    #[test]
    fn orders_put_needed_nodes_first_or_last() {
        let graph = parse("d -> c; c -> a; d -> b; e");
        assert_eq!(graph.postorder().unwrap(), ["a", "b", "e", "c", "d"]);
        assert_eq!(graph.preorder().unwrap(), ["d", "e", "c", "b", "a"]);
        graph.check_acyclic().unwrap();
        parse("a; b -> a").check_acyclic().unwrap();
    }

    #[test]
    fn closure_has_the_edges_between_its_nodes() {
        let graph = parse("d -> c -> a; d -> b; e -> a");
        let closure = graph.closure(["c"], Direction::Dependencies).unwrap();
        assert_eq!(closure.nodes().collect::<Vec<_>>(), ["c", "a"]);
        assert_eq!(closure.edges().count(), 1);
        let closure = graph.closure(["a"], Direction::Dependents).unwrap();
        assert_eq!(closure.nodes().collect::<Vec<_>>(), ["d", "c", "a", "e"]);
        assert!(matches!(graph.closure(["nope"], Direction::Dependents), Err(Error::UnknownNode { .. })));
    }

    #[test]
    fn nodes_are_unique() {
        let mut graph = parse("a");
        assert!(matches!(graph.add_node("a".into()), Err(Error::DuplicateNode { .. })));
    }
}
