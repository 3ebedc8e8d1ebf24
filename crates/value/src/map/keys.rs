//! The keys of maps, and how they are found.
//!
//! Tasks are made alike: each of thousands is copied from the same defaults, and then goes through the same additions.
//! So maps share their keys, and remember what became of them when one was added or taken out. The next map with those
//! keys that is changed in the same way takes over what the first one made.

use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustc_hash::FxHashMap;
use triomphe::Arc;

use crate::{Str, Value};

/// How many places there are to find the keys of most maps by. A power of two.
const PLACES: usize = 128;

/// How many keys there may be for that: with more, too many would want one place, and there is an index.
const PLACED: usize = PLACES / 2;

/// How many changes are remembered, a power of two. Others are made each time.
const REMEMBERED: usize = 4;

/// The same where maps start without any key, and in many ways.
const REMEMBERED_OF_NONE: usize = 64;

/// How many changes after each other are remembered: more than any task goes through.
const LONGEST: u8 = 100;

/// How many lists may stay until the program ends. A graph makes a few hundred, however large it is.
const MOST_LASTING: usize = 10_000;

/// How many lists stay.
static LASTING: AtomicUsize = AtomicUsize::new(0);

/// The keys of a map, in order.
#[derive(Clone, Debug)]
pub(super) enum Keys {
    /// Those of a map that was written with its keys, or what became of it. They stay until the program ends.
    Lasting(&'static KeyList),
    /// Any others.
    Shared(Arc<KeyList>),
}

#[derive(Debug, Default)]
pub(super) struct KeyList {
    list: Vec<Str>,
    /// One more than the position of a key, at the first place from [`place_of`] on that was free; 0 where there is none.
    places: Places,
    /// Positions by key; only there, and then instead of places, for many keys.
    index: Option<Box<FxHashMap<Str, usize>>>,
    /// Their positions in the order of the keys, for printing; nothing if they are in order.
    sorted: OnceLock<Box<[u32]>>,
    /// What became of these keys.
    next: OnceLock<Box<[Next]>>,
    /// How many changes ago the first of these lists was made.
    age: u8,
}

#[derive(Clone, Debug)]
struct Places([u8; PLACES]);

impl Default for Places {
    fn default() -> Self {
        Places([0; PLACES])
    }
}

/// At the place for its change, or after it.
type Next = OnceLock<(Change, Keys)>;

#[derive(Debug)]
enum Change {
    Added(Str),
    /// Several keys of which none was there: those at the end of what became of it.
    AddedAll,
    /// The position of a key.
    Removed(usize),
}

/// The keys of maps that are written with them, see [`map!`](crate::map).
#[doc(hidden)]
pub struct LiteralKeys<const N: usize> {
    names: [Str; N],
    list: OnceLock<KeyList>,
}

impl<const N: usize> LiteralKeys<N> {
    /// Of keys that are all different.
    pub const fn new(names: [Str; N]) -> Self {
        LiteralKeys { names, list: OnceLock::new() }
    }

    pub(super) fn keys(&'static self) -> Keys {
        Keys::Lasting(self.list.get_or_init(|| {
            let mut list = KeyList::default();
            self.names.iter().for_each(|name| list.push(name.clone()));
            list
        }))
    }
}

/// How many lists a thread remembers.
const RECENT_LISTS: usize = 64;

thread_local! {
    /// The keys of maps that were read: a file mostly has many with the same.
    static RECENT: RefCell<[Option<Keys>; RECENT_LISTS]> = const { RefCell::new([const { None }; RECENT_LISTS]) };
}

impl Default for Keys {
    fn default() -> Self {
        static NONE: LiteralKeys<0> = LiteralKeys::new([]);
        NONE.keys()
    }
}

impl Keys {
    /// The keys of a list. None if one is there twice.
    pub(super) fn of(entries: &[(Str, Value)]) -> Option<Self> {
        let (Some((first, _)), Some((last, _)), ..=PLACED) = (entries.first(), entries.last(), entries.len())
        else {
            return KeyList::of(entries).map(|list| Keys::Shared(Arc::new(list)));
        };
        let slot = (place_of(first) + 7 * place_of(last) + entries.len()) % RECENT_LISTS;
        RECENT.with_borrow_mut(|recent| {
            if let Some(keys) = &recent[slot]
                && keys.list().len() == entries.len()
                && keys.list().iter().zip(entries).all(|(a, (b, _))| Str::ptr_eq(a, b) || same_key(a, b))
            {
                return Some(keys.clone());
            }
            let keys = Keys::Shared(Arc::new(KeyList::of(entries)?));
            recent[slot] = Some(keys.clone());
            Some(keys)
        })
    }

    fn known(&self) -> &KeyList {
        match self {
            Keys::Lasting(list) => list,
            Keys::Shared(list) => list,
        }
    }

    pub(super) fn list(&self) -> &[Str] {
        &self.known().list
    }

    // Most keys that are asked for are literals: inlined, their place is a constant.
    #[inline(always)]
    pub(super) fn position(&self, key: &str) -> Option<usize> {
        self.known().position(key)
    }

    /// Whether both are the same keys in the same order, as far as one look tells.
    pub(super) fn is(&self, other: &Keys) -> bool {
        std::ptr::eq(self.known(), other.known())
    }

    /// Positions in the order of the keys; nothing if they are in order.
    pub(super) fn sorted(&self) -> &[u32] {
        let KeyList { list, sorted, .. } = self.known();
        sorted.get_or_init(|| {
            if list.is_sorted() {
                return Box::default();
            }
            let mut positions: Box<[u32]> = (0..).take(list.len()).collect();
            positions.sort_unstable_by_key(|at| &list[*at as usize]);
            positions
        })
    }

    /// The position of a key. One that is absent is added.
    pub(super) fn position_or_add(&mut self, key: Str) -> Option<usize> {
        let (place, known) = (place_of(&key), self.known());
        if let Some(keys) = known.became(place, |change, _| change.is_addition_of(&key)) {
            *self = keys.clone();
            return None;
        }
        let at = known.position_from(place, &key);
        if at.is_none() {
            self.add_anew(key, place);
        }
        at
    }

    /// Adds an absent key where nobody remembers what becomes of it.
    #[inline(never)]
    fn add_anew(&mut self, key: Str, place: usize) {
        if let Some(list) = self.alone() {
            return list.push(key);
        }
        let mut list = self.known().copy(1);
        list.push(key.clone());
        // Lists that stay must be few: not one for each label that is the key of something.
        let lasting = matches!(self, Keys::Lasting(_)) && !Str::is_static(&key);
        *self = self.remember(list, place, (!lasting).then_some(Change::Added(key)));
    }

    /// Adds all of some keys after those that are there, unless one of them is there already.
    pub(super) fn add_all(&mut self, more: &Keys) -> bool {
        let (known, more_list) = (self.known(), more.list());
        let length = known.list.len();
        let same = |(a, b): (&Str, &Str)| Str::ptr_eq(a, b) || same_key(a, b);
        let all = |change: &Change, keys: &Keys| {
            let added = keys.list().get(length..).unwrap_or_default();
            matches!(change, Change::AddedAll)
                && added.len() == more_list.len()
                && added.iter().zip(more_list).all(same)
        };
        if let Some(keys) = known.became(more.place(), all) {
            *self = keys.clone();
            return true;
        }
        if more_list.iter().any(|key| known.position(key).is_some()) {
            return false;
        }
        if let Some(list) = self.alone() {
            more_list.iter().for_each(|key| list.push(key.clone()));
            return true;
        }
        let mut list = self.known().copy(more_list.len());
        more_list.iter().for_each(|key| list.push(key.clone()));
        let lasting = matches!((&*self, more), (Keys::Lasting(_), Keys::Shared(_)));
        *self = self.remember(list, more.place(), (!lasting).then_some(Change::AddedAll));
        true
    }

    /// The place for adding all of them.
    fn place(&self) -> usize {
        self.list().first().map_or(0, |key| place_of(key))
    }

    /// Takes out the key at a position.
    pub(super) fn remove(&mut self, at: usize) {
        let removed = |change: &Change, _: &Keys| matches!(change, Change::Removed(other) if *other == at);
        if let Some(next) = self.known().became(at, removed) {
            *self = next.clone();
            return;
        }
        self.remove_anew(at);
    }

    /// Takes a key out where nobody remembers what becomes of it.
    #[inline(never)]
    fn remove_anew(&mut self, at: usize) {
        if let Some(list) = self.alone() {
            return list.remove(at);
        }
        let mut list = self.known().copy(0);
        list.remove(at);
        *self = self.remember(list, at, Some(Change::Removed(at)));
    }

    /// The list if no other map has it. It forgets what follows from its keys, because they are going to be others.
    fn alone(&mut self) -> Option<&mut KeyList> {
        let Keys::Shared(list) = self else { return None };
        let list = Arc::get_mut(list)?;
        list.sorted.take();
        list.next.take();
        Some(list)
    }

    /// What became of these keys, remembered if that is of use and there is room.
    fn remember(&self, mut list: KeyList, place: usize, change: Option<Change>) -> Keys {
        let known = self.known();
        list.age = known.age.saturating_add(1);
        let lasting = matches!(self, Keys::Lasting(_));
        // Long lists would take much memory, and many that stay, too.
        let of_use = known.index.is_none()
            && known.age < LONGEST
            && !(lasting && LASTING.load(Ordering::Relaxed) >= MOST_LASTING);
        let Some(change) = change.filter(|_| of_use) else { return Keys::Shared(Arc::new(list)) };
        let room = if known.list.is_empty() { REMEMBERED_OF_NONE } else { REMEMBERED };
        let next = known.next.get_or_init(|| (0..room).map(|_| OnceLock::new()).collect());
        let Some(free) = (place..place + room).map(|at| &next[at % room]).find(|next| next.get().is_none())
        else {
            return Keys::Shared(Arc::new(list));
        };
        let keys = if lasting {
            LASTING.fetch_add(1, Ordering::Relaxed);
            Keys::Lasting(Box::leak(Box::new(list)))
        } else {
            Keys::Shared(Arc::new(list))
        };
        // Another thread may have been faster. Then these keys are like others, but not the same.
        drop(free.set((change, keys.clone())));
        keys
    }
}

impl Change {
    fn is_addition_of(&self, key: &Str) -> bool {
        matches!(self, Change::Added(other) if Str::ptr_eq(other, key) || same_key(other, key))
    }
}

impl KeyList {
    fn of(entries: &[(Str, Value)]) -> Option<Self> {
        let mut list = KeyList { list: Vec::with_capacity(entries.len()), ..KeyList::default() };
        for (key, _) in entries {
            if list.position(key).is_some() {
                return None;
            }
            list.push(key.clone());
        }
        Some(list)
    }

    /// What became of these keys when they were changed in a way that has this place.
    #[inline]
    fn became(&self, place: usize, how: impl Fn(&Change, &Keys) -> bool) -> Option<&Keys> {
        let next = self.next.get()?;
        for at in place..place + next.len() {
            let (change, keys) = next.get(at & (next.len() - 1))?.get()?;
            if how(change, keys) {
                return Some(keys);
            }
        }
        None
    }

    /// A copy with room for some more keys.
    fn copy(&self, more: usize) -> Self {
        let mut list = Vec::with_capacity(self.list.len() + more);
        list.extend_from_slice(&self.list);
        KeyList { list, places: self.places.clone(), index: self.index.clone(), ..Self::default() }
    }

    #[inline(always)]
    fn position(&self, key: &str) -> Option<usize> {
        self.position_from(place_of(key), key)
    }

    /// Where the key with this place is.
    fn position_from(&self, place: usize, key: &str) -> Option<usize> {
        // Calls are in functions of their own, so that this one, without any, has next to no start and end.
        if key.len() > SHORT {
            return self.position_of_long(place, key);
        }
        match self.find(place, |other| same_short_key(other, key)) {
            None if self.index.is_some() => self.position_by_index(key),
            found => found,
        }
    }

    #[inline(never)]
    fn position_of_long(&self, place: usize, key: &str) -> Option<usize> {
        self.find(place, |other| other == key).or_else(|| self.position_by_index(key))
    }

    /// The first key from a place on, up to where there is none.
    #[inline(always)]
    fn find(&self, mut place: usize, same: impl Fn(&str) -> bool) -> Option<usize> {
        while let Some(at) = usize::from(self.places.0[place % PLACES]).checked_sub(1) {
            if same(self.list.get(at)?) {
                return Some(at);
            }
            place += 1;
        }
        None
    }

    #[cold]
    fn position_by_index(&self, key: &str) -> Option<usize> {
        self.index.as_ref()?.get(key).copied()
    }

    fn push(&mut self, key: Str) {
        let at = self.list.len();
        self.list.push(key);
        if self.index.is_some() || at >= PLACED {
            self.reindex_from(at);
        } else {
            self.set_place(at);
        }
    }

    fn set_place(&mut self, at: usize) {
        let mut place = place_of(&self.list[at]);
        while self.places.0[place % PLACES] != 0 {
            place += 1;
        }
        self.places.0[place % PLACES] = u8::try_from(at + 1).unwrap_or_default();
    }

    fn remove(&mut self, at: usize) {
        self.list.remove(at);
        self.places = Places::default();
        self.index = None;
        match self.list.len() {
            length @ ..=PLACED => (0..length).for_each(|at| self.set_place(at)),
            _ => self.reindex_from(0),
        }
    }

    /// Adds the keys from a position on to the index. A new one has all of them.
    fn reindex_from(&mut self, at: usize) {
        let start = if self.index.is_some() { at } else { 0 };
        self.places = Places::default();
        let index = self.index.get_or_insert_default();
        index.extend(self.list.iter().enumerate().skip(start).map(|(at, key)| (key.clone(), at)));
    }
}

/// The place from which on a key is looked for.
#[inline]
fn place_of(key: &str) -> usize {
    let (key, length) = (key.as_bytes(), key.len());
    match (key.first(), key.get(length / 2), key.last()) {
        (Some(first), Some(middle), Some(last)) => {
            let all = u32::from_le_bytes([*first, *middle, *last, length as u8]);
            (all.wrapping_mul(0x9E37_79B1) >> (u32::BITS - PLACES.ilog2())) as usize
        }
        _ => 0,
    }
}

/// How long keys are that are compared without a call: two overlapping halves at once.
const SHORT: usize = 32;

/// Whether two keys are the same.
pub(super) fn same_key(a: &str, b: &str) -> bool {
    if a.len() <= SHORT { same_short_key(a, b) } else { a == b }
}

/// The same if the second is [`SHORT`] at most.
#[inline(always)]
fn same_short_key(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    match b.len() {
        8..=16 => a.first_chunk::<8>() == b.first_chunk() && a.last_chunk::<8>() == b.last_chunk(),
        4..8 => a.first_chunk::<4>() == b.first_chunk() && a.last_chunk::<4>() == b.last_chunk(),
        17.. => a.first_chunk::<16>() == b.first_chunk() && a.last_chunk::<16>() == b.last_chunk(),
        2..4 => a.first_chunk::<2>() == b.first_chunk() && a.last_chunk::<2>() == b.last_chunk(),
        _ => a.first() == b.first(),
    }
}
