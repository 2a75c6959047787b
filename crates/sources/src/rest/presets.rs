//! What known services need, key by key. What is configured wins.

use crate::OpenSourceError;
use gdg_config::{RestPaginationType, RestPreset, RestSourceConfig};
use gdg_model::SourceName;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// The configuration, filled with what its preset knows.
pub(super) fn filled(
    source_name: &SourceName,
    config: &RestSourceConfig,
) -> Result<RestSourceConfig, OpenSourceError> {
    let unusable = |(key, problem): (&'static str, &str)| OpenSourceError::Unusable {
        source_name: source_name.clone(),
        key,
        problem: problem.to_owned(),
    };
    check_parameters(config).map_err(unusable)?;
    let mut filled = config.clone();
    match config.preset {
        None => {}
        Some(RestPreset::Confluence) => confluence(&mut filled),
        Some(RestPreset::Jira) => jira(&mut filled).map_err(unusable)?,
        Some(RestPreset::ServiceNow) => servicenow(&mut filled).map_err(unusable)?,
    }
    Ok(filled)
}

type Problem = (&'static str, &'static str);

/// A parameter that its preset does not ask for has no effect, and whoever wrote it believes that it has.
fn check_parameters(config: &RestSourceConfig) -> Result<(), Problem> {
    for (key, value, preset, problem) in [
        ("space_key", &config.space_key, RestPreset::Confluence, "belongs to the preset `confluence`"),
        ("jql", &config.jql, RestPreset::Jira, "belongs to the preset `jira`"),
        ("table", &config.table, RestPreset::ServiceNow, "belongs to the preset `servicenow`"),
        ("table_query", &config.table_query, RestPreset::ServiceNow, "belongs to the preset `servicenow`"),
    ] {
        if value.is_some() && config.preset != Some(preset) {
            return Err((key, problem));
        }
    }
    Ok(())
}

/// Pages of Confluence Cloud: by the REST API v2, and for one space by the search of v1,
/// which knows spaces by their keys.
fn confluence(config: &mut RestSourceConfig) {
    let list = &mut config.list;
    if let Some(space_key) = &config.space_key {
        let cql = format!("space = \"{}\" and type = page order by created asc", escaped(space_key));
        fill(&mut list.path, "/wiki/rest/api/content/search");
        fill_query(&mut list.query, &[("cql", &cql), ("expand", "version")]);
        fill(&mut list.pagination.next_base_pointer, "/_links/base");
    } else {
        fill(&mut list.path, "/wiki/api/v2/pages");
        fill_query(&mut list.query, &[("sort", "id"), ("status", "current")]);
    }
    fill(&mut list.items, "/results");
    fill(&mut list.id, "/id");
    fill(&mut list.title, "/title");
    fill(&mut list.updated, "/version/number");
    list.pagination.kind.get_or_insert(RestPaginationType::NextUrl);
    fill(&mut list.pagination.next_pointer, "/_links/next");
    fill(&mut list.pagination.size_parameter, "limit");
    let detail = &mut config.detail;
    fill(&mut detail.path, "/wiki/api/v2/pages/{id}");
    fill_query(&mut detail.query, &[("body-format", "storage")]);
    fill(&mut detail.content, "/body/storage/value");
    fill(&mut config.content_type, "text/html");
    config.title_in_content.get_or_insert(true);
    config.page_size = config.page_size.or(NonZeroU32::new(100));
    fill(
        &mut config.link_pattern,
        r"^{base_url}/wiki/(?:spaces/[^/?#]+/pages/(?:edit-v2/)?|pages/viewpage\.action\?(?:[^#]*&)?pageId=)(?<id>[0-9]+)(?:[/?#&].*)?$",
    );
}

/// Issues of Jira Cloud, by the enhanced search of the REST API v3, with the description rendered as HTML.
fn jira(config: &mut RestSourceConfig) -> Result<(), Problem> {
    let Some(jql) = config.jql.as_deref().filter(|jql| !jql.trim().is_empty()) else {
        return Err((
            "jql",
            "is missing: the preset `jira` needs a query with a condition, for Jira refuses others",
        ));
    };
    // Pages only join when the order stays.
    let words = jql.to_ascii_lowercase();
    let words: Vec<_> = words.split_whitespace().collect();
    let is_ordered = words.windows(2).any(|pair| pair == ["order", "by"]);
    let jql = if is_ordered { jql.to_owned() } else { format!("{jql} ORDER BY created ASC, key ASC") };
    let list = &mut config.list;
    fill(&mut list.path, "/rest/api/3/search/jql");
    fill_query(&mut list.query, &[("jql", &jql), ("fields", "summary,updated")]);
    fill(&mut list.items, "/issues");
    fill(&mut list.id, "/key");
    fill(&mut list.title, "/fields/summary");
    fill(&mut list.updated, "/fields/updated");
    list.pagination.kind.get_or_insert(RestPaginationType::Cursor);
    fill(&mut list.pagination.cursor_pointer, "/nextPageToken");
    fill(&mut list.pagination.cursor_parameter, "nextPageToken");
    fill(&mut list.pagination.size_parameter, "maxResults");
    let detail = &mut config.detail;
    fill(&mut detail.path, "/rest/api/3/issue/{id}");
    fill_query(&mut detail.query, &[("fields", "summary,description,updated"), ("expand", "renderedFields")]);
    fill(&mut detail.content, "/renderedFields/description");
    fill(&mut config.content_type, "text/html");
    config.title_in_content.get_or_insert(true);
    fill(&mut config.link_pattern, r"^{base_url}/browse/(?<id>[A-Z][A-Z0-9_]*-[0-9]+)(?:[/?#].*)?$");
    Ok(())
}

/// Records of a table of `ServiceNow`, by the Table API.
fn servicenow(config: &mut RestSourceConfig) -> Result<(), Problem> {
    let Some(table) = config.table.as_deref().filter(|table| !table.is_empty()) else {
        return Err(("table", "is missing: the preset `servicenow` needs it"));
    };
    if !table.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err((
            "table",
            "is no name of a table: it has characters besides letters, digits and underscores",
        ));
    }
    let is_knowledge = table == "kb_knowledge";
    let content = if is_knowledge { "text" } else { "description" };
    let records = config.table_query.as_deref().filter(|query| !query.is_empty());
    let query = records.map_or_else(|| "ORDERBYsys_id".to_owned(), |query| format!("{query}^ORDERBYsys_id"));
    let path = format!("/api/now/table/{table}");
    let list = &mut config.list;
    fill(&mut list.path, &path);
    fill_query(
        &mut list.query,
        &[
            ("sysparm_query", &query),
            ("sysparm_fields", "sys_id,short_description,sys_updated_on"),
            ("sysparm_display_value", "false"),
            ("sysparm_exclude_reference_link", "true"),
        ],
    );
    fill(&mut list.items, "/result");
    fill(&mut list.id, "/sys_id");
    fill(&mut list.title, "/short_description");
    fill(&mut list.updated, "/sys_updated_on");
    list.pagination.kind.get_or_insert(RestPaginationType::Offset);
    fill(&mut list.pagination.offset_parameter, "sysparm_offset");
    fill(&mut list.pagination.size_parameter, "sysparm_limit");
    let detail = &mut config.detail;
    fill(&mut detail.path, &format!("{path}/{{id}}"));
    let fields = format!("sys_id,short_description,{content},sys_updated_on");
    fill_query(
        &mut detail.query,
        &[
            ("sysparm_fields", &fields),
            ("sysparm_display_value", "false"),
            ("sysparm_exclude_reference_link", "true"),
        ],
    );
    fill(&mut detail.item, "/result");
    fill(&mut detail.content, &format!("/{content}"));
    fill(&mut config.content_type, if is_knowledge { "text/html" } else { "text/plain" });
    config.title_in_content.get_or_insert(true);
    let pattern = format!(
        r"^{{base_url}}/(?:nav_to\.do\?uri=(?:%2F|/)?)?{table}\.do(?:\?|%3F)(?:[^#]*(?:&|%26))?sys_id(?:=|%3D)(?<id>[0-9a-f]{{32}})(?:[&#%].*)?$"
    );
    fill(&mut config.link_pattern, &pattern);
    Ok(())
}

/// A text within the quotes of CQL.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"")
}

fn fill(key: &mut Option<String>, value: &str) {
    key.get_or_insert_with(|| value.to_owned());
}

fn fill_query(query: &mut BTreeMap<String, String>, parameters: &[(&str, &str)]) {
    for (name, value) in parameters {
        query.entry((*name).to_owned()).or_insert_with(|| (*value).to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill_in(config: &RestSourceConfig) -> Result<RestSourceConfig, String> {
        filled(&SourceName::new("x"), config).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_configured_wins_over_the_preset() {
        let mut config =
            RestSourceConfig { preset: Some(RestPreset::Confluence), ..RestSourceConfig::default() };
        config.list.path = Some("/api/v2/pages".into());
        config.list.query.insert("sort".into(), "created-date".into());
        let filled = fill_in(&config).unwrap();
        assert_eq!(filled.list.path.as_deref(), Some("/api/v2/pages"));
        assert_eq!(filled.list.query["sort"], "created-date");
        assert_eq!(filled.list.query["status"], "current");
        assert_eq!(filled.list.items.as_deref(), Some("/results"));
    }

    #[test]
    fn parameters_cannot_break_out_of_what_they_are_put_into() {
        let preset = Some(RestPreset::Confluence);
        let space_key = Some(r#"A" or type = "blogpost\"#.to_owned());
        let filled = fill_in(&RestSourceConfig { preset, space_key, ..RestSourceConfig::default() }).unwrap();
        assert_eq!(
            filled.list.query["cql"],
            r#"space = "A\" or type = \"blogpost\\" and type = page order by created asc"#
        );
        let table = Some("incident/../sys_user".to_owned());
        let preset = Some(RestPreset::ServiceNow);
        let message =
            fill_in(&RestSourceConfig { preset, table, ..RestSourceConfig::default() }).unwrap_err();
        assert!(message.contains("table is no name of a table"), "{message}");
    }

    #[test]
    fn what_a_preset_needs_or_does_not_know_is_named() {
        let preset = Some(RestPreset::Jira);
        let message = fill_in(&RestSourceConfig { preset, ..RestSourceConfig::default() }).unwrap_err();
        assert!(message.contains("jql is missing"), "{message}");
        let space_key = Some("DOCS".to_owned());
        let jql = Some("project = A".to_owned());
        let config = RestSourceConfig { preset, space_key, jql, ..RestSourceConfig::default() };
        let message = fill_in(&config).unwrap_err();
        assert!(message.contains("space_key belongs to the preset `confluence`"), "{message}");
    }

    #[test]
    fn a_query_of_jira_is_ordered_unless_it_says_how() {
        for (jql, expected) in [
            ("project = A", "project = A ORDER BY created ASC, key ASC"),
            ("project = A order by key", "project = A order by key"),
        ] {
            let (preset, jql) = (Some(RestPreset::Jira), Some(jql.to_owned()));
            let filled = fill_in(&RestSourceConfig { preset, jql, ..RestSourceConfig::default() }).unwrap();
            assert_eq!(filled.list.query["jql"], expected);
        }
    }
}
