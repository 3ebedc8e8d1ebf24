//! The phases of a release.

use std::fmt;

use taskgraph_value::Str;

/// A phase of a release, as the attribute `shipping_phase` of a task names it. Later phases are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// What every push makes.
    Build,
    /// What makes a candidate of it.
    Promote,
    /// What brings the candidate to where it will be offered from.
    Push,
    /// What offers it.
    Ship,
}

impl Phase {
    /// All phases, first to last.
    pub const ALL: [Phase; 4] = [Phase::Build, Phase::Promote, Phase::Push, Phase::Ship];

    /// As attributes and flavors name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Build => "build",
            Phase::Promote => "promote",
            Phase::Push => "push",
            Phase::Ship => "ship",
        }
    }

    /// The phase of a name.
    pub fn of_name(name: &str) -> Option<Phase> {
        Phase::ALL.into_iter().find(|phase| phase.as_str() == name)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A phase, and maybe a product: what the name of a flavor or target method says.
///
/// ```
/// use taskgraph_release_promotion::{Phase, Stage};
/// let stage = Stage::of_name("push_devedition").unwrap();
/// assert_eq!((stage.phase, stage.product.as_deref()), (Phase::Push, Some("devedition")));
/// assert_eq!(Stage::of_name("ship_firefox_rc").unwrap().product.as_deref(), Some("firefox"));
/// assert_eq!(Stage::of_name("shipping_phase:promote").unwrap().product, None);
/// assert_eq!(Stage::of_name("nightly_desktop"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The phase.
    pub phase: Phase,
    /// The product; without one, it is about all products.
    pub product: Option<Str>,
    /// Whether the name ends with `_rc`, or `-rc`: another way to release the same tasks.
    pub is_rc: bool,
}

impl Stage {
    /// What a name says: `<phase>`, `<phase>_<product>` and `<phase>_<product>_rc`, also with dashes; or
    /// `shipping_phase:<phase>` and `shipping_phase:<phase>:<product>`, where a product may be called anything.
    pub fn of_name(name: &str) -> Option<Stage> {
        if let Some(explicit) = name.strip_prefix("shipping_phase:") {
            let (phase, product) = match explicit.split_once(':') {
                Some((phase, product)) => (phase, Some(product).filter(|product| !product.is_empty())),
                None => (explicit, None),
            };
            let phase = Phase::of_name(phase)?;
            return Some(Stage { phase, product: product.map(Str::from), is_rc: false });
        }
        let (phase, rest) = match name.split_once(['_', '-']) {
            Some((phase, rest)) => (phase, rest),
            None => (name, ""),
        };
        let phase = Phase::of_name(phase)?;
        let cut = ["_rc", "-rc"].into_iter().find_map(|suffix| rest.strip_suffix(suffix));
        let (product, is_rc) = match cut {
            Some(product) => (product, true),
            None if rest == "rc" => ("", true),
            None => (rest, false),
        };
        let product = Some(product).filter(|product| !product.is_empty()).map(Str::from);
        if product.is_none() && !rest.is_empty() && !is_rc {
            return None;
        }
        Some(Stage { phase, product, is_rc })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_phase_and_product() {
        let of = |name: &str| {
            Stage::of_name(name).map(|stage| {
                format!("{} {} {}", stage.phase, stage.product.as_deref().unwrap_or("*"), stage.is_rc)
            })
        };
        for (name, expected) in [
            ("promote", "promote * false"),
            ("build", "build * false"),
            ("promote_firefox", "promote firefox false"),
            ("promote-client", "promote client false"),
            ("push_firefox-android", "push firefox-android false"),
            ("ship_firefox_rc", "ship firefox true"),
            ("ship_rc", "ship * true"),
            ("shipping_phase:ship", "ship * false"),
            ("shipping_phase:ship:firefox_rc", "ship firefox_rc false"),
        ] {
            assert_eq!(of(name).as_deref(), Some(expected), "{name}");
        }
        for name in
            ["", "promoted", "nightly_desktop", "PROMOTE", "default", "shipping_phase:", "promote_firefoxé"]
        {
            let known = name == "promote_firefoxé";
            assert_eq!(of(name).is_some(), known, "{name}");
        }
    }

    #[test]
    fn phases_have_an_order() {
        assert!(Phase::ALL.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
