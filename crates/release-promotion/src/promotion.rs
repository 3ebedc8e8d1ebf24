//! The parameters of a release.

use taskgraph_config::Parameters;
use taskgraph_value::{List, Map, Str, Value, text};

use crate::{Error, Flavor, Input, PreviousGraphs};

/// All that the parameters of a release follow from, but for the version.
#[derive(Clone, Copy, Debug)]
pub struct Promotion<'a> {
    /// The parameters of the push that the action was triggered from.
    pub push: &'a Parameters,
    /// The parameters of the first of the previous graphs.
    pub first: &'a Map,
    /// The graphs to build on.
    pub previous: &'a PreviousGraphs,
    /// The flavor.
    pub flavor: &'a Flavor,
    /// The input.
    pub input: &'a Input,
}

impl Promotion<'_> {
    /// The kinds whose tasks are made again.
    pub fn rebuild_kinds(&self) -> &[Str] {
        self.input.rebuild_kinds.as_deref().unwrap_or(&self.flavor.rebuild_kinds)
    }

    /// The labels of tasks that are made again.
    pub fn do_not_optimize(&self) -> &[Str] {
        self.input.do_not_optimize.as_deref().unwrap_or(&self.flavor.do_not_optimize)
    }

    /// The parameters: those of the first previous graph, with the revision of the push, and what a release changes.
    /// `version` is asked for the version if the input has none.
    ///
    /// Fails with [`Error::Method`], with whatever `version` fails with, and if a parameter is missing.
    pub fn parameters(
        &self,
        version: impl FnOnce(&Parameters) -> Result<Str, Error>,
    ) -> Result<Parameters, Error> {
        let list = |texts: &[Str]| Value::from(texts.iter().map(Value::from).collect::<List>());
        let method = self.flavor.method(self.push)?;
        let head_rev = self.push.text("head_rev")?;
        let mut values = self.first.clone();
        // Where they were loaded from is no parameter.
        values.remove("spec");
        for (name, value) in [
            // Tasks that are created now belong to what is checked out now, even if they build on something older.
            (text!("head_rev"), Value::from(head_rev)),
            (text!("existing_tasks"), self.previous.existing_tasks(self.rebuild_kinds()).into()),
            (text!("do_not_optimize"), list(self.do_not_optimize())),
            (text!("target_tasks_method"), method.into()),
            (text!("build_number"), self.input.build_number.into()),
            (text!("optimize_target_tasks"), true.into()),
            // The reference puts the flavor here, and projects read it.
            (text!("shipping_phase"), Value::from(&self.input.flavor)),
            (text!("tasks_for"), text!("action").into()),
        ] {
            values.insert(name, value);
        }
        let version = match &self.input.version {
            Some(version) => version.clone(),
            None => version(&Parameters::from_values(values.clone(), true))?,
        };
        values.insert(text!("version"), version.into());
        Ok(Parameters::from_values(values, true))
    }
}
