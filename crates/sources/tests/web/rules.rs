//! Where links lead, what is followed, and which configurations are no use.

use crate::site::{Reply, Site};
use crate::support::{document, fetch, open, open_on, try_open};
use gdg_config::{Seconds, WebSourceConfig};
use gdg_model::{DocumentRef, SourceName};
use gdg_sources::{Source, SourceContext};
use std::collections::{BTreeSet, VecDeque};

#[tokio::test]
async fn links_lead_to_pages_of_the_source_and_are_followed_as_the_rules_say() {
    let source = open(|config| {
        config.url_list = vec!["http://a.example/docs/start.html".into()];
        config.include = vec!["/docs/".into()];
        config.exclude = vec!["/docs/private/".into()];
        config.max_link_depth = 2;
        config.allow_private_networks = false;
    });
    let follow = |depth: u32, link: &str| {
        let resolved = source.resolve_link(&document("http://a.example/docs/start.html", depth), link)?;
        assert_eq!(resolved.document.link_depth, depth + 1);
        assert_eq!(resolved.document.doc_id, document(&resolved.document.locator, 0).doc_id);
        Some((resolved.document.locator, resolved.fragment, resolved.follow))
    };
    let to = |locator: &str, fragment: &str, follow: bool| {
        Some((format!("http://a.example{locator}"), fragment.to_owned(), follow))
    };
    assert_eq!(follow(0, "b.html#part"), to("/docs/b.html", "part", true));
    assert_eq!(follow(1, "b.html"), to("/docs/b.html", "", true));
    assert_eq!(follow(2, "b.html"), to("/docs/b.html", "", false), "two links are as many as may be");
    assert_eq!(follow(0, "#part"), to("/docs/start.html", "part", false));
    assert_eq!(follow(0, "/docs/private/x"), to("/docs/private/x", "", false));
    assert_eq!(follow(0, "/other"), to("/other", "", false));
    assert_eq!(follow(0, "/docs/a/b/a/b/a/b/"), to("/docs/a/b/a/b/a/b/", "", false));
    assert!(follow(0, "https://a.example/docs/x").unwrap().2);
    for link in [
        "http://b.example/docs/",
        "http://a.example:8080/docs/",
        "http://127.0.0.1:8080/docs/",
        "http://169.254.169.254/latest/meta-data/docs/",
        "http://[::1]/docs/",
        "http://localhost/docs/",
        "mailto:a@a.example",
        "javascript:void(0)",
        "ftp://a.example/docs/",
        "\0",
        &"x".repeat(100_000),
    ] {
        assert_eq!(follow(0, link), None, "{link}");
    }
}

#[tokio::test]
async fn a_start_page_is_not_followed_to_it_is_listed() {
    let source =
        open(|config| config.url_list = vec!["http://a.example/".into(), "http://a.example/b".into()]);
    let resolved = source.resolve_link(&document("http://a.example/", 0), "/b").unwrap();
    assert!(!resolved.follow && !source.may_follow(&resolved.document));
}

#[tokio::test]
async fn with_all_hosts_allowed_private_ones_are_still_no_pages() {
    let source = open(|config| {
        config.url_list = vec!["http://a.example/".into()];
        config.same_host = false;
        config.allow_private_networks = false;
    });
    let from = document("http://a.example/", 0);
    assert!(source.resolve_link(&from, "http://b.example/").unwrap().follow);
    for link in
        ["http://127.0.0.1/", "http://2130706433/", "http://[::ffff:a00:1]/", "http://169.254.169.254/"]
    {
        assert_eq!(source.resolve_link(&from, link), None, "{link}");
        assert!(!source.may_follow(&document(link, 1)), "{link}");
    }
}

#[tokio::test]
async fn links_of_other_sources_lead_here_when_they_are_absolute() {
    let context = SourceContext {
        path_mappings: [("/srv/wiki".into(), "http://a.example/wiki".into())].into(),
        ..SourceContext::default()
    };
    let source = try_open(&context, |config| config.url_list = vec!["http://a.example/".into()]).unwrap();
    let stranger = DocumentRef { source_name: SourceName::new("files"), ..document("http://a.example/x", 0) };
    let locator = |link: &str| source.resolve_link(&stranger, link).map(|resolved| resolved.document.locator);
    assert_eq!(locator("http://a.example/y#z").as_deref(), Some("http://a.example/y"));
    assert_eq!(locator("/srv/wiki/page.html").as_deref(), Some("http://a.example/wiki/page.html"));
    assert_eq!(locator("y.html"), None);
    assert_eq!(locator("#z"), None);
}

/// Fetches and follows all that may be followed, as the pipeline does. Returns the paths.
async fn crawl(source: &dyn Source, site: &Site, links: impl Fn(&str) -> Vec<String>) -> BTreeSet<String> {
    let mut waiting = VecDeque::from([document(&site.url("/"), 0)]);
    let mut seen = BTreeSet::new();
    while let Some(page) = waiting.pop_front() {
        if !seen.insert(page.locator.clone()) {
            continue;
        }
        let Ok(fetched) = fetch(source, &page.locator).await else { continue };
        let text = String::from_utf8(fetched.content.read(10_000).unwrap()).unwrap();
        let resolved = links(&text).into_iter().filter_map(|link| source.resolve_link(&page, &link));
        waiting.extend(resolved.filter(|link| link.follow).map(|link| link.document));
    }
    seen.into_iter().map(|locator| locator[site.url("").len()..].to_owned()).collect()
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(String::from).collect()
}

#[tokio::test]
async fn a_site_with_loops_and_traps_is_walked_to_an_end() {
    let site = Site::start().await;
    let mut visits = 0;
    let next_visit = std::sync::Mutex::new(move || {
        visits += 1;
        visits
    });
    site.otherwise(move |path| {
        let links = match path {
            "/" => "/loop\n/calendar/0\n/folder/\n/shop\n/shop?utm_campaign=x".to_owned(),
            "/loop" => "/\n/loop\n/loop#again".to_owned(),
            "/robots.txt" => return None,
            _ if path.starts_with("/calendar/") => {
                let day: u32 = path["/calendar/".len()..].parse().ok()?;
                format!("/calendar/{}", day + 1)
            }
            // A folder that contains itself.
            _ if path.ends_with("/folder/") => "up/folder/".to_owned(),
            // Each visit has a session of its own.
            _ if path.starts_with("/shop") => {
                let visit = (next_visit.lock().unwrap())();
                format!("/shop?PHPSESSID={visit}\n/shop;jsessionid={visit}")
            }
            _ => return None,
        };
        Some(Reply::html(links))
    });
    let source = open_on(&site, |config| config.max_link_depth = 30);
    let pages = crawl(&*source, &site, lines).await;
    let calendar = pages.iter().filter(|page| page.starts_with("/calendar/")).count();
    assert_eq!(calendar, 30, "a calendar ends with the depth");
    let rest: Vec<_> = pages.iter().filter(|page| !page.starts_with("/calendar/")).collect();
    assert_eq!(
        rest,
        ["/", "/folder/", "/folder/up/folder/", "/folder/up/folder/up/folder/", "/loop", "/shop"]
    );
}

fn problem(change: impl FnOnce(&mut WebSourceConfig)) -> String {
    try_open(&SourceContext::default(), change).unwrap_err().to_string()
}

#[test]
fn configurations_that_are_no_use_are_told_without_asking_anybody() {
    let page = || vec!["http://a.example/".to_owned()];
    for (change, expected) in [
        (&|_: &mut WebSourceConfig| {}, "source `web`: url_list names no page, and neither do"),
        (
            &|c: &mut WebSourceConfig| c.url_list = vec!["a.md".into()],
            "url_list holds `a.md`, which is no address",
        ),
        (&|c: &mut WebSourceConfig| c.base_url = Some("ftp://x/".into()), "base_url holds `ftp://x/`"),
        (&|c: &mut WebSourceConfig| c.sitemaps = vec!["/map.xml".into()], "sitemaps holds `/map.xml`"),
        (
            &|c: &mut WebSourceConfig| {
                c.url_list = vec!["http://169.254.169.254/x".into()];
                c.allow_private_networks = false;
            },
            "url_list holds http://169.254.169.254/x, which cannot be asked for",
        ),
        (&|c: &mut WebSourceConfig| (c.url_list, c.timeout) = (page(), Seconds::whole(0)), "timeout is zero"),
        (
            &|c: &mut WebSourceConfig| (c.url_list, c.user_agent) = (page(), Some("a\nb".into())),
            "user_agent is not a line",
        ),
        (&|c: &mut WebSourceConfig| (c.url_list, c.max_redirects) = (page(), 1_000), "max_redirects is more"),
        (
            &|c: &mut WebSourceConfig| (c.url_list, c.include) = (page(), vec!["[".into()]),
            "include holds `[`",
        ),
    ] as [(&dyn Fn(&mut WebSourceConfig), &str); 9]
    {
        let message = problem(change);
        assert!(message.contains(expected), "{message}");
    }
}
