//! What is listed: pages to begin with, and sitemaps of all kinds.

use crate::site::{Reply, Site};
use crate::support::{list, open, open_on};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::{StreamExt, TryStreamExt};
use gdg_model::ErrorClass;
use gdg_sources::conformance::goes_on_behind_every_cursor;
use gdg_sources::{Cursor, SourceError};
use std::io::Write;

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn sitemap(site: &Site, paths: &[&str]) -> String {
    let urls: String = paths.iter().map(|path| format!("<url><loc>{}</loc></url>", site.url(path))).collect();
    format!("<urlset>{urls}</urlset>")
}

fn index(site: &Site, paths: &[&str]) -> String {
    let maps: String =
        paths.iter().map(|path| format!("<sitemap><loc>{}</loc></sitemap>", site.url(path))).collect();
    format!("<sitemapindex>{maps}</sitemapindex>")
}

#[tokio::test]
async fn pages_to_begin_with_come_first_and_nobody_is_asked_for_them() {
    let site = Site::start().await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "# more\n{}", site.url("/from-file")).unwrap();
    let source = open(|config| {
        config.url_list = vec![site.url("/z"), site.url("/a#x"), site.url("/a")];
        config.url_list_file = Some(file.path().into());
        config.base_url = Some(site.url("/docs/"));
    });
    let expected = ["/a", "/docs/", "/from-file", "/z"].map(|path| site.url(path));
    for batch_size in [1, 3] {
        assert_eq!(goes_on_behind_every_cursor(&*source, batch_size).await, expected);
    }
    assert_eq!(site.asked().len(), 0);
}

#[tokio::test]
async fn sitemaps_of_all_kinds_are_listed_behind_every_cursor() {
    let site = Site::start().await;
    site.put(
        "/index.xml",
        Reply::new(200, index(&site, &["/one.xml", "/two.xml.gz", "/missing.xml", "/nested.xml"])),
    );
    site.put("/one.xml", Reply::new(200, sitemap(&site, &["/b", "/a", "/b", "/start"])));
    site.put("/two.xml.gz", Reply::new(200, packed(sitemap(&site, &["/c", "/d", "/e"]).as_bytes())));
    site.put("/nested.xml", Reply::new(200, index(&site, &["/three.txt"])));
    site.put("/three.txt", Reply::new(200, format!("{}\n{}\n", site.url("/f"), site.url("/g"))));
    site.put("/last.xml", Reply::new(200, sitemap(&site, &["/h?utm_source=map"])));
    let source = open(|config| {
        config.url_list = vec![site.url("/start")];
        config.sitemaps = vec![site.url("/index.xml"), site.url("/last.xml")];
    });
    let expected = ["/start", "/b", "/a", "/c", "/d", "/e", "/f", "/g", "/h"].map(|path| site.url(path));
    for batch_size in [1, 2, 1_000] {
        assert_eq!(goes_on_behind_every_cursor(&*source, batch_size).await, expected);
    }
    let (_, problems) = list(&*source).await;
    assert_eq!(
        problems,
        [format!(
            "source `web`: `{}` is gone: it was listed, or a link to it was found, but it is not there (the server answers 404 Not Found)",
            site.url("/missing.xml")
        )]
    );
}

#[tokio::test]
async fn a_sitemap_that_changed_meanwhile_loses_nothing() {
    let site = Site::start().await;
    let source = open(|config| config.sitemaps = vec![site.url("/map.xml")]);
    site.put("/map.xml", Reply::new(200, sitemap(&site, &["/a", "/b", "/c", "/d"])));
    let batches: Vec<_> = source.list(None, 2).try_collect().await.unwrap();
    let behind_b = batches.iter().find(|batch| batch.documents.len() == 2).unwrap().cursor.clone();
    for (now, expected) in [
        (&["/a", "/b", "/c", "/d"][..], &["/c", "/d"][..]),
        (&["/new", "/a", "/b", "/c"], &["/c"]),
        (&["/b", "/x"], &["/x"]),
        (&["/a", "/c"], &["/a", "/c"]),
        (&[], &[]),
    ] {
        site.put("/map.xml", Reply::new(200, sitemap(&site, now)));
        let rest: Vec<_> = source.list(Some(behind_b.clone()), 10).try_collect().await.unwrap();
        let rest: Vec<String> =
            rest.into_iter().flat_map(|batch| batch.documents).map(|d| d.locator).collect();
        assert_eq!(rest, expected.iter().map(|path| site.url(path)).collect::<Vec<_>>(), "{now:?}");
    }
}

#[tokio::test]
async fn only_pages_of_the_source_are_listed_and_sitemaps_of_other_hosts_are_not_read() {
    let site = Site::start().await;
    let other = Site::start().await;
    site.put("/index.xml", Reply::new(200, format!(
        "<sitemapindex><sitemap><loc>{}</loc></sitemap><sitemap><loc>{}</loc></sitemap></sitemapindex>",
        other.url("/map.xml"), site.url("/map.xml"),
    )));
    let paths = ["/docs/a", "/docs/private/b", "/c", "/docs/x/y/x/y/x/y"];
    let text = sitemap(&site, &paths).replace(
        "</urlset>",
        "<url><loc>http://169.254.169.254/</loc></url><url><loc>a</loc></url></urlset>",
    );
    site.put("/map.xml", Reply::new(200, text));
    let source = open(|config| {
        config.sitemaps = vec![site.url("/index.xml")];
        config.base_url = Some(site.url("/docs/"));
        config.exclude = vec!["/private/".into()];
    });
    assert_eq!(list(&*source).await, (vec![site.url("/docs/"), site.url("/docs/a")], vec![]));
    assert_eq!(other.asked().len(), 0);
}

#[tokio::test]
async fn a_sitemap_that_leads_to_itself_ends() {
    let site = Site::start().await;
    site.put("/index.xml", Reply::new(200, index(&site, &["/index.xml", "/deep/0", "/map.xml"])));
    site.put("/map.xml", Reply::new(200, sitemap(&site, &["/a"])));
    site.otherwise({
        let base = site.url("/deep/");
        move |path| {
            let number: u32 = path.strip_prefix("/deep/")?.parse().ok()?;
            let next =
                format!("<sitemapindex><sitemap><loc>{base}{}</loc></sitemap></sitemapindex>", number + 1);
            Some(Reply::new(200, next))
        }
    });
    let source = open(|config| config.sitemaps = vec![site.url("/index.xml")]);
    let (documents, problems) = list(&*source).await;
    assert_eq!(documents, [site.url("/a")]);
    assert_eq!(problems.len(), 2);
    assert!(problems[0].contains("it leads to itself"), "{problems:?}");
    assert!(problems[1].contains("more than 3 sitemaps lie in one another"), "{problems:?}");
}

#[tokio::test]
async fn what_is_no_sitemap_is_a_problem_and_what_was_read_is_listed() {
    let site = Site::start().await;
    let whole = sitemap(&site, &["/a", "/b"]);
    let bomb = packed(&[b"<urlset>".as_slice(), &vec![b' '; 8 << 20]].concat());
    for (path, body) in [
        ("/1", b"<html><body>Sign in".to_vec()),
        ("/2", whole.replace("</urlset>", "").into_bytes()),
        ("/3", b"Not found".to_vec()),
        ("/4", bomb),
        ("/5", packed(whole.as_bytes())[..40].to_vec()),
        ("/6", Vec::new()),
    ] {
        site.put(path, Reply::new(200, body));
    }
    let source =
        open(|config| config.sitemaps = (1..=6).map(|number| site.url(&format!("/{number}"))).collect());
    let (documents, problems) = list(&*source).await;
    assert_eq!(documents, [site.url("/a"), site.url("/b")]);
    assert_eq!(problems.len(), 6, "{problems:#?}");
    for (problem, expected) in problems.iter().zip([
        "its root is `html`",
        "it is cut off",
        "it names no address",
        "more than 64 KiB",
        "/5` is not usable",
        "it is empty",
    ]) {
        assert!(problem.contains(expected), "{problem}");
    }
}

#[tokio::test]
async fn a_sitemap_that_cannot_be_had_now_fails_the_listing_for_now() {
    let site = Site::start().await;
    site.put("/map.xml", Reply::new(503, "").with("retry-after", "0"));
    let source = open(|config| {
        config.url_list = vec![site.url("/")];
        config.sitemaps = vec![site.url("/map.xml")];
    });
    let batches: Vec<_> = source.list(None, 10).collect().await;
    let error = batches.last().unwrap().as_ref().unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient, "{error}");
    assert!(matches!(error, SourceError::Unavailable { .. }), "{error}");
    assert_eq!(site.asked_for("/map.xml"), 3);
    // It goes on where it was, once the sitemap can be had again.
    let cursor = batches[0].as_ref().unwrap().cursor.clone();
    site.put("/map.xml", Reply::new(200, sitemap(&site, &["/a"])));
    let rest: Vec<_> = source.list(Some(cursor), 10).try_collect().await.unwrap();
    let rest: Vec<_> = rest.iter().flat_map(|batch| &batch.documents).collect();
    assert_eq!(rest.iter().map(|page| &page.locator).collect::<Vec<_>>(), [&site.url("/a")]);
}

#[tokio::test]
async fn a_sitemap_with_very_many_pages_is_listed_in_parts() {
    let site = Site::start().await;
    let lines: String =
        (0..60_000).map(|number| format!("{}\n", site.url(&format!("/p/{number}")))).collect();
    site.put("/map.txt", Reply::new(200, lines));
    let source = open(|config| {
        config.sitemaps = vec![site.url("/map.txt")];
        config.include = vec!["/p/59\\d\\d\\d$".into()];
    });
    let batches: Vec<_> = source.list(None, 500).try_collect().await.unwrap();
    assert!(
        batches.iter().any(|batch| batch.documents.is_empty()),
        "progress shows before anything is taken"
    );
    let documents: Vec<_> = batches.iter().flat_map(|batch| &batch.documents).collect();
    assert_eq!(documents.len(), 1_000);
    // Behind a cursor in the middle.
    let middle = batches.iter().find(|batch| !batch.documents.is_empty()).unwrap();
    let rest: Vec<_> = source.list(Some(middle.cursor.clone()), 5_000).try_collect().await.unwrap();
    assert_eq!(rest.iter().map(|batch| batch.documents.len()).sum::<usize>(), 500);
}

#[tokio::test]
async fn a_cursor_that_no_listing_gave_is_an_error() {
    let site = Site::start().await;
    let batches: Vec<_> = open_on(&site, |_| {}).list(Some(Cursor::new("../x")), 10).collect().await;
    assert!(matches!(batches[..], [Err(SourceError::InvalidCursor { .. })]));
}
