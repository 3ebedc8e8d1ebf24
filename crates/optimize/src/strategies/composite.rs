//! Strategies that are made of others.

use taskgraph_value::{Str, Value};

use crate::strategy::{Answer, Asked, Given, Named, Replacement, Strategy};

/// Makes the arguments of the parts of a strategy from that of the whole. A part without one is not asked.
pub type Split = Box<dyn Fn(&Value, usize) -> Vec<Value> + Send + Sync>;

/// Removes or replaces a task if any of its parts says so. The first that does decides about the replacement.
pub struct Any(Parts);

/// Removes a task if all of its parts say so. If all of them replace it, it is removed, as the reference does.
pub struct All(Parts);

/// Another name for a strategy.
pub struct Alias(Named);

/// Does the opposite of a strategy: removes what that keeps. What that does not replace is removed, too.
pub struct Not(Named);

struct Parts {
    parts: Vec<Named>,
    split: Option<Split>,
}

impl Any {
    /// Of these parts, asked in order. Each gets the argument of the whole.
    pub fn new(parts: Vec<Named>) -> Self {
        Any(Parts { parts, split: None })
    }

    /// Of these parts, with arguments of their own.
    pub fn with_split(parts: Vec<Named>, split: Split) -> Self {
        Any(Parts { parts, split: Some(split) })
    }
}

impl All {
    /// Of these parts, asked in order. Each gets the argument of the whole.
    pub fn new(parts: Vec<Named>) -> Self {
        All(Parts { parts, split: None })
    }

    /// Of these parts, with arguments of their own.
    pub fn with_split(parts: Vec<Named>, split: Split) -> Self {
        All(Parts { parts, split: Some(split) })
    }
}

impl Alias {
    /// Of this strategy.
    pub fn new(of: Named) -> Self {
        Alias(of)
    }
}

impl Not {
    /// Of this strategy.
    pub fn new(of: Named) -> Self {
        Not(of)
    }
}

/// What Python takes for true.
trait Truth {
    fn truth(&self) -> bool;
}

impl Truth for bool {
    fn truth(&self) -> bool {
        *self
    }
}

impl Truth for Replacement {
    fn truth(&self) -> bool {
        match self {
            Replacement::Keep => false,
            Replacement::Remove => true,
            Replacement::With(task_id) => !task_id.is_empty(),
        }
    }
}

impl Parts {
    fn description(&self, between: &str) -> String {
        self.parts.iter().map(Named::description).collect::<Vec<_>>().join(between)
    }

    fn index_paths(&self, argument: &Value) -> Vec<Str> {
        let split = self.split.as_ref().map(|split| split(argument, self.parts.len()));
        let argument_of = |at: usize| match &split {
            None => Some(argument),
            Some(arguments) => arguments.get(at),
        };
        let parts = self.parts.iter().enumerate();
        parts.filter_map(|(at, part)| Some(part.strategy.index_paths(argument_of(at)?))).flatten().collect()
    }

    /// Asks the parts in order, each about the tasks that are still undecided: those that no part answered with
    /// the truth `decides`. What is undecided in the end is `otherwise`.
    fn ask<T: Truth + Clone>(
        &self,
        asked: &[Asked<'_>],
        decides: bool,
        otherwise: &T,
        ask: impl Fn(&Named, &[Asked<'_>]) -> Vec<Answer<T>>,
    ) -> Vec<Answer<T>> {
        let arguments: Option<Vec<Vec<Value>>> = self
            .split
            .as_ref()
            .map(|split| asked.iter().map(|asked| split(asked.argument, self.parts.len())).collect());
        let mut answers: Vec<Answer<T>> = asked.iter().map(|_| otherwise.clone().into()).collect();
        let mut open: Vec<usize> = (0..asked.len()).collect();
        for (at, part) in self.parts.iter().enumerate() {
            if let Some(arguments) = &arguments {
                open.retain(|task| arguments[*task].len() > at);
            }
            let questions: Vec<Asked<'_>> = open
                .iter()
                .map(|task| match &arguments {
                    None => asked[*task],
                    Some(arguments) => asked[*task].with_argument(&arguments[*task][at]),
                })
                .collect();
            let mut given = ask(part, &questions).into_iter();
            open.retain(|task| {
                let Some(given) = given.next() else { return false };
                answers[*task].notes.extend(given.notes);
                let undecided = given.result.as_ref().is_ok_and(|answer| answer.truth() != decides);
                if !undecided {
                    answers[*task].result = given.result;
                }
                undecided
            });
        }
        answers
    }
}

impl Strategy for Any {
    fn description(&self) -> Option<String> {
        Some(self.0.description("-or-"))
    }

    fn index_paths(&self, argument: &Value) -> Vec<Str> {
        self.0.index_paths(argument)
    }

    fn should_remove(&self, asked: &[Asked<'_>], given: &Given<'_>) -> Vec<Answer<bool>> {
        self.0.ask(asked, true, &false, |part, asked| part.should_remove(asked, given))
    }

    fn should_replace(&self, asked: &[Asked<'_>], given: &Given<'_>) -> Vec<Answer<Replacement>> {
        self.0.ask(asked, true, &Replacement::Keep, |part, asked| part.should_replace(asked, given))
    }
}

impl Strategy for All {
    fn description(&self) -> Option<String> {
        Some(self.0.description("-and-"))
    }

    fn index_paths(&self, argument: &Value) -> Vec<Str> {
        self.0.index_paths(argument)
    }

    fn should_remove(&self, asked: &[Asked<'_>], given: &Given<'_>) -> Vec<Answer<bool>> {
        self.0.ask(asked, false, &true, |part, asked| part.should_remove(asked, given))
    }

    fn should_replace(&self, asked: &[Asked<'_>], given: &Given<'_>) -> Vec<Answer<Replacement>> {
        self.0.ask(asked, false, &Replacement::Remove, |part, asked| part.should_replace(asked, given))
    }
}

impl Strategy for Alias {
    fn description(&self) -> Option<String> {
        Some(self.0.description())
    }

    fn index_paths(&self, argument: &Value) -> Vec<Str> {
        self.0.strategy.index_paths(argument)
    }

    fn should_remove(&self, asked: &[Asked<'_>], given: &Given<'_>) -> Vec<Answer<bool>> {
        self.0.should_remove(asked, given)
    }

    fn should_replace(&self, asked: &[Asked<'_>], given: &Given<'_>) -> Vec<Answer<Replacement>> {
        self.0.should_replace(asked, given)
    }
}

impl Strategy for Not {
    fn description(&self) -> Option<String> {
        Some(format!("not-{}", self.0.description()))
    }

    fn index_paths(&self, argument: &Value) -> Vec<Str> {
        self.0.strategy.index_paths(argument)
    }

    fn should_remove(&self, asked: &[Asked<'_>], given: &Given<'_>) -> Vec<Answer<bool>> {
        let answers = self.0.should_remove(asked, given).into_iter();
        answers
            .map(|answer| Answer { result: answer.result.map(|remove| !remove), notes: answer.notes })
            .collect()
    }

    fn should_replace(&self, asked: &[Asked<'_>], given: &Given<'_>) -> Vec<Answer<Replacement>> {
        let opposite = |replacement: Replacement| {
            if replacement.truth() { Replacement::Keep } else { Replacement::Remove }
        };
        let answers = self.0.should_replace(asked, given).into_iter();
        answers.map(|answer| Answer { result: answer.result.map(opposite), notes: answer.notes }).collect()
    }
}
