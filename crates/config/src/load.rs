//! From a file and the environment to a checked [`Config`].

use crate::error::{ConfigError, Fault, NamedBy, Place, Problem, Problems};
use crate::key_path::KeyPath;
use crate::schema::Schemas;
use crate::tree::{Content, Node};
use crate::validate::Violation;
use crate::{Config, Environment, check, overrides, substitution, yaml_reader};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The variable that names the configuration file.
const PATH_VARIABLE: &str = "GO_DOC_GO_CONFIG_PATH";

/// The file that is read when none is named.
const DEFAULT_PATH: &str = "./config.yaml";

/// Bytes that a configuration file may have.
const MAX_FILE_SIZE: u64 = 4 << 20;

/// Where a configuration is looked for.
///
/// ```
/// use gdg_config::{Environment, LoadOptions};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("config.yaml");
/// std::fs::write(&path, "work_queue:\n  max_retries: ${RETRIES:-3}\n").unwrap();
/// let environment = [("RETRIES", "5"), ("GO_DOC_GO__LOGGING__LEVEL", "debug")].into_iter().collect();
/// let loaded = LoadOptions { path: Some(path), environment }.load().unwrap();
/// assert_eq!(loaded.config.work_queue.max_retries, 5);
/// assert_eq!(loaded.config.logging.level.to_string(), "debug");
/// ```
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The file. `None`: the one that `GO_DOC_GO_CONFIG_PATH` names, or else `./config.yaml`.
    pub path: Option<PathBuf>,
    /// The variables for `${VARIABLE}`, overrides and `GO_DOC_GO_CONFIG_PATH`.
    pub environment: Environment,
}

/// A configuration, and where each of its keys was written.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The file it was read from.
    pub path: PathBuf,
    written: Written,
    environment: Environment,
}

/// What was written, with the places.
#[derive(Debug, Clone)]
struct Written {
    path: Arc<Path>,
    root: Node,
}

impl LoadOptions {
    /// Finds, reads and checks the configuration.
    pub fn load(self) -> Result<Loaded, ConfigError> {
        let (path, named_by) = self.locate();
        let text = read_file(&path, named_by)?;
        let mut problems = Vec::new();
        let written = Written::read(&text, &path, &self.environment, &mut problems);
        let dict = check::check(&written.root, &Schemas::of_config(), &mut problems);
        let config = extract(&written, dict, &mut problems);
        let violations = config.violations().into_iter().filter(|violation| {
            // A key that is wrong in itself has its default here; rules about it would speak of that.
            !violation.keys().any(|key| problems.iter().any(|problem| problem.key == *key))
        });
        let violations: Vec<_> = violations.map(|violation| written.problem(violation)).collect();
        problems.extend(violations);
        match Problems::of(problems) {
            None => Ok(Loaded { config, path, written, environment: self.environment }),
            Some(problems) => Err(ConfigError::Invalid(problems)),
        }
    }

    fn locate(&self) -> (PathBuf, NamedBy) {
        if let Some(path) = &self.path {
            return (path.clone(), NamedBy::Argument);
        }
        match self.environment.get(PATH_VARIABLE).filter(|path| !path.is_empty()) {
            Some(path) => (PathBuf::from(path), NamedBy::Variable),
            None => (PathBuf::from(DEFAULT_PATH), NamedBy::Default),
        }
    }
}

impl Loaded {
    /// Whether a worker can start with this configuration, which asks for more
    /// than that it is consistent: the backend must go with the mode, and there
    /// must be a source.
    pub fn ready_to_start(&self) -> Result<(), ConfigError> {
        let violations = self.config.obstacles_to_start().into_iter();
        let problems = violations.map(|violation| self.written.problem(violation)).collect();
        if let Some(problems) = Problems::of(problems) {
            return Err(ConfigError::Invalid(problems));
        }
        self.config.storage.resolve_password(&self.environment).map(drop)
    }
}

fn read_file(path: &Path, named_by: NamedBy) -> Result<String, ConfigError> {
    let unreadable = |source: std::io::Error| match source.kind() {
        ErrorKind::NotFound => ConfigError::NotFound { path: path.to_owned(), named_by },
        _ => ConfigError::Unreadable { path: path.to_owned(), source },
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    file.take(MAX_FILE_SIZE + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_FILE_SIZE {
        return Err(ConfigError::TooLarge { path: path.to_owned(), limit: MAX_FILE_SIZE });
    }
    Ok(text)
}

impl Written {
    /// What the file says, with the variables it refers to and those that override it.
    fn read(text: &str, path: &Path, environment: &Environment, problems: &mut Vec<Problem>) -> Self {
        let path: Arc<Path> = Arc::from(path);
        let place_at = |line, column| Place::File { path: Arc::clone(&path), line, column };
        let empty = || Node { place: place_at(0, 0), content: Content::Mapping(Vec::new()) };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (root, found) = yaml_reader::read(text, &place_at);
        problems.extend(found);
        let mut root = root.unwrap_or_else(empty);
        substitution::substitute(&mut root, &KeyPath::top(), environment, problems);
        overrides::apply(&mut root, environment, problems);
        Self { path, root }
    }

    fn problem(&self, violation: Violation) -> Problem {
        let written = violation.keys().find_map(|key| self.root.place_of(key));
        let place = written.cloned().unwrap_or_else(|| self.whole_file());
        Problem {
            place,
            key: violation.key,
            fault: Fault::Rule { value: violation.value, rule: violation.rule },
        }
    }

    fn whole_file(&self) -> Place {
        Place::File { path: Arc::clone(&self.path), line: 0, column: 0 }
    }
}

/// The checked keys, as figment takes them.
struct Checked {
    path: Arc<Path>,
    dict: Dict,
}

impl Provider for Checked {
    fn metadata(&self) -> Metadata {
        Metadata::from("configuration", self.path.as_ref())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.dict.clone()))
    }
}

/// Makes a configuration of the checked keys. What the types refuse although
/// the schema allowed it is reported and left out, so that the next can be seen too.
fn extract(written: &Written, dict: Dict, problems: &mut Vec<Problem>) -> Config {
    let mut checked = Checked { path: Arc::clone(&written.path), dict };
    loop {
        let error = match Figment::from(&checked).extract() {
            Ok(config) => return config,
            Err(error) => error,
        };
        let key = remove(&mut checked.dict, &error.path);
        let place = written.root.place_of(&key).cloned().unwrap_or_else(|| written.whole_file());
        let nothing_removed = key == KeyPath::top();
        // What the schema had something to say about is not told twice.
        if !problems.iter().any(|problem| problem.key.starts_with(&key)) {
            problems.push(Problem { place, key, fault: Fault::Other(error.kind.to_string()) });
        }
        if nothing_removed {
            return Config::default();
        }
    }
}

/// Takes out what the first steps of `path` lead to; returns the way to it.
fn remove(dict: &mut Dict, path: &[String]) -> KeyPath {
    let Some((section, rest)) = path.split_first() else { return KeyPath::top() };
    let mut key = KeyPath::top().key(section);
    match (dict.get_mut(section), rest) {
        (None, _) => return KeyPath::top(),
        (Some(Value::Dict(_, inner)), [first, ..]) if inner.contains_key(first) => {
            inner.remove(first);
            key = key.key(first);
        }
        (Some(_), _) => {
            dict.remove(section);
            if let Some(index) = rest.first().and_then(|step| step.parse().ok()) {
                key = key.index(index);
            }
        }
    }
    key
}
