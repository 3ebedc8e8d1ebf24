//! What a graph is generated for: a push, its repository, and how to choose and optimize tasks.

mod defaults;
mod error;
mod file_url;
mod load;
mod schema;
mod spec;

use sha2::{Digest, Sha256};
use taskgraph_schema::{Object, describe};
use taskgraph_value::{Map, Str, Value, json};

pub use self::{
    defaults::read_version,
    error::{ParametersError, RemoteError},
    load::{Offline, ParametersExtension, ParametersSource, Remote, load_parameters},
    spec::format_spec,
};
use crate::keyed_by::Attributes;
use crate::problems::Problems;

/// The parameters of a graph, in order. A copy shares them.
///
/// Also the attributes that `by-<parameter>` asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    values: Map,
    strict: bool,
    spec: Option<String>,
}

impl Parameters {
    /// Parameters with just these values, neither checked nor completed. `strict` forbids unknown ones when they
    /// are [checked](Parameters::check).
    pub fn from_values(values: Map, strict: bool) -> Self {
        Parameters { values, strict, spec: None }
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// All values, in order.
    pub fn values(&self) -> &Map {
        &self.values
    }

    /// The parameter that brought characters into a text that have no business there, and its value. If several did, it is
    /// the one with the longest value.
    ///
    /// ```
    /// # use taskgraph_config::Parameters;
    /// # use taskgraph_value::map;
    /// let parameters = Parameters::from_values(map! { "head_ref" => "gr\u{f6}\u{df}e", "project" => "example" }, false);
    /// let (name, value) = parameters.origin("index.example.gr\u{f6}\u{df}e", |c| !c.is_ascii()).unwrap();
    /// assert_eq!((name.as_str(), value.as_str()), ("head_ref", "gr\u{f6}\u{df}e"));
    /// ```
    pub fn origin(&self, text: &str, is_wrong: impl Fn(char) -> bool) -> Option<(&Str, &Str)> {
        let texts = self.values.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        texts
            .filter(|(_, value)| value.contains(&is_wrong) && text.contains(value.as_str()))
            .max_by(|(a, one), (b, other)| one.len().cmp(&other.len()).then_with(|| b.cmp(a)))
    }

    /// The specification they were loaded from: a file, an address, ...; nothing for defaults.
    pub fn spec(&self) -> Option<&str> {
        self.spec.as_deref()
    }

    /// Whether unknown parameters are forbidden.
    pub fn strict(&self) -> bool {
        self.strict
    }

    fn require(&self, name: &str) -> Result<&Value, ParametersError> {
        self.values.get(name).ok_or_else(|| ParametersError::Missing { name: name.to_owned() })
    }

    fn wrong(name: &str, expected: &'static str, found: &Value) -> ParametersError {
        ParametersError::WrongType { name: name.to_owned(), expected, found: describe(found) }
    }

    /// The text of a parameter that is a string.
    pub fn text(&self, name: &str) -> Result<&Str, ParametersError> {
        let value = self.require(name)?;
        value.as_str().ok_or_else(|| Self::wrong(name, "a string", value))
    }

    /// A parameter that is an integer.
    pub fn integer(&self, name: &str) -> Result<i64, ParametersError> {
        let value = self.require(name)?;
        let expected = match value {
            Value::BigInt(_) => "an integer of at most 64 bits",
            _ => "an integer",
        };
        value.as_int().ok_or_else(|| Self::wrong(name, expected, value))
    }

    /// A parameter that is a list of strings.
    pub fn texts(&self, name: &str) -> Result<Vec<&Str>, ParametersError> {
        let value = self.require(name)?;
        let texts = value.as_list().and_then(|list| list.iter().map(Value::as_str).collect());
        texts.ok_or_else(|| Self::wrong(name, "a list of strings", value))
    }

    /// Twelve hexadecimal digits that are the same for the same values, in whatever order.
    ///
    /// Fails for values that are dates.
    pub fn id(&self) -> Result<String, ParametersError> {
        let text = json::compact_sorted(&self.values.clone().into())?;
        let digest = Sha256::digest(text.as_bytes());
        Ok(digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect())
    }

    /// Checks all values, and those of extensions.
    ///
    /// Fails with [`ParametersError::Invalid`] and everything that is wrong.
    pub fn check(&self, extensions: &[&'static Object]) -> Result<(), ParametersError> {
        let violations = schema::check(&self.values, self.strict, extensions);
        if violations.is_empty() { Ok(()) } else { Err(ParametersError::Invalid(Problems::new(violations))) }
    }
}

impl Attributes for Parameters {
    fn attribute(&self, name: &str) -> Option<Value> {
        self.values.get(name).cloned()
    }
}

#[cfg(test)]
mod tests;
