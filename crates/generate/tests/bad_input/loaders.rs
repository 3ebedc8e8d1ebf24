//! When loaders run, and whose error is told if several kinds fail.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use taskgraph_generate::Generator;
use taskgraph_kinds::{Description, Error, KindContext, KindGraph, Loader};
use taskgraph_value::{map, text};

use crate::support::{DEFAULTS, Repository};

/// Makes a task whose description says how many tasks it saw.
struct Counting {
    early: bool,
}

impl Loader for Counting {
    fn load(&self, kind: &mut KindContext<'_>) -> Result<Vec<Description>, Error> {
        let seen = format!("{} seen", kind.dependencies.iter().len());
        Ok(vec![Description::new(map! {
            "label" => &kind.kind, "description" => seen, "worker-type" => "succeed",
        })])
    }

    fn needs_dependencies(&self) -> bool {
        !self.early
    }
}

#[test]
fn a_loader_that_needs_tasks_has_them() {
    let kind = |loader: &str| {
        format!(
            "loader: {loader}\nkind-dependencies: [first]\ntransforms: [taskgraph.transforms.task:transforms]\n"
        )
    };
    let repository = Repository::new(&[
        ("kinds/first/kind.yml", &format!("tasks: {{a: {{}}, b: {{}}}}\n{DEFAULTS}")),
        ("kinds/early/kind.yml", &kind("test:early")),
        ("kinds/late/kind.yml", &kind("test:late")),
    ]);
    let session = repository.session(|registry| {
        registry.add_loader("test:early", Counting { early: true });
        registry.add_loader("test:late", Counting { early: false });
    });
    let generator = Generator::new(session.unwrap());
    let set = generator.full_task_set().unwrap();
    let description = |label: &str| set.get(label).unwrap().description.clone();
    assert_eq!([description("early"), description("late")], [text!("0 seen"), text!("2 seen")]);
}

#[test]
fn kinds_load_without_a_generator() {
    let one = format!("tasks: {{a: {{}}, b: {{label: same}}}}\n{DEFAULTS}");
    let repository = Repository::new(&[("kinds/one/kind.yml", &one)]);
    let load = |repository: &Repository| {
        let session = repository.session(|_| ()).unwrap();
        let kinds = KindGraph::read(session.config.root(), &session.cwd, &[]).unwrap();
        let tasks = kinds.load_tasks(&session).map_err(|error| error.to_string())?;
        Ok::<_, String>(tasks.into_iter().map(|loaded| loaded.task.label.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(load(&repository), Ok(vec!["one-a".to_owned(), "same".to_owned()]));
    let twice = repository.file("kinds/two/kind.yml", format!("tasks: {{c: {{label: same}}}}\n{DEFAULTS}"));
    assert_snapshot!(load(&twice).unwrap_err(), @"taskcluster/kinds/two/kind.yml:1: kind `two`, task `same`: there is another task of this label, at taskcluster/kinds/one/kind.yml:1");
}

#[test]
fn the_first_kind_that_fails_is_told() {
    let later = "kind-dependencies: [one]\ntasks-from: [broken.yml]\n";
    let repository = Repository::new(&[
        ("kinds/one/kind.yml", &format!("tasks: {{a: {{dependencies: {{self: x}}}}}}\n{DEFAULTS}")),
        ("kinds/another/kind.yml", later),
        ("kinds/another/broken.yml", "a: [\n"),
        ("kinds/unknown/kind.yml", "kind-dependencies: [one]\nloader: test:unknown\n"),
    ]);
    let errors = |repository: &Repository| {
        let all: BTreeSet<String> = (0..20).map(|_| repository.error()).collect();
        all.into_iter().collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(errors(&repository), @"taskcluster/kinds/one/kind.yml:1: kind `one`, task `one-a`: `dependencies.self`: the name is reserved for references");
    let fixed = repository.file("kinds/one/kind.yml", format!("tasks: {{a: {{}}}}\n{DEFAULTS}"));
    assert_snapshot!(errors(&fixed), @"taskcluster/kinds/another/broken.yml:2:1: kind `another`: did not find expected node content while parsing a flow node");
}
