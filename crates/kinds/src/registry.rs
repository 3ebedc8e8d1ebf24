//! Objects by name.

use std::any::{Any, TypeId};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use taskgraph_value::Str;
use thiserror::Error;

use crate::{Loader, TransformSequence};

/// A sort of object that can be registered, declared for the trait object: `impl Extension for dyn Loader`.
pub trait Extension: Send + Sync + 'static {
    /// What one such object is called in messages: `loader`.
    const WHAT: &'static str;
}

/// Finds objects that nobody registered, e.g. by asking another process.
///
/// It is asked once per name that the registry does not know.
pub trait Resolver: Send + Sync {
    /// The object of this sort ([`Extension::WHAT`]) and name: a boxed `Arc<dyn Trait>`.
    fn resolve(&self, what: &'static str, name: &str) -> Option<Box<dyn Any + Send + Sync>>;
}

/// A name that nobody registered.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("there is no {what} `{name}`; known are {}; {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") }, self.hint())]
pub struct UnknownName {
    /// What it should be: `loader`, `transform`, ...
    pub what: &'static str,
    /// The name.
    pub name: Str,
    /// The names that are registered, sorted.
    pub known: Vec<Str>,
}

impl UnknownName {
    /// What to do about it.
    pub fn hint(&self) -> String {
        format!(
            "names that a project defines in Python are not run; register a Rust {} of this name \
             (see docs/composing.md)",
            self.what
        )
    }
}

/// The loaders, transforms and other objects that kinds refer to by name.
///
/// Each sort is a trait of the crate that calls it. Registering a name again replaces its object.
#[derive(Default)]
pub struct Registry {
    tables: FxHashMap<TypeId, FxHashMap<Str, Box<dyn Any + Send + Sync>>>,
    resolver: Option<Arc<dyn Resolver>>,
}

impl Registry {
    /// A registry that knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers an object.
    pub fn add<E: Extension + ?Sized>(&mut self, name: impl Into<Str>, object: Arc<E>) {
        self.tables.entry(TypeId::of::<E>()).or_default().insert(name.into(), Box::new(object));
    }

    /// Sets whom to ask for names that are not registered.
    pub fn set_resolver(&mut self, resolver: Arc<dyn Resolver>) {
        self.resolver = Some(resolver);
    }

    /// The object of a name.
    pub fn get<E: Extension + ?Sized>(&self, name: &str) -> Result<Arc<E>, UnknownName> {
        let table = self.tables.get(&TypeId::of::<E>());
        let registered =
            table.and_then(|table| table.get(name)).and_then(|object| object.downcast_ref::<Arc<E>>());
        if let Some(object) = registered {
            return Ok(object.clone());
        }
        let resolved = self.resolver.as_ref().and_then(|resolver| resolver.resolve(E::WHAT, name));
        match resolved.map(|object| object.downcast::<Arc<E>>()) {
            Some(Ok(object)) => Ok(*object),
            _ => Err(UnknownName { what: E::WHAT, name: name.into(), known: self.names::<E>() }),
        }
    }

    /// The names of all registered objects of a sort, sorted.
    pub fn names<E: Extension + ?Sized>(&self) -> Vec<Str> {
        let mut names: Vec<Str> =
            self.tables.get(&TypeId::of::<E>()).into_iter().flat_map(|table| table.keys().cloned()).collect();
        names.sort_unstable();
        names
    }

    /// Whether `holds` for every object of a sort that could be found; not if there is a resolver, which may find
    /// any.
    pub fn all<E: Extension + ?Sized>(&self, holds: impl Fn(&E) -> bool) -> bool {
        self.resolver.is_none()
            && self.tables.get(&TypeId::of::<E>()).is_none_or(|table| {
                table
                    .values()
                    .filter_map(|object| object.downcast_ref::<Arc<E>>())
                    .all(|object| holds(object))
            })
    }

    /// Registers a loader, by the name that kinds give as `loader`.
    pub fn add_loader(&mut self, name: impl Into<Str>, loader: impl Loader + 'static) {
        self.add::<dyn Loader>(name, Arc::new(loader));
    }

    /// Registers a transform, or several that go by one name, by the name that kinds list under `transforms`.
    /// A name without a colon is that of the object `transforms` of the module, as in the kinds.
    pub fn add_transform(&mut self, name: &str, transforms: impl Into<TransformSequence>) {
        self.add::<TransformSequence>(object_name(name), Arc::new(transforms.into()));
    }

    /// The transforms of a name as kinds list it.
    pub fn transforms(&self, name: &str) -> Result<Arc<TransformSequence>, UnknownName> {
        self.get::<TransformSequence>(&object_name(name))
            .map_err(|unknown| UnknownName { name: name.into(), ..unknown })
    }
}

fn object_name(name: &str) -> Str {
    if name.contains(':') { name.into() } else { format!("{name}:transforms").into() }
}

impl Extension for dyn Loader {
    const WHAT: &'static str = "loader";
}

impl Extension for TransformSequence {
    const WHAT: &'static str = "transform";
}
