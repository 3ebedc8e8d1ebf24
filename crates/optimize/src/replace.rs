//! Which tasks are replaced by earlier ones: dependencies first, for a task that needs one that runs must run, too.

use std::collections::BTreeMap;

use taskgraph_schema::describe;
use taskgraph_value::{Str, text};

use crate::{
    Decision, Decisions, Error, Log, NotReplaced, Optimization, Problem, Removal, ReplacedBy,
    log::{Entry, Step},
    optimization::fault,
    remove::{Removing, Verdict},
    strategy::{Answer, Asked, Deadlines, Given, Replacement},
};

/// What was decided about replacing tasks.
pub(crate) struct Replacing {
    /// Whether each task is removed, by node: those that were before, and those that are replaced with nothing.
    pub(crate) removed: Vec<bool>,
    pub(crate) outcomes: Vec<Outcome>,
}

/// What became of one task.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Replaced { by: ReplacedBy, task_id: Str },
    Removed,
    Kept(NotReplaced),
}

impl Replacing {
    /// The taskId that replaces a task. One that was removed before may have one, too.
    pub(crate) fn task_id(&self, node: usize) -> Option<&Str> {
        match &self.outcomes[node] {
            Outcome::Replaced { task_id, .. } => Some(task_id),
            _ => None,
        }
    }
}

impl Optimization<'_> {
    pub(crate) fn replace(
        &self,
        given: &Given<'_>,
        removed: &[bool],
        log: &mut Log,
    ) -> Result<Replacing, Error> {
        let order = self.links.dependencies_first();
        let deadlines = Deadlines::new(self.options.now, (0..self.links.len()).map(|node| self.task(node)));
        let mut answers: Vec<Option<Answer<Replacement>>> =
            self.ask(self.replaceable(&order, removed).into_iter(), |named, group| {
                let asked: Vec<Asked<'_>> = group
                    .iter()
                    .map(|(node, used)| {
                        let dependents = self.links.dependents.of(*node);
                        Asked::in_graph(self.task(*node), used.argument, dependents, &deadlines)
                    })
                    .collect();
                named.should_replace(&asked, given)
            });
        let mut removed = removed.to_vec();
        let mut outcomes = vec![Outcome::Removed; self.links.len()];
        let mut counts: BTreeMap<Str, usize> = BTreeMap::new();
        let mut gone = vec![false; self.links.len()];
        for node in order {
            let mut step = |step| log.push(Entry::Replacement { label: self.label(node).clone(), step });
            step(Step::Start);
            gone[node] = removed[node];
            if self.is_protected(node) {
                step(Step::DoNotOptimize);
                outcomes[node] = Outcome::Kept(NotReplaced::DoNotOptimize);
                continue;
            }
            let needed = self.links.dependencies.of(node).iter().filter(|other| !gone[**other]);
            let needed: Vec<Str> = needed.map(|other| self.label(*other).clone()).collect();
            if !needed.is_empty() {
                step(Step::Dependencies);
                outcomes[node] = Outcome::Kept(NotReplaced::Dependencies(needed));
                continue;
            }
            if let Some(task_id) = self.existing(node)? {
                step(Step::Existing);
                *counts.entry(text!("existing_tasks")).or_default() += 1;
                gone[node] = true;
                outcomes[node] = Outcome::Replaced { by: ReplacedBy::ExistingTasks, task_id };
                continue;
            }
            let answer = answers[node].take().unwrap_or_else(|| Replacement::Keep.into());
            log.note(&answer.notes);
            let replacement = answer.result.map_err(|source| self.strategy_fault(node, source))?;
            let mut step = |step| log.push(Entry::Replacement { label: self.label(node).clone(), step });
            let strategy = self.shown(node);
            match replacement {
                Replacement::With(task_id) if !task_id.is_empty() => {
                    step(Step::Replaced(task_id.clone()));
                    *counts.entry(strategy.clone()).or_default() += 1;
                    gone[node] = true;
                    outcomes[node] = Outcome::Replaced { by: ReplacedBy::Strategy(strategy), task_id };
                }
                Replacement::Remove => {
                    step(Step::Removed);
                    *counts.entry(strategy).or_default() += 1;
                    gone[node] = true;
                    removed[node] = true;
                }
                Replacement::Keep | Replacement::With(_) => {
                    step(Step::Kept);
                    outcomes[node] = Outcome::Kept(NotReplaced::Strategy { strategy, notes: answer.notes });
                }
            }
        }
        log.push(Entry::Summary { done: "replaced", counts });
        Ok(Replacing { removed, outcomes })
    }

    /// The tasks that a strategy may be asked about, in the order of their labels: those that do not need one that runs
    /// whatever strategies say.
    fn replaceable(&self, dependencies_first: &[usize], removed: &[bool]) -> Vec<usize> {
        let mut may = vec![false; self.links.len()];
        for node in dependencies_first {
            let needs = self.links.dependencies.of(*node);
            may[*node] =
                !self.is_protected(*node) && needs.iter().all(|other| removed[*other] || may[*other]);
        }
        let asks = |node: &usize| may[*node] && !matches!(self.existing(*node), Ok(Some(_)));
        (0..self.links.len()).filter(asks).collect()
    }

    fn existing(&self, node: usize) -> Result<Option<Str>, Error> {
        match self.options.existing_tasks.get(self.label(node)) {
            Some(value) if value.is_truthy() => match value.as_str() {
                Some(task_id) => Ok(Some(task_id.clone())),
                None => {
                    let problem = Problem::ExistingTask { found: describe(value) };
                    Err(Error::Faults(vec![fault(self.task(node), problem)]))
                }
            },
            _ => Ok(None),
        }
    }

    pub(crate) fn decisions(&self, removing: Removing, replacing: Replacing) -> Decisions {
        let decided = removing.verdicts.into_iter().zip(replacing.outcomes).enumerate();
        let decided = decided.map(|(node, (verdict, outcome))| {
            let decision = match (verdict, outcome) {
                (Verdict::Removed(removal), _) => Decision::Removed(removal),
                (Verdict::Kept(_), Outcome::Replaced { by, task_id }) => Decision::Replaced { by, task_id },
                (Verdict::Kept(_), Outcome::Removed) => {
                    Decision::Removed(Removal::Replacement(self.shown(node)))
                }
                (Verdict::Kept(because), Outcome::Kept(not_replaced)) => {
                    Decision::Kept { because, not_replaced }
                }
            };
            (self.label(node).clone(), decision)
        });
        Decisions::new(decided.collect())
    }
}
