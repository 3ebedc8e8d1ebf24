//! The names of the nodes of a graph, and where each of them is.

use std::hash::BuildHasher;
use std::sync::OnceLock;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rayon::prelude::*;
use rustc_hash::FxBuildHasher;
use taskgraph_value::Str;

use crate::Error;

/// Names in an order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    list: Vec<Str>,
    /// Positions, found by the hash of the name. Made when it is first needed, because many graphs are only passed
    /// through.
    index: OnceLock<HashTable<usize>>,
}

impl Names {
    /// Of names that are unique.
    pub(crate) fn unique(list: Vec<Str>) -> Self {
        Names { list, index: OnceLock::new() }
    }

    /// Of names that may not be unique, which is [`Error::DuplicateNode`].
    pub(crate) fn checked(list: Vec<Str>) -> Result<Self, Error> {
        // To look at the names of a large graph takes longer than to remember where they are.
        let hashes: Vec<u64> = list.par_iter().with_min_len(1024).map(|name| hash(name)).collect();
        let mut index = HashTable::with_capacity(list.len());
        for (at, known) in hashes.iter().enumerate() {
            let place = index.entry(*known, |other: &usize| list[*other] == list[at], |other| hashes[*other]);
            match place {
                Entry::Occupied(_) => return Err(Error::DuplicateNode { name: list[at].clone() }),
                Entry::Vacant(place) => drop(place.insert(at)),
            }
        }
        Ok(Names { list, index: index.into() })
    }

    pub(crate) fn list(&self) -> &[Str] {
        &self.list
    }

    fn index(&self) -> &HashTable<usize> {
        self.index.get_or_init(|| {
            let mut index = HashTable::with_capacity(self.list.len());
            for (at, name) in self.list.iter().enumerate() {
                index.insert_unique(hash(name), at, |other| hash(&self.list[*other]));
            }
            index
        })
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.index().find(hash(name), |at| self.list[*at] == name).copied()
    }

    /// Adds a name. One that is there already is [`Error::DuplicateNode`].
    pub(crate) fn push(&mut self, name: Str) -> Result<(), Error> {
        if self.position(&name).is_some() {
            return Err(Error::DuplicateNode { name });
        }
        let (at, list) = (self.list.len(), &self.list);
        if let Some(index) = self.index.get_mut() {
            index.insert_unique(hash(&name), at, |other| hash(&list[*other]));
        }
        self.list.push(name);
        Ok(())
    }
}

fn hash(name: &str) -> u64 {
    FxBuildHasher.hash_one(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_are() {
        let list: Vec<Str> = (0..3000).map(|n| format!("n{n}").into()).collect();
        let mut names = Names::checked(list.clone()).unwrap();
        let lazily = Names::unique(list.clone());
        for (at, name) in list.iter().enumerate() {
            assert_eq!([names.position(name), lazily.position(name)], [Some(at); 2]);
        }
        assert_eq!([names.position("n3000"), lazily.position("")], [None; 2]);
        names.push("n3000".into()).unwrap();
        assert_eq!((names.position("n3000"), names.list().len()), (Some(3000), 3001));
        let twice =
            |result: Result<(), Error>| matches!(result, Err(Error::DuplicateNode { name }) if name == "n7");
        assert!(twice(names.push("n7".into())));
        assert_eq!(names.list().len(), 3001);
        let repeated = list.into_iter().chain([text("n7")]).collect();
        assert!(twice(Names::checked(repeated).map(drop)));
    }

    fn text(name: &str) -> Str {
        name.into()
    }
}
