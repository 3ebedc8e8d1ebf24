//! What is made of the same values for one task after another.

use taskgraph_kinds::Problem;
use taskgraph_value::{Map, Value};

/// The values that something was made of last, and what became of them.
///
/// Neighbours of a kind that were copied from the same defaults share many values in memory. What was made of the same
/// values for the task before need not be made again, and stays shared, too.
#[derive(Debug)]
pub(crate) struct Last<T, const N: usize>(Option<([Option<Value>; N], T)>);

impl<T, const N: usize> Default for Last<T, N> {
    fn default() -> Self {
        Last(None)
    }
}

impl<T, const N: usize> Last<T, N> {
    /// What `make` returns, which must depend on nothing but these values and what is the same for all tasks. Called
    /// only if they are not those of the last call.
    pub(crate) fn or_make<E>(
        &mut self,
        values: [Option<Value>; N],
        make: impl FnOnce(&[Option<Value>; N]) -> Result<T, E>,
    ) -> Result<&T, E> {
        let same = |(known, value): (&Option<Value>, &Option<Value>)| match (known, value) {
            (Some(known), Some(value)) => known.is(value),
            (known, value) => known.is_none() && value.is_none(),
        };
        let known = match self.0.take().filter(|(of, _)| of.iter().zip(&values).all(same)) {
            Some(known) => known,
            None => {
                let made = make(&values)?;
                (values, made)
            }
        };
        Ok(&self.0.insert(known).1)
    }
}

/// Changes a map that a task has. What several tasks share is changed once, and they share what becomes of it.
///
/// `change` must depend on nothing but `by`, the map, and what is the same for all tasks.
pub(crate) fn change_shared(
    map: &mut Map,
    by: impl Into<Value>,
    last: &mut Last<Map, 2>,
    change: impl FnOnce(&mut Map) -> Result<(), Problem>,
) -> Result<(), Problem> {
    if !map.is_shared() {
        return change(map);
    }
    let before = map.clone();
    let changed = last.or_make([Some(before.clone().into()), Some(by.into())], |_| {
        let mut map = before;
        change(&mut map)?;
        Ok::<Map, Problem>(map)
    })?;
    *map = changed.clone();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_other_values_are_made_something_of() {
        let mut last = Last::default();
        let mut made = 0;
        let mut length = |list: &Value| -> Result<(usize, i32), String> {
            last.or_make([Some(list.clone())], |[list]| {
                made += 1;
                list.as_ref()
                    .and_then(Value::as_list)
                    .map(|list| (list.len(), made))
                    .ok_or_else(|| "no list".to_owned())
            })
            .copied()
        };
        let (one, two) = (Value::from(vec![1.into()]), Value::from(vec![1.into(), 2.into()]));
        assert_eq!(length(&one), Ok((1, 1)));
        assert_eq!(length(&one.clone()), Ok((1, 1)));
        assert_eq!(length(&two), Ok((2, 2)));
        assert_eq!(length(&Value::Null), Err("no list".into()));
        assert_eq!(length(&two), Ok((2, 4)));
    }

    #[test]
    fn what_is_shared_is_changed_once() {
        let mut last = Last::default();
        let mut changes = 0;
        let mut change = |map: &mut Map, by: i64| {
            change_shared(map, by, &mut last, |map| {
                changes += 1;
                map.insert("n".into(), by.into());
                Ok(())
            })
        };
        let first = taskgraph_value::map! { "a" => 1 };
        let (mut second, mut third, mut other) = (first.clone(), first.clone(), first.clone());
        change(&mut second, 1).unwrap();
        change(&mut third, 1).unwrap();
        change(&mut other, 2).unwrap();
        assert!(second.is(&third) && !second.is(&other));
        assert_eq!([first.len(), second.len()], [1, 2]);
        let mut alone = taskgraph_value::map! { "a" => 1 };
        change(&mut alone, 1).unwrap();
        assert_eq!(alone, second);
        assert_eq!(changes, 3);
    }
}
