//! Fetching pages, from servers that behave and from others.

use crate::site::{Reply, Site, raw_answer, raw_server};
use crate::support::{document, fetch, open, open_on, text_of, try_open};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use gdg_config::{ByteSize, Environment, Seconds, Secret};
use gdg_model::{ErrorClass, Stamp};
use gdg_sources::{Fetch, SourceContext, SourceError, Spool};
use std::io::Write;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn a_page_is_fetched_with_what_the_server_tells_of_it() {
    let site = Site::start().await;
    let reply = Reply::new(200, "<h1>Hi</h1>")
        .with("content-type", "Text/HTML; charset=utf-8")
        .with("etag", "W/\"v1\"")
        .with("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT");
    site.put("/docs/caf%C3%A9.html?x=1", reply);
    let source = open_on(&site, |_| {});
    let fetched = fetch(&*source, &site.url("/docs/caf%C3%A9.html?x=1")).await.unwrap();
    assert_eq!(fetched.name, "café.html");
    assert_eq!(fetched.content_type.as_deref(), Some("Text/HTML; charset=utf-8"));
    let expected =
        Stamp { etag: Some("W/\"v1\"".into()), modified_at: Some(784_111_777_000_000_000), size: Some(11) };
    assert_eq!(fetched.stamp, expected);
    assert_eq!(fetched.content.read(100).unwrap(), b"<h1>Hi</h1>");
    let asked = site.asked().pop().unwrap();
    assert!(asked.headers["user-agent"].starts_with("go-doc-go/"));
    assert!(asked.headers["accept"].contains("application/pdf"), "{:?}", asked.headers["accept"]);
    assert!(!asked.headers.contains_key("if-none-match"));
}

#[tokio::test]
async fn a_page_that_did_not_change_is_not_sent_again() {
    let site = Site::start().await;
    let page = |tag: &str| Reply::html("text").with("etag", tag);
    site.put("/", page("\"v1\""));
    let source = open_on(&site, |_| {});
    let locator = site.url("/");
    let known = fetch(&*source, &locator).await.unwrap().stamp;
    let again = source.fetch(&document(&locator, 0), Some(&known)).await.unwrap();
    assert!(matches!(again, Fetch::Unchanged { stamp } if stamp == known));
    assert_eq!(site.asked().pop().unwrap().headers["if-none-match"], "\"v1\"");
    site.put("/", page("\"v2\""));
    let Fetch::Document(changed) = source.fetch(&document(&locator, 0), Some(&known)).await.unwrap() else {
        panic!("it changed");
    };
    assert!(!changed.stamp.proves_unchanged_since(&known));
}

#[tokio::test]
async fn a_page_of_which_nothing_is_told_has_a_stamp_that_proves_nothing() {
    let site = Site::start().await;
    site.put("/", Reply::html("text"));
    let stamp = fetch(&*open_on(&site, |_| {}), &site.url("/")).await.unwrap().stamp;
    assert!(!stamp.proves_unchanged_since(&stamp));
}

#[tokio::test]
async fn not_modified_without_a_question_is_no_answer() {
    let site = Site::start().await;
    for status in [304, 206] {
        site.put("/", Reply::new(status, ""));
        let error = fetch(&*open_on(&site, |_| {}), &site.url("/")).await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed { .. }), "{error}");
    }
}

#[tokio::test]
async fn statuses_mean_what_they_say() {
    let site = Site::start().await;
    site.put("/robots.txt", Reply::new(404, ""));
    for (status, class, expected) in [
        (400, ErrorClass::Permanent, "is not usable: the server answers 400"),
        (401, ErrorClass::Permanent, "may not be read by this worker: the server answers 401"),
        (403, ErrorClass::Permanent, "may not be read by this worker: the server answers 403"),
        (404, ErrorClass::Permanent, "is gone"),
        (410, ErrorClass::Permanent, "is gone"),
        (408, ErrorClass::Transient, "cannot be had at the moment: the server answers 408"),
        (429, ErrorClass::Transient, "cannot be had at the moment: the server answers 429"),
        (500, ErrorClass::Transient, "cannot be had at the moment: the server answers 500"),
        (503, ErrorClass::Transient, "cannot be had at the moment: the server answers 503"),
    ] {
        site.put("/a", Reply::new(status, "").with("retry-after", "0"));
        let error = fetch(&*open_on(&site, |_| {}), &site.url("/a")).await.unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        let message = error.to_string();
        assert!(message.contains(expected) && message.contains(&site.url("/a")), "{message}");
    }
}

#[tokio::test]
async fn a_host_that_asks_to_be_left_alone_is() {
    let site = Site::start().await;
    site.put("/", Reply::html("text"));
    site.put("/a", Reply::new(429, "").with("retry-after", "1"));
    let source = open_on(&site, |_| {});
    fetch(&*source, &site.url("/a")).await.unwrap_err();
    let started = Instant::now();
    fetch(&*source, &site.url("/")).await.unwrap();
    assert!(started.elapsed() > Duration::from_millis(900), "{:?}", started.elapsed());
}

#[tokio::test]
async fn redirects_lead_on_within_the_source_and_the_document_keeps_its_name() {
    let site = Site::start().await;
    site.put("/docs", Reply::redirect(301, "/docs/?session=1#top"));
    site.put("/docs/?session=1", Reply::html("text"));
    let source = open_on(&site, |_| {});
    let page = document(&site.url("/docs"), 0);
    assert_eq!(text_of(&*source, &page.locator).await.unwrap(), "text");
    // Its relative links begin where it was found; links into itself stay in it.
    let link = |target: &str| source.resolve_link(&page, target).unwrap().document.locator;
    assert_eq!(link("a.html"), site.url("/docs/a.html"));
    assert_eq!(link("#part"), page.locator);
    site.put("/docs", Reply::html("moved back"));
    fetch(&*source, &page.locator).await.unwrap();
    assert_eq!(link("a.html"), site.url("/a.html"));
}

#[tokio::test]
async fn redirects_that_end_nowhere_are_errors() {
    let site = Site::start().await;
    site.put("/loop", Reply::redirect(302, "/loop"));
    site.put("/nowhere", Reply::new(302, ""));
    site.put("/foreign", Reply::redirect(302, "ftp://example.com/"));
    site.put("/broken", Reply::redirect(302, "http://["));
    site.put("/binary", Reply::new(302, "").with("location", b"/caf\xe9"));
    site.otherwise(|path| {
        let number: u32 = path.strip_prefix("/endless/")?.parse().ok()?;
        Some(Reply::redirect(307, &format!("/endless/{}", number + 1)))
    });
    let source = open_on(&site, |config| config.max_redirects = 3);
    for (path, expected) in [
        ("/loop", "more than 3 redirects"),
        ("/endless/0", "more than 3 redirects"),
        ("/nowhere", "a redirect (302 Found) that leads nowhere"),
        ("/foreign", "leads nowhere"),
        ("/broken", "leads nowhere"),
        ("/binary", "leads nowhere"),
    ] {
        let error = fetch(&*source, &site.url(path)).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.class(), ErrorClass::Permanent);
    }
    assert_eq!(site.asked_for("/loop"), 4);
}

#[tokio::test]
async fn redirects_out_of_the_source_are_refused_and_not_asked_for() {
    let site = Site::start().await;
    let other = Site::start().await;
    let source = open_on(&site, |config| config.exclude = vec!["/secret".into()]);
    for target in [
        other.url("/"),
        site.url_by_name("/"),
        "http://169.254.169.254/latest/meta-data/".into(),
        "http://[::1]/".into(),
        site.url("/secret"),
        site.url("/a/b/a/b/a/b"),
    ] {
        site.put("/way", Reply::redirect(302, &target));
        let error = fetch(&*source, &site.url("/way")).await.unwrap_err();
        assert!(matches!(error, SourceError::Refused { .. }), "{error}");
        assert!(error.to_string().contains("it redirects to"), "{error}");
    }
    assert_eq!(other.asked().len(), 0);
    assert!(site.asked().iter().all(|asked| ["/way", "/robots.txt"].contains(&&*asked.path)));
}

#[tokio::test]
async fn private_addresses_are_never_asked_unless_that_is_allowed() {
    let site = Site::start().await;
    site.put("/", Reply::html("text"));
    let source = open(|config| {
        config.url_list = vec!["http://public.invalid/".into()];
        config.same_host = false;
        config.allow_private_networks = false;
    });
    let port = site.url("").rsplit(':').next().unwrap().to_owned();
    for locator in [
        site.url("/"),
        site.url_by_name("/"),
        format!("http://[::1]:{port}/"),
        format!("http://[::ffff:7f00:1]:{port}/"),
        "http://169.254.169.254/".into(),
        "http://0.0.0.0/".into(),
    ] {
        let error = fetch(&*source, &locator).await.unwrap_err();
        assert!(matches!(error, SourceError::Refused { .. }), "{error}");
        assert!(error.to_string().contains("`allow_private_networks` does not allow"), "{error}");
    }
    assert_eq!(site.asked().len(), 0);
}

#[tokio::test]
async fn what_authorises_goes_to_the_hosts_of_the_configuration_only() {
    let site = Site::start().await;
    let other = Site::start().await;
    site.put("/", Reply::html("text"));
    site.put("/way", Reply::redirect(302, &other.url("/x").replace("http://", "http://eve:pw@")));
    site.put("/self", Reply::redirect(302, &site.url("/").replace("http://", "http://eve:pw@")));
    other.put("/x", Reply::html("elsewhere"));
    let context = SourceContext {
        environment: Environment::from_iter([("TOKEN", "t0ken")]),
        ..SourceContext::default()
    };
    let source = try_open(&context, |config| {
        config.url_list = vec![site.url("/")];
        config.allowed_hosts = vec![other.url("")["http://".len()..].into()];
        config.bearer_token_env = Some("TOKEN".into());
        config.headers = [("X-Api-Key".into(), Secret::new("s3cret"))].into();
    })
    .unwrap();
    assert_eq!(text_of(&*source, &site.url("/self")).await.unwrap(), "text");
    assert_eq!(text_of(&*source, &site.url("/way")).await.unwrap(), "elsewhere");
    for asked in site.asked() {
        assert_eq!(asked.headers["authorization"], "Bearer t0ken");
        assert_eq!(asked.headers["x-api-key"], "s3cret");
    }
    assert_eq!(other.asked().len(), 2, "robots.txt and the page");
    for asked in other.asked() {
        assert!(!asked.headers.contains_key("authorization") && !asked.headers.contains_key("x-api-key"));
        assert!(!asked.headers.contains_key("referer"));
    }
    assert!(!format!("{source:?}").contains("s3cret") && !format!("{source:?}").contains("t0ken"));
}

#[tokio::test]
async fn media_types_that_are_not_wanted_are_refused() {
    let site = Site::start().await;
    let source = open_on(&site, |_| {});
    for (content_type, is_taken) in [
        (&b"image/png"[..], false),
        (b"application/octet-stream", false),
        (b"video/mp4; codecs=x", false),
        (b"caf\xe9/x", false),
        (b"application/xhtml+xml", true),
        (b"text/html; charset=\xff\xfe", true),
        (b"", true),
    ] {
        site.put("/a", Reply::new(200, "x").with("content-type", content_type).with("x-other", b"\xff\xe9"));
        match fetch(&*source, &site.url("/a")).await {
            Ok(_) => assert!(is_taken, "{content_type:?}"),
            Err(error) => {
                assert!(!is_taken && matches!(error, SourceError::Refused { .. }), "{error}");
                assert!(error.to_string().contains("content_types does not name"), "{error}");
            }
        }
    }
    site.put("/a", Reply::new(200, "x"));
    fetch(&*source, &site.url("/a")).await.unwrap();
}

#[tokio::test]
async fn a_page_over_max_size_is_refused_however_it_is_sent() {
    let site = Site::start().await;
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![0; 64 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 70_000);
    site.put("/bomb", Reply::html(bomb).with("content-encoding", "gzip"));
    site.put("/endless", Reply::endless(&[b'x'; 1024]));
    site.put("/declared", Reply::html(vec![b'x'; 5_000]));
    let limited = open_on(&site, |config| config.max_size = Some(ByteSize(4096)));
    let spool = Spool { max_document_size: ByteSize(1 << 20), ..Spool::default() };
    let context = SourceContext { spool, ..SourceContext::default() };
    let bounded = try_open(&context, |config| config.url_list = vec![site.url("/")]).unwrap();
    for (source, path, key) in [
        (&limited, "/bomb", "content_sources[].max_size"),
        (&limited, "/endless", "content_sources[].max_size"),
        (&limited, "/declared", "content_sources[].max_size"),
        (&bounded, "/bomb", "parsing.limits.max_document_size"),
        (&bounded, "/endless", "parsing.limits.max_document_size"),
    ] {
        let error = fetch(&**source, &site.url(path)).await.unwrap_err();
        assert!(matches!(&error, SourceError::TooLarge { size, .. } if *size < 2 << 20), "{error}");
        assert!(error.to_string().contains(key), "{error}");
    }
}

#[tokio::test]
async fn compressed_pages_are_inflated_and_have_no_size_to_compare() {
    let site = Site::start().await;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(b"text").unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(b"text").unwrap();
    for (coding, bytes) in [("gzip", gzip.finish().unwrap()), ("deflate", zlib.finish().unwrap())] {
        site.put("/a", Reply::html(bytes).with("content-encoding", coding));
        let fetched = fetch(&*open_on(&site, |_| {}), &site.url("/a")).await.unwrap();
        assert_eq!(fetched.stamp.size, None);
        assert_eq!(fetched.content.read(100).unwrap(), b"text");
    }
}

#[tokio::test]
async fn broken_compression_fails_for_good() {
    let site = Site::start().await;
    site.put("/a", Reply::html("this is no gzip").with("content-encoding", "gzip"));
    let error = fetch(&*open_on(&site, |_| {}), &site.url("/a")).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Permanent, "{error}");
    assert!(matches!(error, SourceError::Malformed { .. }), "{error}");
}

async fn fails_for_now(url: &str, expected: &str) {
    let started = Instant::now();
    let source = open(|config| {
        config.url_list = vec![url.into()];
        config.respect_robots = false;
        config.timeout = Seconds::milliseconds(300);
    });
    let error = fetch(&*source, url).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient, "{error}");
    assert!(error.to_string().contains(expected), "{error}");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_server_that_says_nothing_fails_for_now() {
    let url = raw_server(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    fails_for_now(&url, "timed out").await;
}

#[tokio::test]
async fn a_server_that_sends_a_byte_now_and_then_fails_for_now() {
    let url = raw_server(|mut stream| async move {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 100000\r\n\r\n")
            .await;
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while stream.write_all(b"x").await.is_ok() {
            ticks.tick().await;
        }
    })
    .await;
    fails_for_now(&url, "timed out").await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_fails_for_now() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(b"some text that goes on for a while").unwrap();
    let gzip = gzip.finish().unwrap();
    let half = &gzip[..gzip.len() / 2];
    let head =
        |more: &str| format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n{more}\r\n\r\n").into_bytes();
    for answer in [
        [head("content-length: 100"), b"short".to_vec()].concat(),
        [head("transfer-encoding: chunked"), b"5\r\nshort\r\n".to_vec()].concat(),
        [head("content-encoding: gzip\r\ncontent-length: 100"), half.to_vec()].concat(),
        b"HTTP/1.1 200 OK\r\ncontent-ty".to_vec(),
        Vec::new(),
    ] {
        fails_for_now(&raw_answer(answer).await, "").await;
    }
}

#[tokio::test]
async fn what_is_no_http_fails_for_now() {
    fails_for_now(&raw_answer(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()).await, "").await;
    let huge = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(2 << 20));
    fails_for_now(&raw_answer(huge.into_bytes()).await, "").await;
}

#[tokio::test]
async fn an_answer_longer_than_it_says_is_read_as_far_as_it_says() {
    let url = raw_answer(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntext and more".to_vec()).await;
    let source = open(|config| {
        config.url_list = vec![url.clone()];
        config.respect_robots = false;
    });
    assert_eq!(text_of(&*source, &url).await.unwrap(), "text");
}

#[tokio::test]
async fn a_server_without_tls_or_without_an_ear_fails_for_now() {
    let site = Site::start().await;
    fails_for_now(&site.url("/").replace("http://", "https://"), "").await;
    // Nobody else gets the port as long as the socket is there.
    let deaf = tokio::net::TcpSocket::new_v4().unwrap();
    deaf.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    fails_for_now(&format!("http://{}/", deaf.local_addr().unwrap()), "").await;
    fails_for_now("http://name.invalid/", "").await;
}

#[tokio::test]
async fn locators_that_no_listing_and_no_link_gave_are_refused() {
    let site = Site::start().await;
    let source = open_on(&site, |config| config.include = vec!["/docs/".into()]);
    for locator in [
        "a.md",
        "file:///etc/passwd",
        "http://elsewhere.example/docs/",
        &site.url("/docs/#part"),
        &site.url("/docs/../docs/"),
        &site.url("/other"),
        &site.url("/docs/?utm_source=x"),
        &site.url(&format!("/docs/{}", "x".repeat(3_000))),
    ] {
        let error = fetch(&*source, locator).await.unwrap_err();
        assert!(matches!(error, SourceError::Refused { .. }), "{error}");
    }
    assert_eq!(site.asked().len(), 0);
}
