//! What a map holds, and how its keys are found.

use rustc_hash::FxHashMap;

use crate::{Str, Value};

/// From this many keys on, a map keeps an index. Below it, looking at every key is faster.
const INDEXED_FROM: usize = 64;

/// How many keys have a print. Hardly a map has more.
const PRINTED: usize = 32;

/// Keys and values in order. Keys are only changed by the functions here, which keep the prints and the index.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    list: Vec<(Str, Value)>,
    /// A byte of each of the first keys, so that most keys need not be looked at to see that they are others.
    prints: [u64; PRINTED / 8],
    /// Positions by key; only there for large maps.
    index: Option<Box<FxHashMap<Str, usize>>>,
}

impl Entries {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { list: Vec::with_capacity(capacity), ..Self::default() }
    }

    pub(super) fn list(&self) -> &[(Str, Value)] {
        &self.list
    }

    /// The entries, to change their values.
    pub(super) fn list_mut(&mut self) -> &mut [(Str, Value)] {
        &mut self.list
    }

    pub(super) fn into_list(self) -> Vec<(Str, Value)> {
        self.list
    }

    /// A copy with room for some more keys.
    pub(super) fn copy_with_room(&self, more: usize) -> Self {
        let mut list = Vec::with_capacity(self.list.len() + more);
        list.extend_from_slice(&self.list);
        Self { list, prints: self.prints, index: self.index.clone() }
    }

    // Most keys that are asked for are literals: inlined, their print is a constant.
    #[inline(always)]
    pub(super) fn position(&self, key: &str) -> Option<usize> {
        self.position_of(print_of(key), key)
    }

    /// Where the key with this print is. Eight prints are compared at once.
    fn position_of(&self, print: u8, key: &str) -> Option<usize> {
        const ONES: u64 = u64::from_ne_bytes([1; 8]);
        const HIGHS: u64 = ONES << 7;
        let wanted = ONES * u64::from(print);
        for (prints, first) in self.prints.iter().zip((0..).step_by(8)) {
            if first >= self.list.len() {
                return None;
            }
            let differing = prints ^ wanted;
            // The high bit of each byte that is zero. One above such a byte may be wrong: the keys themselves decide.
            let mut zeros = differing.wrapping_sub(ONES) & !differing & HIGHS;
            while zeros != 0 {
                let at = first + zeros.trailing_zeros() as usize / 8;
                if self.list.get(at).is_some_and(|(other, _)| same_key(other, key)) {
                    return Some(at);
                }
                zeros &= zeros - 1;
            }
        }
        self.position_after_prints(key)
    }

    #[cold]
    fn position_after_prints(&self, key: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => {
                let more = self.list.get(PRINTED..)?;
                more.iter().position(|(other, _)| same_key(other, key)).map(|at| PRINTED + at)
            }
        }
    }

    pub(super) fn of_distinct(list: Vec<(Str, Value)>) -> Self {
        let mut entries = Self { list, ..Self::default() };
        for at in 0..entries.list.len().min(PRINTED) {
            entries.set_print(at, print_of(&entries.list[at].0));
        }
        entries.reindex();
        entries
    }

    /// Sets all prints. Stops at a key that is there twice, with false.
    fn print_all(&mut self) -> bool {
        for at in 0..self.list.len() {
            let key = &self.list[at].0;
            let print = print_of(key);
            if self.position_of(print, key).is_some_and(|first| first < at) {
                return false;
            }
            self.set_print(at, print);
        }
        true
    }

    fn print_at(&self, at: usize) -> Option<u8> {
        Some((self.prints.get(at / 8)? >> (at % 8 * 8)) as u8)
    }

    fn set_print(&mut self, at: usize, print: u8) {
        if let Some(prints) = self.prints.get_mut(at / 8) {
            let shift = at % 8 * 8;
            *prints = *prints & !(0xff << shift) | u64::from(print) << shift;
        }
    }

    /// The value of a key.
    #[inline]
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.position(key).and_then(|at| Some(&self.list.get(at)?.1))
    }

    /// Sets every key of `other`, in its order.
    pub(super) fn extend_from(&mut self, other: &Self) {
        for (at, (key, value)) in other.list.iter().enumerate() {
            let print = other.print_at(at).unwrap_or_else(|| print_of(key));
            match self.position_of(print, key) {
                Some(at) => self.list[at].1 = value.clone(),
                None => self.push_printed(print, key.clone(), value.clone()),
            }
        }
    }

    #[inline]
    pub(super) fn insert(&mut self, key: Str, value: Value) -> Option<Value> {
        let print = print_of(&key);
        if let Some(at) = self.position_of(print, &key) {
            return Some(std::mem::replace(&mut self.list[at].1, value));
        }
        self.push_printed(print, key, value);
        None
    }

    /// Adds a key known to be absent.
    #[inline]
    pub(super) fn push_new(&mut self, key: Str, value: Value) {
        self.push_printed(print_of(&key), key, value);
    }

    fn push_printed(&mut self, print: u8, key: Str, value: Value) {
        let at = self.list.len();
        if let Some(index) = &mut self.index {
            index.insert(key.clone(), at);
        }
        self.set_print(at, print);
        if at == self.list.capacity() {
            // Most maps stay small, and there are many: twice the room would be room for nothing.
            self.list.reserve_exact(if at < 6 { 6 } else { at / 2 });
        }
        self.list.push((key, value));
        if self.index.is_none() && self.list.len() >= INDEXED_FROM {
            self.reindex();
        }
    }

    /// Takes the entry at a position out. The others keep their order.
    pub(super) fn remove_at(&mut self, at: usize) -> Value {
        let (_, value) = self.list.remove(at);
        for at in at..self.list.len().min(PRINTED) {
            self.set_print(at, print_of(&self.list[at].0));
        }
        if self.index.is_some() {
            self.reindex();
        }
        value
    }

    fn reindex(&mut self) {
        self.index = (self.list.len() >= INDEXED_FROM).then(|| {
            Box::new(self.list.iter().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect())
        });
    }
}

/// A repeated key keeps its first place and takes its last value.
impl From<Vec<(Str, Value)>> for Entries {
    fn from(mut list: Vec<(Str, Value)>) -> Self {
        if list.len() < INDEXED_FROM {
            let mut entries = Self { list, ..Self::default() };
            if entries.print_all() {
                return entries;
            }
            list = entries.list;
        }
        let mut entries = Self::with_capacity(list.len());
        for (key, value) in list {
            entries.insert(key, value);
        }
        entries
    }
}

/// What tells most keys of one map apart.
#[inline]
fn print_of(key: &str) -> u8 {
    let (key, length) = (key.as_bytes(), key.len());
    match (key.first(), key.get(length / 2), key.last()) {
        (Some(first), Some(middle), Some(last)) => {
            first ^ middle.rotate_left(3) ^ last.rotate_left(5) ^ (length as u8).wrapping_mul(37)
        }
        _ => 0,
    }
}

/// Whether two keys are the same. Most keys are short: comparing two overlapping halves is faster than a call.
pub(super) fn same_key(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        8..=16 => a.first_chunk::<8>() == b.first_chunk() && a.last_chunk::<8>() == b.last_chunk(),
        4..8 => a.first_chunk::<4>() == b.first_chunk() && a.last_chunk::<4>() == b.last_chunk(),
        _ => a == b,
    }
}
