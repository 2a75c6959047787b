//! Which columns are read of a file.

use gdg_config::ParquetSourceConfig;
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type};
use std::sync::Arc;

/// The columns of a configuration.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) content: String,
    pub(super) content_type: Option<String>,
    pub(super) title: Option<String>,
    pub(super) updated: Option<String>,
    pub(super) ids: Vec<String>,
    pub(super) metadata: Vec<String>,
}

/// The columns of a file, by their paths.
#[derive(Debug)]
pub(super) struct Paths {
    pub(super) content: Vec<String>,
    pub(super) content_type: Option<Vec<String>>,
    pub(super) title: Option<Vec<String>>,
    pub(super) updated: Option<Vec<String>>,
    pub(super) ids: Vec<Vec<String>>,
    pub(super) metadata: Vec<(String, Vec<String>)>,
    /// What a fetch reads.
    pub(super) for_fetch: SchemaDescPtr,
    /// What a listing reads, if it reads anything.
    pub(super) for_listing: Option<SchemaDescPtr>,
}

impl Columns {
    pub(super) fn new(config: &ParquetSourceConfig) -> Self {
        Self {
            content: config.content_column.clone(),
            content_type: config.content_type_column.clone(),
            title: config.title_column.clone(),
            updated: config.updated_column.clone(),
            ids: config.id_columns.clone(),
            metadata: config.metadata_columns.clone(),
        }
    }

    /// Finds them in a file. The error says what it lacks.
    pub(super) fn find(&self, root: &Type) -> Result<Paths, String> {
        let find = |name: &String| path_of(root, name);
        let optional = |name: &Option<String>| name.as_ref().map(find).transpose();
        let content = find(&self.content)?;
        let content_type = optional(&self.content_type)?;
        let title = optional(&self.title)?;
        let updated = optional(&self.updated)?;
        let ids = self.ids.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let metadata = self.metadata.iter().map(|name| Ok((name.clone(), find(name)?)));
        let metadata = metadata.collect::<Result<Vec<_>, String>>()?;
        let listed: Vec<_> = ids.iter().chain(&updated).collect();
        let mut fetched = listed.clone();
        fetched.push(&content);
        fetched.extend(content_type.iter().chain(&title));
        fetched.extend(metadata.iter().map(|(_, path)| path));
        let for_fetch = projection(root, &fetched)?;
        let for_listing = (!listed.is_empty()).then(|| projection(root, &listed)).transpose()?;
        Ok(Paths { content, content_type, title, updated, ids, metadata, for_fetch, for_listing })
    }
}

/// The path of a column: a name as it is, or names of groups with dots between them.
fn path_of(root: &Type, name: &str) -> Result<Vec<String>, String> {
    if root.get_fields().iter().any(|field| field.name() == name) {
        return Ok(vec![name.to_owned()]);
    }
    let path: Vec<String> = name.split('.').map(str::to_owned).collect();
    let mut group = root;
    for part in &path {
        let fields = if group.is_group() { group.get_fields() } else { &[] };
        let Some(field) = fields.iter().find(|field| field.name() == part) else {
            return Err(format!("it has no column `{name}`"));
        };
        group = field;
    }
    Ok(path)
}

/// The schema of the columns (of the outermost groups) that the paths lead into.
fn projection(root: &Type, paths: &[&Vec<String>]) -> Result<SchemaDescPtr, String> {
    let is_wanted =
        |field: &Type| paths.iter().any(|path| path.first().is_some_and(|name| name == field.name()));
    let fields: Vec<_> = root.get_fields().iter().filter(|field| is_wanted(field)).cloned().collect();
    let root = Type::group_type_builder(root.name()).with_fields(fields).build();
    let root = root.map_err(|error| format!("its schema cannot be used: {error}"))?;
    Ok(Arc::new(SchemaDescriptor::new(Arc::new(root))))
}
