//! Where templates get their values from.

use std::borrow::Cow;

use taskgraph_value::{Map, Str, Value};

/// Gives the values of the names in a template.
///
/// Implemented for maps, for closures that return an `Option<Value>`, and for pairs of references to
/// lookups, of which the first is asked first.
///
/// ```
/// use taskgraph_parameterize::format;
/// use taskgraph_value::{map, Value};
/// let task = map! { "name" => "lint" };
/// let level = |name: &str| (name == "level").then(|| Value::from("3"));
/// assert_eq!(format(&"{name}-{level}".into(), &(&task, &level))?, "lint-3");
/// # Ok::<(), taskgraph_parameterize::Error>(())
/// ```
pub trait Lookup {
    /// The value of a name. Names are what stands before the first `.` or `[` of a field.
    fn lookup(&self, name: &str) -> Option<Cow<'_, Value>>;

    /// The value at the start of a field that leads through an object with attributes, and the rest of the field: of
    /// `task[a].label[0]` it might be that of `task[a].label`, and `[0]`. Nothing if there are only mappings and lists.
    fn object<'f>(&self, field: &'f str) -> Option<(Cow<'_, Value>, &'f str)> {
        let _ = field;
        None
    }

    /// The names that are known, for error messages. May be empty.
    fn names(&self) -> Vec<Str> {
        Vec::new()
    }
}

impl Lookup for Map {
    fn lookup(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.get(name).map(Cow::Borrowed)
    }

    fn names(&self) -> Vec<Str> {
        self.keys().cloned().collect()
    }
}

impl<A: Lookup + ?Sized, B: Lookup + ?Sized> Lookup for (&A, &B) {
    fn lookup(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.0.lookup(name).or_else(|| self.1.lookup(name))
    }

    fn object<'f>(&self, field: &'f str) -> Option<(Cow<'_, Value>, &'f str)> {
        self.0.object(field).or_else(|| self.1.object(field))
    }

    fn names(&self) -> Vec<Str> {
        let mut names = self.0.names();
        for name in self.1.names() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

impl<F: Fn(&str) -> Option<Value>> Lookup for F {
    fn lookup(&self, name: &str) -> Option<Cow<'_, Value>> {
        self(name).map(Cow::Owned)
    }
}
