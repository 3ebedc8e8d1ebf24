//! What is made of the same values for one task after another.

use taskgraph_value::Value;

/// The values that something was made of last, and what became of them.
///
/// Tasks of a kind mostly come in families, such as the chunks of a suite, whose members share nearly all values in
/// memory. What was made of the same values for the task before need not be made again, and stays shared, too.
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
}
