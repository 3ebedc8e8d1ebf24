//! Which tasks are removed: dependents first, so that what nobody needs any more goes with what needed it.

use std::collections::{BTreeMap, VecDeque};

use taskgraph_value::{Str, Value, text};

use crate::{
    Error, Kept, Log, Optimization, Removal,
    log::Entry,
    strategy::{Answer, Asked, Given},
};

/// What was decided about removing tasks.
pub(crate) struct Removing {
    /// By node.
    pub(crate) removed: Vec<bool>,
    pub(crate) verdicts: Vec<Verdict>,
}

/// What strategies say of each node that they were asked about: whether it can be removed.
type Answers = Vec<Option<Answer<bool>>>;

/// Why a task was removed or kept.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    Removed(Removal),
    Kept(Kept),
}

/// The reason in the log.
#[derive(Clone, Copy)]
enum Reason {
    DoNotOptimize,
    Dependents,
    DependentsOptimized,
    Strategy,
    IfDependencies,
}

struct State<'o, 'a> {
    optimization: &'o Optimization<'a>,
    /// The nodes that each task may not run without one of; nothing for tasks that do not say so.
    if_dependencies: Vec<Option<Vec<usize>>>,
    /// The nodes of the current generation about which nothing is decided yet.
    undecided: Vec<bool>,
    removed: Vec<bool>,
    /// Tasks that are removed in the end if none of what they may not run without, or what needs them, is kept.
    candidate: Vec<bool>,
    reasons: Vec<Option<(bool, Reason)>>,
    /// In the order in which they were first given.
    reasoned: Vec<usize>,
    /// The tasks for whose sake another is kept.
    sakes: Vec<Vec<usize>>,
    /// What made a candidate one that is kept.
    revived: Vec<Option<usize>>,
}

impl Optimization<'_> {
    /// `thorough` is how candidates are treated in the end, see [`State::prune`].
    pub(crate) fn remove(&self, given: &Given<'_>, thorough: bool, log: &mut Log) -> Result<Removing, Error> {
        let requested = |node: &usize| self.options.requested.contains(self.label(*node));
        let mut answers: Answers = self.ask((0..self.links.len()).filter(requested), |named, group| {
            let asked: Vec<Asked<'_>> =
                group.iter().map(|(node, used)| Asked::new(self.task(*node), used.argument)).collect();
            named.should_remove(&asked, given)
        });
        let mut state = State::new(self);
        let generations = self.links.dependents_first_by_generation();
        for generation in &generations {
            for node in state.keep_what_stays(generation, &answers) {
                if let Some(answer) = &answers[node] {
                    log.note(&answer.notes);
                }
            }
            for node in generation.iter().copied() {
                if !std::mem::take(&mut state.undecided[node]) {
                    continue;
                }
                // Only tasks that somebody requested were asked about.
                let Some(answer) = answers[node].take() else {
                    state.remove(node, Reason::DependentsOptimized);
                    continue;
                };
                log.note(&answer.notes);
                if answer.result.map_err(|source| self.strategy_fault(node, source))? {
                    state.remove(node, Reason::Strategy);
                } else {
                    // Whether one of its `if-dependencies` runs is not known yet.
                    state.reason(node, false, Reason::Strategy);
                    state.candidate[node] = true;
                }
            }
        }
        state.prune(generations.concat(), thorough);
        state.write(log);
        Ok(state.finish())
    }
}

impl<'o, 'a> State<'o, 'a> {
    fn new(optimization: &'o Optimization<'a>) -> Self {
        let count = optimization.links.len();
        let node = |label: &Value| {
            let position = optimization.graph.position(label.as_str()?)?;
            Some(optimization.links.nodes[position])
        };
        let if_dependencies = (0..count).map(|at| {
            let labels = &optimization.task(at).if_dependencies;
            (!labels.is_empty()).then(|| labels.iter().filter_map(node).collect())
        });
        State {
            optimization,
            if_dependencies: if_dependencies.collect(),
            undecided: vec![false; count],
            removed: vec![false; count],
            candidate: vec![false; count],
            reasons: vec![None; count],
            reasoned: Vec::with_capacity(count),
            sakes: vec![Vec::new(); count],
            revived: vec![None; count],
        }
    }

    fn dependents(&self, node: usize) -> &'o [usize] {
        self.optimization.links.dependents.of(node)
    }

    /// The dependents that are no reason to run a task: candidates that may not run without it, or that only
    /// wait for what becomes of others.
    fn prunable(&self, node: usize) -> Vec<usize> {
        let prunable = |other: &usize| {
            self.candidate[*other]
                && self.if_dependencies[*other].as_ref().is_none_or(|labels| labels.contains(&node))
        };
        self.dependents(node).iter().copied().filter(prunable).collect()
    }

    fn reason(&mut self, node: usize, removed: bool, reason: Reason) {
        if self.reasons[node].replace((removed, reason)).is_none() {
            self.reasoned.push(node);
        }
    }

    /// Keeps the tasks of a generation that stay. Returns those of which a strategy says so; what is left of the generation
    /// can be removed.
    ///
    /// A task that stays may bring back one that needs another of its generation, and thereby that one, too. The reference
    /// goes through a generation once, in the order of a set, and finds that or not. Here what stays is found first.
    fn keep_what_stays(&mut self, generation: &[usize], answers: &Answers) -> Vec<usize> {
        generation.iter().for_each(|node| self.undecided[*node] = true);
        let mut by_strategy = Vec::new();
        let mut queue: VecDeque<usize> = generation.iter().copied().collect();
        while let Some(node) = queue.pop_front() {
            if !self.undecided[node] {
                continue;
            }
            let prunable = self.prunable(node);
            let needing = self.dependents(node).iter().copied();
            let needing: Vec<usize> =
                needing.filter(|other| !self.removed[*other] && !prunable.contains(other)).collect();
            let says_so = answers[node].as_ref().is_some_and(|answer| matches!(answer.result, Ok(false)));
            let reason = if self.optimization.is_protected(node) {
                Reason::DoNotOptimize
            } else if !needing.is_empty() {
                self.sakes[node] = needing;
                Reason::Dependents
            } else if says_so && self.if_dependencies[node].is_none() {
                by_strategy.push(node);
                Reason::Strategy
            } else {
                continue;
            };
            self.undecided[node] = false;
            for other in self.keep(node, reason, &prunable) {
                let needed = self.optimization.links.dependencies.of(other).iter().copied();
                queue.extend(needed.filter(|node| self.undecided[*node]));
            }
        }
        by_strategy
    }

    /// Returns the candidates that are none any more.
    fn keep(&mut self, node: usize, reason: Reason, prunable: &[usize]) -> Vec<usize> {
        self.reason(node, false, reason);
        let mut revived = Vec::new();
        let mut queue: Vec<(usize, usize)> = prunable.iter().map(|other| (*other, node)).collect();
        while let Some((other, because)) = queue.pop() {
            if !self.candidate[other] || self.if_dependencies[other].is_none() {
                continue;
            }
            self.candidate[other] = false;
            self.revived[other] = Some(because);
            revived.push(other);
            queue.extend(
                self.dependents(other)
                    .iter()
                    .filter(|next| self.candidate[**next])
                    .map(|next| (*next, other)),
            );
        }
        revived
    }

    fn remove(&mut self, node: usize, reason: Reason) {
        if self.prunable(node).is_empty() {
            self.removed[node] = true;
            self.reason(node, true, reason);
        } else {
            // It stays if one of them does.
            self.candidate[node] = true;
        }
    }

    /// Removes the candidates that are left, but for those that a task needs that is kept.
    ///
    /// If it is `thorough`, a candidate that is kept counts as such a task, too. In the reference it does not, so that
    /// what it needs may be removed.
    fn prune(&mut self, dependents_first: Vec<usize>, thorough: bool) {
        let candidates = self.candidate.clone();
        for node in dependents_first.into_iter().filter(|node| candidates[*node]) {
            let waits = |other: usize| if thorough { self.candidate[other] } else { candidates[other] };
            let needing = self.dependents(node).iter().copied();
            let needing: Vec<usize> =
                needing.filter(|other| !waits(*other) && !self.removed[*other]).collect();
            self.candidate[node] = false;
            if needing.is_empty() {
                self.removed[node] = true;
                self.reason(node, true, Reason::IfDependencies);
            } else {
                self.sakes[node] = needing;
                self.reason(node, false, Reason::Dependents);
            }
        }
    }

    fn write(&self, log: &mut Log) {
        let mut counts: BTreeMap<Str, usize> = BTreeMap::new();
        for node in self.reasoned.iter().copied() {
            let Some((removed, reason)) = self.reasons[node] else { continue };
            let reason = match reason {
                Reason::DoNotOptimize => text!("do not optimize"),
                Reason::Dependents => text!("dependent tasks"),
                Reason::DependentsOptimized => text!("dependents optimized"),
                Reason::Strategy => self.optimization.shown(node),
                Reason::IfDependencies => text!("if-dependencies pruning"),
            };
            if removed {
                *counts.entry(reason.clone()).or_default() += 1;
            }
            log.push(Entry::Removal { label: self.optimization.label(node).clone(), removed, reason });
        }
        log.push(Entry::Summary { done: "removed", counts });
    }

    fn finish(mut self) -> Removing {
        let verdicts = (0..self.removed.len()).map(|node| {
            let optimization = self.optimization;
            let label = |node: usize| optimization.label(node).clone();
            match self.reasons[node] {
                Some((true, Reason::IfDependencies)) => {
                    let mut wanted = self.if_dependencies[node].iter().flatten().copied();
                    let late = wanted.find(|other| !self.removed[*other]).map(label);
                    Verdict::Removed(Removal::IfDependencies { late })
                }
                Some((true, Reason::Strategy)) => {
                    Verdict::Removed(Removal::Strategy(optimization.shown(node)))
                }
                Some((true, _)) => Verdict::Removed(Removal::DependentsOptimized),
                Some((false, Reason::DoNotOptimize)) => Verdict::Kept(Kept::DoNotOptimize),
                Some((false, Reason::Strategy)) => Verdict::Kept(Kept::Strategy(optimization.shown(node))),
                Some((false, _)) => {
                    let sakes = std::mem::take(&mut self.sakes[node]);
                    Verdict::Kept(Kept::Dependents(sakes.into_iter().map(label).collect()))
                }
                // A candidate that was no longer one gives no reason of its own.
                None => Verdict::Kept(Kept::IfDependency(self.revived[node].map(label).unwrap_or_default())),
            }
        });
        let verdicts = verdicts.collect();
        Removing { removed: self.removed, verdicts }
    }
}
