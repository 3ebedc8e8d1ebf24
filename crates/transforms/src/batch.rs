//! Calling registered objects with all tasks that name them.

use rustc_hash::FxHashMap;
use taskgraph_value::Str;

/// The positions of each name, names in the order of their first position.
pub(crate) fn by_name<'a>(names: impl Iterator<Item = Option<&'a Str>>) -> Vec<(Str, Vec<usize>)> {
    let mut batches: Vec<(Str, Vec<usize>)> = Vec::new();
    let mut index: FxHashMap<&Str, usize> = FxHashMap::default();
    for (position, name) in names.enumerate() {
        let Some(name) = name else { continue };
        let at = *index.entry(name).or_insert_with(|| {
            batches.push((name.clone(), Vec::new()));
            batches.len() - 1
        });
        batches[at].1.push(position);
    }
    batches
}

/// Takes the items at some positions out of a list, calls `f` with them, and puts them back.
pub(crate) fn with_items<T, E>(
    items: &mut [Option<T>],
    positions: &[usize],
    f: impl FnOnce(&mut Vec<T>) -> Result<(), E>,
) -> Result<(), E> {
    let mut batch: Vec<T> = positions.iter().filter_map(|at| items[*at].take()).collect();
    let result = f(&mut batch);
    for (at, item) in positions.iter().zip(batch) {
        items[*at] = Some(item);
    }
    result
}
