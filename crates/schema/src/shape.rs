//! How shapes are declared.

use std::sync::OnceLock;

use taskgraph_value::{Map, Value};

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Anything.
    Any,
    /// A string.
    Str,
    /// An integer of any size; not a boolean.
    Int,
    /// `true` or `false`.
    Bool,
    /// A mapping with whatever in it.
    Mapping,
    /// A list with whatever in it.
    List,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A list whose items have a shape.
    ListOf(&'static Shape),
    /// A mapping whose values have a shape.
    MapOf(&'static Shape),
    /// A mapping with declared keys.
    Object(&'static Object),
    /// A value that has at least one of these shapes.
    AnyOf(&'static [Shape]),
    /// The shape, or a mapping `by-<name>: {alternative: ...}` of it, nested at will.
    KeyedBy(&'static [&'static str], &'static Shape),
    /// The objects of a list of variants, told apart by the text of one key.
    Tagged(&'static str, &'static [(&'static str, &'static Object)]),
}

/// A mapping with declared keys.
#[derive(Debug)]
pub struct Object {
    fields: &'static [Field],
    more: &'static [Field],
    pub(crate) open: bool,
    pub(crate) rules: &'static [Rule],
    /// The position of each key. A map finds short keys faster than a hash table does.
    pub(crate) positions: OnceLock<Map>,
}

/// A condition on a whole mapping, e.g. that two keys exclude each other. Returns what is wrong.
pub type Rule = fn(&Map) -> Option<String>;

/// One declared key.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
    pub(crate) nullable: bool,
}

/// A key that must be there.
pub const fn required(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: true, nullable: false }
}

/// A key that may be left out; an explicit null is the same as leaving it out.
pub const fn optional(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false, nullable: true }
}

/// A key that may be left out, because there is a default, but not be null.
pub const fn with_default(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false, nullable: false }
}

impl Field {
    /// The same key, which may also be null even though it must be there.
    #[must_use]
    pub const fn or_null(mut self) -> Self {
        self.nullable = true;
        self
    }
}

impl Object {
    /// A mapping that may have no other keys.
    pub const fn closed(fields: &'static [Field]) -> Self {
        Object { fields, more: &[], open: false, rules: &[], positions: OnceLock::new() }
    }

    /// A mapping that may have other keys, with whatever values.
    pub const fn open(fields: &'static [Field]) -> Self {
        Object { fields, more: &[], open: true, rules: &[], positions: OnceLock::new() }
    }

    /// The same mapping with conditions on the whole of it.
    #[must_use]
    pub const fn with_rules(mut self, rules: &'static [Rule]) -> Self {
        self.rules = rules;
        self
    }

    /// The same mapping with more keys, which it has in common with others.
    #[must_use]
    pub const fn with(mut self, more: &'static [Field]) -> Self {
        self.more = more;
        self
    }

    /// The declared keys, in the order of their declaration.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.fields().map(|field| field.name)
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().chain(self.more)
    }

    pub(crate) fn field(&self, at: usize) -> &'static Field {
        self.fields.get(at).unwrap_or_else(|| &self.more[at - self.fields.len()])
    }

    pub(crate) fn position(&self, key: &str) -> Option<usize> {
        let positions = self.positions.get_or_init(|| {
            let fields = self.fields().zip(0_i64..);
            fields.map(|(field, at)| (field.name.into(), Value::Int(at))).collect()
        });
        usize::try_from(positions.get(key)?.as_int()?).ok()
    }
}
