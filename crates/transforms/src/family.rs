//! Families: tasks that differ so little that what becomes of the first tells what becomes of the others.
//!
//! The chunks of a suite differ in their label, a symbol, a variable and a word of their command, and the transforms only
//! pass these on. So just the first of them goes through all steps.

use std::iter::repeat_n;

use taskgraph_kinds::{Description, Error, KindContext, Transform, TransformSequence};
use taskgraph_value::{Map, Str, Value, text};

/// What is known about some steps, and lets tasks skip them.
pub(crate) trait Kinship: Send + Sync {
    /// Whether two tasks differ in nothing but what the steps pass on, if [`Kinship::is_known`] of the first.
    fn is_like(&self, first: &Map, task: &Map) -> bool;

    /// Whether it is known what the steps do with tasks that are like this one, given who is registered.
    fn is_known(&self, kind: &KindContext<'_>, first: &Map) -> bool;

    /// What the steps make of each of `tasks`, which are like `first`, of which they made `made`.
    ///
    /// A text in the environment of `first` that others have other texts for is nowhere else in memory, so if it is in
    /// that of `made`, it was passed on.
    fn derive(
        &self,
        kind: &KindContext<'_>,
        first: &Map,
        made: &Description,
        tasks: &[Description],
    ) -> Result<Vec<Description>, Error>;
}

/// Runs steps, which keep the number and order of tasks, for the first of each family.
pub(crate) struct Families<K> {
    pub(crate) steps: TransformSequence,
    pub(crate) kinship: K,
}

impl<K: Kinship> Transform for Families<K> {
    fn apply(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        let sizes = self.sizes(kind, &tasks);
        if sizes.len() == tasks.len() {
            return self.steps.run(kind, tasks);
        }
        let mut firsts = Vec::with_capacity(sizes.len());
        let mut families = Vec::with_capacity(sizes.len());
        let mut tasks = tasks.into_iter();
        for size in sizes {
            let Some(mut first) = tasks.next() else { break };
            let others: Vec<Description> = tasks.by_ref().take(size - 1).collect();
            if others.is_empty() {
                families.push(None);
            } else {
                give_own_texts(&mut first, &others);
                families.push(Some((first.fields.clone(), others)));
            }
            firsts.push(first);
        }
        let made = self.steps.run(kind, firsts)?;
        let mut all = Vec::with_capacity(made.len());
        for (made, family) in made.into_iter().zip(families) {
            let Some((first, others)) = family else {
                all.push(made);
                continue;
            };
            let derived = self.kinship.derive(kind, &first, &made, &others)?;
            all.push(made);
            all.extend(derived);
        }
        Ok(all)
    }

    fn splits(&self, kind: &KindContext<'_>) -> bool {
        self.steps.splits(kind)
    }
}

impl<K: Kinship> Families<K> {
    /// How many tasks each family has.
    fn sizes(&self, kind: &KindContext<'_>, tasks: &[Description]) -> Vec<usize> {
        let mut sizes = Vec::with_capacity(tasks.len());
        let mut rest = tasks;
        while let Some((first, after)) = rest.split_first() {
            let like = after.iter().take_while(|task| self.kinship.is_like(first, task)).count();
            match like > 0 && self.kinship.is_known(kind, first) {
                true => sizes.push(1 + like),
                false => sizes.extend(repeat_n(1, 1 + like)),
            }
            rest = &after[like..];
        }
        sizes
    }
}

pub(crate) fn both_texts(a: &Value, b: &Value) -> bool {
    matches!((a, b), (Value::Str(_), Value::Str(_)))
}

/// Whether two environments differ in texts only. Those of the first must be such that can be told from others by their
/// address, which is one for all that are empty.
pub(crate) fn is_env_alike(first: &Value, env: &Value) -> bool {
    let alike = |first: &Value, value: &Value| first.is_truthy() && both_texts(first, value);
    match (first, env) {
        (Value::Map(first), Value::Map(env)) => first.is_but_for(env, |_, first, value| alike(first, value)),
        _ => false,
    }
}

/// Whether two command lines differ in texts only, and not in the first word.
pub(crate) fn is_command_alike(a: &Value, b: &Value) -> bool {
    let (Value::List(a), Value::List(b)) = (a, b) else { return false };
    a.len() == b.len()
        && a.iter().zip(b).enumerate().all(|(at, (a, b))| a.is(b) || at > 0 && both_texts(a, b))
}

fn env(task: &Map) -> Option<&Map> {
    task.get_map("worker")?.get_map("env")
}

/// Gives each text in the environment of `first` that other tasks have other texts for an address of its own.
fn give_own_texts(first: &mut Map, others: &[Description]) {
    let Some(variables) = env(first) else { return };
    let mut differs = vec![false; variables.len()];
    for other in others.iter().filter_map(|other| env(other)).filter(|other| !other.is(variables)) {
        let values = variables.values().zip(other.values());
        differs.iter_mut().zip(values).for_each(|(differs, (a, b))| *differs |= !a.is(b));
    }
    if !differs.contains(&true) {
        return;
    }
    let variables = first.map_mut(text!("worker")).map_mut(text!("env"));
    for (value, _) in variables.values_mut().zip(differs).filter(|(_, differs)| *differs) {
        if let Value::Str(text) = value {
            *text = Str::from(text.as_str());
        }
    }
}

/// Whether a task has something else under a key than `first`.
pub(crate) fn differs(first: &Map, task: &Map, key: &str) -> bool {
    match (first.get(key), task.get(key)) {
        (Some(before), Some(value)) => !before.is(value),
        (before, value) => before.is_some() != value.is_some(),
    }
}

/// What a task has under two keys if it is not what `first` has there.
pub(crate) fn changed<'a>(first: &Map, task: &'a Map, key: &str, inner: &str) -> Option<&'a Value> {
    let value = task.get_map(key)?.get(inner)?;
    let before = first.get_map(key)?.get(inner)?;
    (!before.is(value)).then_some(value)
}

/// Replaces the value at a path of keys, if it is there.
pub(crate) fn replace(map: &mut Map, path: &[&str], value: impl Into<Value>) {
    let Some((key, rest)) = path.split_first() else { return };
    match (map.get_mut(key), rest) {
        (Some(place), []) => *place = value.into(),
        (Some(Value::Map(map)), rest) => replace(map, rest, value),
        _ => {}
    }
}

/// Puts what a task has in its environment where `made` has what `first` has there.
pub(crate) fn pass_env_on(first: &Map, task: &Map, made: &mut Map) {
    let (Some(first), Some(task)) = (env(first), env(task)) else { return };
    for ((name, before), value) in first.iter().zip(task.values()) {
        if !before.is(value)
            && made.get_map("env").and_then(|env| env.get(name)).is_some_and(|it| it.is(before))
        {
            replace(made, &["env", name], value.clone());
        }
    }
}
