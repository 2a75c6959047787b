//! What a host's robots.txt allows is what is fetched.

use crate::site::{Reply, Site};
use crate::support::{document, fetch, open_on, text_of};
use gdg_model::ErrorClass;
use gdg_sources::SourceError;
use std::time::{Duration, Instant};

async fn site_with_robots(robots: Reply) -> Site {
    let site = Site::start().await;
    site.put("/robots.txt", robots);
    for path in ["/", "/private/a", "/b"] {
        site.put(path, Reply::html(path.to_owned()));
    }
    site
}

#[tokio::test]
async fn what_robots_txt_forbids_is_refused_and_never_asked_for() {
    let site = site_with_robots(Reply::new(200, "User-agent: *\nDisallow: /private/\n")).await;
    let source = open_on(&site, |_| {});
    let error = fetch(&*source, &site.url("/private/a")).await.unwrap_err();
    assert!(matches!(error, SourceError::Refused { .. }), "{error}");
    assert_eq!(error.class(), ErrorClass::Permanent);
    assert!(error.to_string().contains("robots.txt of 127.0.0.1 does not allow /private/a"), "{error}");
    assert_eq!(text_of(&*source, &site.url("/b")).await.unwrap(), "/b");
    assert_eq!((site.asked_for("/private/a"), site.asked_for("/robots.txt")), (0, 1), "it is asked once");
    // A link may lead there all the same: looking at links asks nobody.
    assert!(source.may_follow(&document(&site.url("/private/a"), 1)));

    let source = open_on(&site, |config| config.respect_robots = false);
    assert_eq!(text_of(&*source, &site.url("/private/a")).await.unwrap(), "/private/a");
    assert_eq!(site.asked_for("/robots.txt"), 1);
}

#[tokio::test]
async fn a_redirect_into_what_robots_txt_forbids_is_refused() {
    let site = site_with_robots(Reply::new(200, "User-agent: *\nDisallow: /private/\n")).await;
    site.put("/way", Reply::redirect(302, "/private/a"));
    let error = fetch(&*open_on(&site, |_| {}), &site.url("/way")).await.unwrap_err();
    assert!(error.to_string().contains("robots.txt"), "{error}");
    assert_eq!(site.asked_for("/private/a"), 0);
}

#[tokio::test]
async fn the_rules_for_the_name_in_user_agent_count() {
    let robots = "User-agent: *\nDisallow: /\n\nUser-agent: ours\nDisallow: /private/\n";
    let site = site_with_robots(Reply::new(200, robots)).await;
    let source = open_on(&site, |config| config.user_agent = Some("Ours/2.0 (+http://example.com)".into()));
    assert_eq!(text_of(&*source, &site.url("/b")).await.unwrap(), "/b");
    assert!(site.asked().iter().all(|asked| asked.headers["user-agent"].starts_with("Ours/2.0")));
    fetch(&*source, &site.url("/private/a")).await.unwrap_err();
    fetch(&*open_on(&site, |_| {}), &site.url("/b")).await.unwrap_err();
}

#[tokio::test]
async fn without_a_robots_txt_everything_is_allowed() {
    for status in [401, 403, 404, 410, 418] {
        let site = site_with_robots(Reply::new(status, "User-agent: *\nDisallow: /\n")).await;
        assert_eq!(text_of(&*open_on(&site, |_| {}), &site.url("/b")).await.unwrap(), "/b", "{status}");
    }
}

#[tokio::test]
async fn a_robots_txt_that_cannot_be_had_now_allows_nothing_for_now() {
    for status in [429, 500, 503] {
        let site = site_with_robots(Reply::new(status, "").with("retry-after", "0")).await;
        let source = open_on(&site, |_| {});
        let error = fetch(&*source, &site.url("/b")).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Transient, "{error}");
        assert!(error.to_string().contains("robots.txt of 127.0.0.1 does not answer"), "{error}");
        fetch(&*source, &site.url("/b")).await.unwrap_err();
        assert_eq!((site.asked_for("/b"), site.asked_for("/robots.txt")), (0, 1));
    }
}

#[tokio::test]
async fn redirects_of_robots_txt_are_followed() {
    let site = site_with_robots(Reply::redirect(301, "/elsewhere.txt")).await;
    site.put("/elsewhere.txt", Reply::new(200, "User-agent: *\nDisallow: /b\n"));
    fetch(&*open_on(&site, |_| {}), &site.url("/b")).await.unwrap_err();
    assert_eq!(site.asked_for("/b"), 0);
}

#[tokio::test]
async fn a_robots_txt_without_end_is_read_up_to_a_limit() {
    let site = site_with_robots(Reply::endless(b"User-agent: *\nDisallow: /private/\n\n")).await;
    let source = open_on(&site, |_| {});
    assert_eq!(text_of(&*source, &site.url("/b")).await.unwrap(), "/b");
    fetch(&*source, &site.url("/private/a")).await.unwrap_err();
}

#[tokio::test]
async fn requests_are_as_far_apart_as_the_host_wants() {
    let site = site_with_robots(Reply::new(200, "User-agent: *\nCrawl-delay: 0.2\n")).await;
    let source = open_on(&site, |_| {});
    let started = Instant::now();
    for path in ["/", "/b", "/private/a"] {
        fetch(&*source, &site.url(path)).await.unwrap();
    }
    assert!(started.elapsed() >= Duration::from_millis(400), "{:?}", started.elapsed());
}
