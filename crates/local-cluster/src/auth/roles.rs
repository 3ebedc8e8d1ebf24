//! Roles: what assuming them gives, and that none gives itself.

use std::collections::HashSet;

use rusqlite::Transaction;

use super::scopes::ScopeSet;
use crate::error::ApiError;

/// Beyond this many, something is wrong with the roles: parameters multiply.
const MOST_SCOPES: usize = 20_000;

/// What a parameter is replaced by, in the scopes of a role whose name ends in a star.
const PARAMETER: &str = "<..>";

/// A role, as far as scopes are concerned.
#[derive(Clone, Debug)]
pub(super) struct Role {
    pub(super) id: String,
    pub(super) scopes: Vec<String>,
}

/// All roles, by name.
pub(super) fn all(db: &Transaction<'_>) -> Result<Vec<Role>, ApiError> {
    let mut query = db.prepare_cached("SELECT role_id, scopes FROM auth_roles ORDER BY role_id")?;
    let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    rows.map(|row| {
        let (id, scopes) = row?;
        Ok(Role { id, scopes: serde_json::from_str(&scopes)? })
    })
    .collect()
}

/// `scopes` and all that follows from them.
pub(super) fn expand(roles: &[Role], scopes: Vec<String>) -> Result<ScopeSet, ApiError> {
    let mut found = scopes.iter().cloned().collect::<HashSet<_>>();
    let mut open = scopes;
    while let Some(scope) = open.pop() {
        let Some(input) = assumed(&scope) else { continue };
        for role in roles {
            let Some(parameter) = role.parameter(input) else { continue };
            for granted in role.granted(parameter) {
                if found.insert(granted.clone()) {
                    open.push(granted);
                }
            }
            if found.len() > MOST_SCOPES {
                return Err(ApiError::input_error(format!(
                    "The roles of these scopes expand to more than {MOST_SCOPES} scopes"
                )));
            }
        }
    }
    Ok(ScopeSet::new(found.into_iter().collect()))
}

/// Refuses roles that cannot be expanded.
///
/// # Errors
///
/// 400 InputError, with the scope that has a misplaced parameter, or with the circle of roles.
pub(super) fn check(roles: &[Role]) -> Result<(), ApiError> {
    for role in roles.iter().filter(|role| role.id.ends_with('*')) {
        for scope in &role.scopes {
            if scope.matches(PARAMETER).count() > 1 {
                return Err(ApiError::input_error(format!(
                    "parameterized scope '{scope}' contains multiple '<..>'"
                )));
            }
            if scope.ends_with("*<..>") {
                return Err(ApiError::input_error(format!(
                    "parameterized scope '{scope}' ends with '*<..>' which implies an ambiguous kleene"
                )));
            }
        }
    }
    match circle(roles) {
        None => Ok(()),
        Some(circle) => {
            let names = circle.iter().map(|&at| format!("'assume:{}'", roles[at].id)).collect::<Vec<_>>();
            Err(ApiError::input_error(format!(
                "Roles may not contain dependency cycles, found: {}",
                names.join(" -> ")
            )))
        }
    }
}

impl Role {
    /// What stands for `<..>` if `input` (what follows `assume:`) assumes this role; nothing if it does not.
    fn parameter<'i>(&self, input: &'i str) -> Option<&'i str> {
        let many = input.strip_suffix('*');
        match self.id.strip_suffix('*') {
            None => {
                let matches = input == self.id || many.is_some_and(|prefix| self.id.starts_with(prefix));
                matches.then_some("")
            }
            Some(prefix) => input
                .strip_prefix(prefix)
                .or_else(|| many.is_some_and(|start| prefix.starts_with(start)).then_some("*")),
        }
    }

    /// Its scopes with `parameter` filled in.
    fn granted(&self, parameter: &str) -> impl Iterator<Item = String> {
        let parameterized = self.id.ends_with('*');
        self.scopes.iter().map(move |scope| match scope.split_once(PARAMETER) {
            Some((before, _)) if parameterized && parameter.ends_with('*') => format!("{before}{parameter}"),
            Some((before, after)) if parameterized => format!("{before}{parameter}{after}"),
            _ => scope.clone(),
        })
    }
}

/// What a scope lets one assume: a role, or all that begin in a way.
fn assumed(scope: &str) -> Option<&str> {
    match scope.strip_prefix("assume:") {
        Some(role) => Some(role),
        None => scope.strip_suffix('*').filter(|start| "assume:".starts_with(start)).map(|_| "*"),
    }
}

/// Positions of roles that lead to each other, the first of them again at the end.
fn circle(roles: &[Role]) -> Option<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    // A parameter may be anything, so the worst is assumed.
    let next = roles.iter().map(|role| {
        let inputs = role.granted("*").collect::<Vec<_>>();
        let inputs = inputs.iter().filter_map(|scope| assumed(scope)).collect::<Vec<_>>();
        let leads = |other: &Role| inputs.iter().any(|input| other.parameter(input).is_some());
        roles.iter().enumerate().filter(|(_, other)| leads(other)).map(|(at, _)| at).collect::<Vec<_>>()
    });
    let next = next.collect::<Vec<_>>();
    let mut marks = vec![Mark::New; roles.len()];
    for start in 0..roles.len() {
        if marks[start] != Mark::New {
            continue;
        }
        marks[start] = Mark::Open;
        // The way here, with how many of the next roles of each have been looked at.
        let mut way = vec![(start, 0)];
        while let Some((at, looked)) = way.last_mut() {
            let Some(&to) = next[*at].get(*looked) else {
                marks[*at] = Mark::Done;
                way.pop();
                continue;
            };
            *looked += 1;
            match marks[to] {
                Mark::Done => {}
                Mark::New => {
                    marks[to] = Mark::Open;
                    way.push((to, 0));
                }
                Mark::Open => {
                    let way = way.iter().map(|&(at, _)| at).skip_while(|&at| at != to);
                    return Some(way.chain([to]).collect());
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(list: &[(&str, &[&str])]) -> Vec<Role> {
        let owned = |scopes: &[&str]| scopes.iter().map(|&scope| scope.to_owned()).collect();
        list.iter().map(|&(id, scopes)| Role { id: id.to_owned(), scopes: owned(scopes) }).collect()
    }

    #[track_caller]
    fn check_expansion(list: &[(&str, &[&str])], scopes: &[&str], expected: &[&str]) {
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        assert_eq!(expand(&roles(list), scopes).unwrap().as_slice(), expected);
    }

    #[test]
    fn roles_expand_through_roles() {
        let list: &[(&str, &[&str])] = &[("a", &["x", "assume:b"]), ("b", &["y"]), ("c", &["z"])];
        check_expansion(list, &["assume:a"], &["assume:a", "assume:b", "x", "y"]);
        check_expansion(list, &["x"], &["x"]);
        check_expansion(list, &["assume:*"], &["assume:*", "x", "y", "z"]);
        check_expansion(list, &["ass*"], &["ass*", "x", "y", "z"]);
        check_expansion(list, &["assumed:*"], &["assumed:*"]);
    }

    #[test]
    fn a_role_with_a_star_is_assumed_by_all_that_begin_so() {
        let list: &[(&str, &[&str])] = &[("repo:*", &["all"]), ("repo:x", &["one"])];
        check_expansion(list, &["assume:repo:x"], &["all", "assume:repo:x", "one"]);
        check_expansion(list, &["assume:repo:"], &["all", "assume:repo:"]);
        check_expansion(list, &["assume:re*"], &["all", "assume:re*", "one"]);
        check_expansion(list, &["assume:rep"], &["assume:rep"]);
    }

    #[test]
    fn parameters_are_what_the_star_stands_for() {
        let list: &[(&str, &[&str])] =
            &[("repo:*", &["secret:<..>/get", "assume:owner:<..>"]), ("owner:*", &["own:<..>"])];
        check_expansion(
            list,
            &["assume:repo:a"],
            &["assume:owner:a", "assume:repo:a", "own:a", "secret:a/get"],
        );
        // A star at the end of a parameter takes all that would follow.
        check_expansion(
            list,
            &["assume:repo:a*"],
            &["assume:owner:a*", "assume:repo:a*", "own:a*", "secret:a*"],
        );
        check_expansion(list, &["assume:r*"], &["assume:owner:*", "assume:r*", "own:*", "secret:*"]);
        // Only roles with a star have parameters.
        check_expansion(&[("r", &["s:<..>"])], &["assume:r"], &["assume:r", "s:<..>"]);
    }

    #[test]
    fn circles_are_found() {
        let message = |list: &[(&str, &[&str])]| check(&roles(list)).err().map(|error| error.message);
        assert_eq!(message(&[("a", &["assume:b"]), ("b", &["x"])]), None);
        assert_eq!(
            message(&[("a", &["assume:b"]), ("b", &["assume:c"]), ("c", &["assume:b"])]).unwrap(),
            "Roles may not contain dependency cycles, found: 'assume:b' -> 'assume:c' -> 'assume:b'"
        );
        assert!(message(&[("a", &["assume:a"])]).is_some());
        assert!(message(&[("a", &["*"])]).is_some());
        assert!(message(&[("a*", &["assume:ab<..>"])]).is_some());
        assert!(message(&[("a*", &["assume:<..>"])]).is_some());
        assert!(message(&[("a*", &["assume:b<..>"]), ("b*", &["x:<..>"])]).is_none());
    }

    #[test]
    fn parameters_are_not_ambiguous() {
        let message = |scope: &str| check(&roles(&[("a*", &[scope])])).unwrap_err().message;
        assert!(message("x<..>y<..>").contains("multiple"));
        assert!(message("x*<..>").contains("ambiguous"));
    }

    #[test]
    fn roles_that_multiply_are_stopped() {
        let mut list = Vec::new();
        for level in 0..40 {
            let (a, b) = (format!("assume:{}.a<..>", level + 1), format!("assume:{}.b<..>", level + 1));
            list.push(Role { id: format!("{level}.*"), scopes: vec![a, b] });
        }
        assert!(check(&list).is_ok());
        let error = expand(&list, vec!["assume:0.x".to_owned()]).unwrap_err();
        assert_eq!(error.status, 400);
    }

    #[test]
    fn long_chains_need_no_deep_stack() {
        let link = |at: usize| Role { id: at.to_string(), scopes: vec![format!("assume:{}", at + 1)] };
        let list = (0..2000).map(link).collect::<Vec<_>>();
        assert!(check(&list).is_ok());
        assert_eq!(expand(&list, vec!["assume:0".to_owned()]).unwrap().as_slice().len(), 2001);
    }
}
