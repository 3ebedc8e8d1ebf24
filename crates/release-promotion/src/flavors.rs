//! The flavors of releases that a configuration has.

use std::path::Path;

use taskgraph_config::{GraphConfig, Parameters, Problem, Problems, yaml};
use taskgraph_parameterize::format;
use taskgraph_schema::{Object, Shape, check_object, optional, required};
use taskgraph_value::{Map, Str, Value, map};

use crate::{Error, Phase, Stage};

static FLAVOR: Object = Object::open(&[
    required("target-tasks-method", Shape::Str),
    optional("rebuild-kinds", Shape::ListOf(&Shape::Str)),
    optional("do-not-optimize", Shape::ListOf(&Shape::Str)),
]);

static RELEASE_PROMOTION: Object = Object::open(&[
    optional("flavors", Shape::MapOf(&Shape::Object(&FLAVOR))),
    optional("rebuild-kinds", Shape::ListOf(&Shape::Str)),
]);

static CONFIG: Object = Object::open(&[optional("release-promotion", Shape::Object(&RELEASE_PROMOTION))]);

/// One flavor: a phase of the release of a product, as `release-promotion.flavors` in `config.yml` has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Flavor {
    /// Its name, such as `promote_firefox`.
    pub name: Str,
    /// The target method, a template with `{project}`.
    pub target_tasks_method: Str,
    /// `rebuild-kinds`: kinds whose tasks are made again, if the input does not say.
    pub rebuild_kinds: Vec<Str>,
    /// `do-not-optimize`: labels of tasks that are made again, if the input does not say.
    pub do_not_optimize: Vec<Str>,
    /// All that the configuration has, also keys that only the project knows.
    pub values: Map,
}

impl Flavor {
    /// The phase and the product, if the name says them; else those that the name of the target method says.
    pub fn stage(&self) -> Option<Stage> {
        Stage::of_name(&self.name).or_else(|| Stage::of_name(&self.target_tasks_method))
    }

    /// The target method for a project.
    ///
    /// Fails with [`Error::Method`], and if the parameter `project` is missing.
    pub fn method(&self, parameters: &Parameters) -> Result<Str, Error> {
        let project = parameters.text("project")?;
        let values = map! { "project" => project.clone() };
        format(&self.target_tasks_method, &values).map_err(|source| Error::Method {
            flavor: self.name.clone(),
            template: self.target_tasks_method.clone(),
            source,
        })
    }
}

/// All flavors of a configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flavors {
    flavors: Vec<Flavor>,
    rebuild_kinds: Vec<Str>,
}

impl Flavors {
    /// The flavors of a configuration, in the order of the file; none if it has no `release-promotion`.
    ///
    /// Fails with [`Error::Config`] and everything that is wrong with them. Keys that are not known are fine.
    pub fn of(config: &GraphConfig) -> Result<Flavors, Error> {
        let Some(section) = config.get("release-promotion") else { return Ok(Flavors::default()) };
        let violations = check_object(&CONFIG, &map! { "release-promotion" => section.clone() });
        if !violations.is_empty() {
            let path = config.root().join("config.yml");
            let document = yaml::read_file_as(&config.root_dir().join("config.yml"), &path).ok();
            let line = |path: &str| {
                let keys: Vec<&str> =
                    path.split('.').map(|key| key.split('[').next().unwrap_or(key)).collect();
                let known = |keys: &[&str]| document.as_ref()?.line(keys);
                (1..=keys.len()).rev().find_map(|length| known(&keys[..length]))
            };
            let problems = violations.into_iter().map(|violation| Problem {
                file: Some(path.clone()),
                line: line(&violation.path),
                violation,
            });
            return Err(Error::Config(Problems(problems.collect())));
        }
        let section = section.as_map().cloned().unwrap_or_default();
        let flavors = section.get_map("flavors").cloned().unwrap_or_default();
        let flavors = flavors.iter().filter_map(|(name, values)| {
            let values = values.as_map()?;
            Some(Flavor {
                name: name.clone(),
                target_tasks_method: values.get_str("target-tasks-method")?.clone(),
                rebuild_kinds: texts(values, "rebuild-kinds"),
                do_not_optimize: texts(values, "do-not-optimize"),
                values: values.clone(),
            })
        });
        Ok(Flavors { flavors: flavors.collect(), rebuild_kinds: texts(&section, "rebuild-kinds") })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.flavors.is_empty()
    }

    /// The flavors, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Flavor> {
        self.flavors.iter()
    }

    /// `release-promotion.rebuild-kinds`, which the schema of the input has as the default.
    pub fn rebuild_kinds(&self) -> &[Str] {
        &self.rebuild_kinds
    }

    /// The names, sorted.
    pub fn names(&self) -> Vec<Str> {
        let mut names: Vec<Str> = self.flavors.iter().map(|flavor| flavor.name.clone()).collect();
        names.sort_unstable();
        names
    }

    /// The flavors in the order in which they are released: product by product, phase after phase, release candidates
    /// after the rest; those whose names say no phase come last.
    pub fn in_order(&self) -> Vec<&Flavor> {
        let mut flavors: Vec<&Flavor> = self.flavors.iter().collect();
        flavors.sort_by_cached_key(|flavor| match flavor.stage() {
            Some(stage) => (0, stage.product, stage.is_rc, Some(stage.phase)),
            None => (1, None, false, None),
        });
        flavors
    }

    /// The flavor of a name.
    ///
    /// Fails with [`Error::UnknownFlavor`].
    pub fn get(&self, name: &str, config: &Path) -> Result<&Flavor, Error> {
        self.flavors.iter().find(|flavor| flavor.name == name).ok_or_else(|| Error::UnknownFlavor {
            flavor: name.into(),
            config: config.join("config.yml"),
            known: self.names(),
        })
    }

    /// The flavor of a name, or the only one of the phase of that name, not counting those for release candidates.
    ///
    /// Fails with [`Error::UnknownFlavor`] and [`Error::SeveralFlavors`].
    pub fn of_phase(&self, name: &str, config: &Path) -> Result<&Flavor, Error> {
        let exact = self.get(name, config);
        let Some(phase) = Phase::of_name(name).filter(|_| exact.is_err()) else { return exact };
        let is_of_phase =
            |flavor: &&Flavor| flavor.stage().is_some_and(|stage| stage.phase == phase && !stage.is_rc);
        let found: Vec<&Flavor> = self.flavors.iter().filter(is_of_phase).collect();
        match found[..] {
            [] => exact,
            [only] => Ok(only),
            _ => Err(Error::SeveralFlavors {
                name: name.into(),
                found: found.into_iter().map(|flavor| flavor.name.clone()).collect(),
            }),
        }
    }

    /// The flavors whose phases come before that of `flavor` in the release of the same product, in the order of phases.
    ///
    /// A flavor for release candidates comes after others for release candidates, or, where there are none, after the
    /// usual ones.
    pub fn before(&self, flavor: &Flavor) -> Vec<&Flavor> {
        let Some(stage) = flavor.stage() else { return Vec::new() };
        let mut before = Vec::new();
        for phase in Phase::ALL.into_iter().filter(|phase| *phase < stage.phase) {
            let of_phase = |is_rc: bool| {
                self.flavors.iter().find(|other| {
                    other.stage().is_some_and(|other| {
                        other.phase == phase && other.product == stage.product && other.is_rc == is_rc
                    })
                })
            };
            let found =
                if stage.is_rc { of_phase(true).or_else(|| of_phase(false)) } else { of_phase(false) };
            before.extend(found);
        }
        before
    }
}

fn texts(map: &Map, key: &str) -> Vec<Str> {
    map.get_list(key).iter().filter_map(Value::as_str).cloned().collect()
}
