//! What a call needs, and what of it somebody lacks.

use super::scopes::ScopeSet;
use serde_json::{Value, json};

/// What a call needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    /// This scope.
    Scope(String),
    /// All of these.
    All(Vec<Expression>),
    /// One of these.
    Any(Vec<Expression>),
}

impl Expression {
    /// This scope.
    pub(crate) fn scope(scope: impl Into<String>) -> Self {
        Self::Scope(scope.into())
    }

    /// All of these scopes.
    pub(crate) fn all_of<S: Into<String>>(scopes: impl IntoIterator<Item = S>) -> Self {
        Self::All(scopes.into_iter().map(Self::scope).collect())
    }

    /// One of these scopes.
    pub(crate) fn any_of<S: Into<String>>(scopes: impl IntoIterator<Item = S>) -> Self {
        Self::Any(scopes.into_iter().map(Self::scope).collect())
    }

    /// Whether `scopes` are enough.
    pub(crate) fn is_satisfied_by(&self, scopes: &ScopeSet) -> bool {
        match self {
            Self::Scope(scope) => scopes.satisfies(scope),
            Self::All(parts) => parts.iter().all(|part| part.is_satisfied_by(scopes)),
            Self::Any(parts) => parts.iter().any(|part| part.is_satisfied_by(scopes)),
        }
    }

    /// The part of it that `scopes` do not satisfy; nothing if they are enough.
    pub(crate) fn missing_from(&self, scopes: &ScopeSet) -> Option<Self> {
        match self {
            Self::Scope(scope) => (!scopes.satisfies(scope)).then(|| self.clone()),
            Self::All(parts) => {
                let missing = parts.iter().filter_map(|part| part.missing_from(scopes)).collect::<Vec<_>>();
                if missing.is_empty() { None } else { Some(sole_or(missing, Self::All)) }
            }
            Self::Any(parts) => {
                let missing =
                    parts.iter().map(|part| part.missing_from(scopes)).collect::<Option<Vec<_>>>()?;
                Some(sole_or(missing, Self::Any))
            }
        }
    }

    /// As the services write it: a string, or `AllOf` or `AnyOf` with a list.
    pub(crate) fn to_json(&self) -> Value {
        let list = |parts: &[Self]| parts.iter().map(Self::to_json).collect::<Vec<_>>();
        match self {
            Self::Scope(scope) => json!(scope),
            Self::All(parts) => json!({ "AllOf": list(parts) }),
            Self::Any(parts) => json!({ "AnyOf": list(parts) }),
        }
    }

    /// As it stands in messages: a bare scope, or indented JSON.
    fn in_message(&self) -> String {
        match self {
            Self::Scope(scope) => scope.clone(),
            _ => format!("{:#}", self.to_json()),
        }
    }

    /// What the services say to somebody whose scopes are too few.
    pub(crate) fn refusal(&self, client_id: Option<&str>, scopes: &ScopeSet) -> String {
        let required = self.in_message();
        match client_id {
            None => format!(
                "This request requires Taskcluster credentials that satisfy the following scope expression:\n\n\
                 ```\n{required}\n```"
            ),
            Some(client_id) => format!(
                "Client ID {client_id} does not have sufficient scopes and is missing the following scopes:\n\n\
                 ```\n{missing}\n```\n\n\
                 This request requires the client to satisfy the following scope expression:\n\n\
                 ```\n{required}\n```",
                missing =
                    self.missing_from(scopes).map_or_else(|| "null".to_owned(), |part| part.in_message()),
            ),
        }
    }
}

fn sole_or(mut parts: Vec<Expression>, wrap: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => wrap(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(scopes: &[&str]) -> ScopeSet {
        ScopeSet::new(scopes.iter().map(|&scope| scope.to_owned()).collect())
    }

    fn example() -> Expression {
        Expression::All(vec![Expression::scope("a"), Expression::any_of(["b", "c:1"])])
    }

    #[test]
    fn all_and_any() {
        assert!(example().is_satisfied_by(&set(&["a", "b"])));
        assert!(example().is_satisfied_by(&set(&["a", "c:*"])));
        assert!(!example().is_satisfied_by(&set(&["b", "c:*"])));
        assert!(!example().is_satisfied_by(&set(&["a"])));
        assert!(Expression::all_of::<&str>([]).is_satisfied_by(&set(&[])));
        assert!(!Expression::any_of::<&str>([]).is_satisfied_by(&set(&["*"])));
    }

    #[test]
    fn what_is_missing_is_simplified() {
        let missing = |scopes: &[&str]| example().missing_from(&set(scopes)).map(|part| part.to_json());
        assert_eq!(missing(&["*"]), None);
        assert_eq!(missing(&["b"]), Some(json!("a")));
        assert_eq!(missing(&["a"]), Some(json!({"AnyOf": ["b", "c:1"]})));
        assert_eq!(missing(&[]), Some(json!({"AllOf": ["a", {"AnyOf": ["b", "c:1"]}]})));
    }

    #[test]
    fn the_refusal_lists_the_missing_scopes_and_the_expression() {
        assert_eq!(
            example().refusal(Some("me"), &set(&["b"])),
            "Client ID me does not have sufficient scopes and is missing the following scopes:\n\n```\na\n```\n\n\
             This request requires the client to satisfy the following scope expression:\n\n```\n{\n  \
             \"AllOf\": [\n    \"a\",\n    {\n      \"AnyOf\": [\n        \"b\",\n        \"c:1\"\n      ]\n    \
             }\n  ]\n}\n```"
        );
        assert_eq!(
            Expression::scope("a:b").refusal(None, &set(&[])),
            "This request requires Taskcluster credentials that satisfy the following scope expression:\n\n\
             ```\na:b\n```"
        );
    }
}
