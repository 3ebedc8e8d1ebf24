//! What rendering may cost.

use std::cell::Cell;

use taskgraph_value::Value;

use super::evaluate::Result;

/// Roughly bytes, of all that a template makes along the way.
const MOST: u64 = 64 << 20;
/// Lists and mappings within each other.
pub(super) const DEEPEST: usize = 128;
const NODE: u64 = 32;

/// Counts down.
pub(super) struct Meter {
    left: Cell<u64>,
}

impl Default for Meter {
    fn default() -> Self {
        Self { left: Cell::new(MOST) }
    }
}

impl Meter {
    /// Takes away what something costs.
    pub(super) fn spend(&self, cost: u64) -> Result<()> {
        let left = self.left.get().checked_sub(cost);
        self.left.set(left.ok_or("the template takes too much memory or time to render")?);
        Ok(())
    }

    /// One value, without what is in it.
    pub(super) fn node(&self) -> Result<()> {
        self.spend(NODE)
    }

    /// A value with all that is in it, which must not be too deep.
    pub(super) fn admit(&self, value: &Value) -> Result<()> {
        self.measure(value, 0)
    }

    fn measure(&self, value: &Value, depth: usize) -> Result<()> {
        if depth > DEEPEST {
            return Err(format!("the template renders to something more than {DEEPEST} deep"));
        }
        self.node()?;
        match value {
            Value::Str(text) => self.spend(text.len() as u64),
            Value::List(items) => items.iter().try_for_each(|item| self.measure(item, depth + 1)),
            Value::Map(object) => object.iter().try_for_each(|(key, value)| {
                self.spend(NODE + key.len() as u64)?;
                self.measure(value, depth + 1)
            }),
            _ => Ok(()),
        }
    }
}
