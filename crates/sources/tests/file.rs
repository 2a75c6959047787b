//! The folder of files passes the suite, and what is particular to it.

#![allow(clippy::unwrap_used)] // also in what several tests share

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use gdg_config::{ByteSize, FileSourceConfig, SourceConfig, SourceKind, SymlinkPolicy};
use gdg_model::{DocId, DocumentRef, ErrorClass, SourceName, Stamp};
use gdg_sources::conformance::{Fixture, goes_on_behind_every_cursor};
use gdg_sources::{Cursor, Fetch, Fetched, Source, SourceContext, SourceError, open_source};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

struct FolderFixture {
    folder: TempDir,
    source: Arc<dyn Source>,
}

#[async_trait]
impl Fixture for FolderFixture {
    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    async fn put(&mut self, locator: &str, bytes: &[u8]) {
        write(self.folder.path(), locator, bytes);
    }

    async fn remove(&mut self, locator: &str) {
        fs::remove_file(self.folder.path().join(locator)).unwrap();
    }
}

async fn make() -> FolderFixture {
    let folder = tempfile::tempdir().unwrap();
    let source = open(folder.path(), |_| {});
    FolderFixture { folder, source }
}

gdg_sources::source_conformance_tests!(make);

fn write(folder: &Path, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn folder_of(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        write(folder.path(), name, name);
    }
    folder
}

fn open(folder: &Path, change: impl FnOnce(&mut FileSourceConfig)) -> Arc<dyn Source> {
    let mut file = FileSourceConfig { base_path: folder.into(), ..FileSourceConfig::default() };
    change(&mut file);
    let config = SourceConfig { name: SourceName::new("docs"), kind: SourceKind::File(Box::new(file)) };
    open_source(&config, &SourceContext::default()).unwrap()
}

fn with_links(folder: &Path, symlinks: SymlinkPolicy) -> Arc<dyn Source> {
    open(folder, |config| config.symlinks = symlinks)
}

/// The locators that are listed, and those of problems.
async fn list(source: &dyn Source) -> (Vec<String>, Vec<String>) {
    let batches: Vec<_> = source.list(None, 1_000).try_collect().await.unwrap();
    let (mut documents, mut problems) = (Vec::new(), Vec::new());
    for batch in batches {
        documents.extend(batch.documents.into_iter().map(|document| document.locator));
        problems.extend(batch.problems.into_iter().map(|problem| problem.locator));
    }
    (documents, problems)
}

async fn listed(source: &dyn Source) -> Vec<String> {
    let (documents, problems) = list(source).await;
    assert_eq!(problems, [""; 0]);
    documents
}

fn document(locator: &str, link_depth: u32) -> DocumentRef {
    let source_name = SourceName::new("docs");
    DocumentRef {
        doc_id: DocId::in_source(&source_name, locator),
        source_name,
        locator: locator.into(),
        link_depth,
        stamp: Stamp::default(),
    }
}

async fn fetch(source: &dyn Source, locator: &str) -> Result<Fetched, SourceError> {
    match source.fetch(&document(locator, 0), None).await? {
        Fetch::Document(fetched) => Ok(fetched),
        Fetch::Unchanged { .. } => panic!("a folder does not know what is unchanged"),
    }
}

async fn text_of(source: &dyn Source, locator: &str) -> Result<String, SourceError> {
    let bytes = fetch(source, locator).await?.content.read(1_000)?;
    Ok(String::from_utf8(bytes).unwrap())
}

#[tokio::test]
async fn names_that_are_not_utf8_are_listed_and_fetched() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), Path::new(OsStr::from_bytes(b"caf\xe9/100%\n.md")), "text");
    let source = open(folder.path(), |_| {});
    assert_eq!(listed(&*source).await, ["caf%E9/100%25%0A.md"]);
    assert_eq!(text_of(&*source, "caf%E9/100%25%0A.md").await.unwrap(), "text");
    assert_eq!(fetch(&*source, "caf%E9/100%25%0A.md").await.unwrap().name, "100%\n.md");
}

#[tokio::test]
async fn pipes_are_passed_over_and_do_not_hang_a_fetch() {
    let folder = folder_of(&["a.md"]);
    mknodat(CWD, folder.path().join("pipe.md"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    symlink("pipe.md", folder.path().join("link.md")).unwrap();
    for symlinks in [SymlinkPolicy::Skip, SymlinkPolicy::Inside, SymlinkPolicy::Follow] {
        let source = with_links(folder.path(), symlinks);
        assert_eq!(listed(&*source).await, ["a.md"]);
        let error = fetch(&*source, "pipe.md").await.unwrap_err();
        assert!(matches!(error, SourceError::NotAFile { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_folder_in_a_documents_place_is_no_file() {
    let folder = folder_of(&["a/b.md"]);
    let error = fetch(&*open(folder.path(), |_| {}), "a").await.unwrap_err();
    assert_eq!(error.to_string(), "source `docs`: `a` is not a regular file");
    assert_eq!(error.class(), ErrorClass::Permanent);
}

#[tokio::test]
async fn links_are_listed_and_fetched_as_the_policy_says() {
    let outside = folder_of(&["secret.md", "more/secret.md"]);
    let folder = folder_of(&["real/a.md"]);
    let link = |target: &Path, name: &str| symlink(target, folder.path().join(name)).unwrap();
    link(Path::new("real/a.md"), "inside.md");
    link(&folder.path().join("real"), "inside");
    link(&outside.path().join("secret.md"), "outside.md");
    link(outside.path(), "outside");
    link(Path::new("nowhere.md"), "dangling.md");

    let inside = ["inside/a.md", "inside.md", "real/a.md"];
    let outside = ["outside/more/secret.md", "outside/secret.md", "outside.md"];
    for (symlinks, expected, refused) in [
        (SymlinkPolicy::Skip, vec!["real/a.md"], [&inside[..2], &outside].concat()),
        (SymlinkPolicy::Inside, inside.to_vec(), outside.to_vec()),
        (SymlinkPolicy::Follow, [&inside[..2], &outside, &inside[2..]].concat(), vec![]),
    ] {
        let source = with_links(folder.path(), symlinks);
        assert_eq!(listed(&*source).await, expected, "{symlinks:?}");
        for locator in expected {
            text_of(&*source, locator).await.unwrap();
        }
        for locator in refused {
            let error = text_of(&*source, locator).await.unwrap_err();
            assert!(matches!(error, SourceError::Refused { .. }), "{symlinks:?}: {error}");
        }
        assert!(matches!(text_of(&*source, "dangling.md").await, Err(SourceError::Vanished { .. })));
    }
}

#[tokio::test]
async fn circles_of_links_end_and_are_the_same_behind_every_cursor() {
    let folder = folder_of(&["a/x.md", "b/y.md", ".store/c/z.md"]);
    let link = |target: &str, name: &str| symlink(target, folder.path().join(name)).unwrap();
    link("self", "self");
    link("two", "one");
    link("one", "two");
    link(".", "here");
    link("..", "a/up");
    link("../b", "a/to-b");
    link("../a", "b/to-a");
    link(".store/c", "stored");
    link("../../a", ".store/c/to-a");
    for symlinks in [SymlinkPolicy::Inside, SymlinkPolicy::Follow] {
        let source = with_links(folder.path(), symlinks);
        for batch_size in [1, 2] {
            let whole = goes_on_behind_every_cursor(&*source, batch_size).await;
            assert_eq!(whole, ["a/to-b/y.md", "a/x.md", "b/to-a/x.md", "b/y.md", "stored/z.md"]);
        }
        let error = text_of(&*source, "self").await.unwrap_err();
        assert!(matches!(error, SourceError::Refused { .. }), "{error}");
        assert_eq!(text_of(&*source, "here/here/a/up/a/x.md").await.unwrap(), "a/x.md");
    }
}

#[tokio::test]
async fn many_folders_that_link_to_one_another_are_no_flood() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..12).map(|number| format!("folder-{number}")).collect();
    for name in &names {
        write(folder.path(), format!("{name}/a.md"), "a");
        for other in &names {
            symlink(format!("../{other}"), folder.path().join(name).join(other)).unwrap();
        }
    }
    assert_eq!(listed(&*with_links(folder.path(), SymlinkPolicy::Follow)).await.len(), 12 * 12);
}

#[tokio::test]
async fn a_link_cannot_be_exchanged_for_a_folder_on_the_way() {
    let outside = folder_of(&["a.md"]);
    let folder = folder_of(&["b/a.md"]);
    let source = open(folder.path(), |_| {});
    assert_eq!(listed(&*source).await, ["b/a.md"]);
    fs::remove_dir_all(folder.path().join("b")).unwrap();
    symlink(outside.path(), folder.path().join("b")).unwrap();
    let error = text_of(&*source, "b/a.md").await.unwrap_err();
    assert!(error.to_string().contains("`symlinks`"), "{error}");
    assert_eq!(error.class(), ErrorClass::Permanent);
}

#[tokio::test]
async fn a_file_over_max_size_is_listed_and_refused_with_the_key() {
    let folder = folder_of(&["a.md"]);
    write(folder.path(), "b.md", vec![b'b'; 2048]);
    let source = open(folder.path(), |config| config.max_size = Some(ByteSize(1024)));
    assert_eq!(listed(&*source).await, ["a.md", "b.md"]);
    assert_eq!(text_of(&*source, "a.md").await.unwrap(), "a.md");
    let error = text_of(&*source, "b.md").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "source `docs`: `b.md` has 2048 bytes, more than content_sources[].max_size allows (1KiB)"
    );
    assert_eq!(error.class(), ErrorClass::Permanent);
}

#[tokio::test]
async fn what_the_configuration_leaves_out_is_not_listed() {
    let folder = folder_of(&["a.md", "b/c.md", "b/c.txt", "drafts/d.md", ".hidden/e.md", "b/.f.md"]);
    let source = open(folder.path(), |config| {
        config.include = vec!["**/*.md".into()];
        config.exclude = vec!["drafts/**".into()];
    });
    assert_eq!(listed(&*source).await, ["a.md", "b/c.md"]);
    let source = open(folder.path(), |config| (config.hidden, config.recursive) = (true, false));
    assert_eq!(listed(&*source).await, ["a.md"]);
}

#[tokio::test]
async fn links_are_followed_to_what_include_does_not_list() {
    let folder =
        folder_of(&["a.md", "b.txt", "c.md", "private/d.txt", ".env", "site/index.html", "empty/x/y.txt"]);
    let source = open(folder.path(), |config| {
        config.include = vec!["*.md".into()];
        config.exclude = vec!["private/".into()];
        config.max_link_depth = 2;
    });
    let follow = |depth: u32, link: &str| {
        let resolved = source.resolve_link(&document("a.md", depth), link)?;
        assert_eq!(resolved.document.link_depth, depth + 1);
        assert_eq!(source.may_follow(&resolved.document), resolved.follow);
        Some((resolved.document.locator, resolved.follow))
    };
    let to = |locator: &str, follow: bool| Some((locator.to_owned(), follow));
    assert_eq!(follow(0, "b.txt#part"), to("b.txt", true));
    assert_eq!(follow(1, "b.txt"), to("b.txt", true));
    assert_eq!(follow(2, "b.txt"), to("b.txt", false), "two links are as many as may be");
    assert_eq!(follow(0, "c.md"), to("c.md", false), "it is listed anyway");
    assert_eq!(follow(0, "private/d.txt"), to("private/d.txt", false));
    assert_eq!(follow(0, ".env"), to(".env", false));
    assert_eq!(follow(0, "missing.txt"), to("missing.txt", false));
    assert_eq!(follow(0, "#part"), to("a.md", false));
    assert_eq!(follow(0, "site"), to("site/index.html", true));
    assert_eq!(follow(0, "site/"), to("site/index.html", true));
    assert_eq!(follow(0, "empty/"), None);
    assert_eq!(follow(0, "missing/"), None);
    let absolute = fs::canonicalize(folder.path()).unwrap().join("b.txt");
    assert_eq!(follow(0, absolute.to_str().unwrap()), to("b.txt", true));
}

#[tokio::test]
async fn no_link_is_followed_at_depth_zero() {
    let folder = folder_of(&["a.md", "b.txt"]);
    let source = open(folder.path(), |config| {
        config.include = vec!["*.md".into()];
        config.max_link_depth = 0;
    });
    assert!(!source.resolve_link(&document("a.md", 0), "b.txt").unwrap().follow);
}

#[tokio::test]
async fn a_folder_that_goes_away_during_the_listing_costs_only_itself() {
    let folder = folder_of(&["a/x.md", "b/x.md", "c/x.md"]);
    let source = open(folder.path(), |_| {});
    let mut batches = source.list(None, 1);
    assert_eq!(batches.next().await.unwrap().unwrap().documents[0].locator, "a/x.md");
    fs::remove_dir_all(folder.path().join("b")).unwrap();
    let rest: Vec<_> = batches.try_collect().await.unwrap();
    let problems: Vec<_> = rest.iter().flat_map(|batch| &batch.problems).collect();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].locator, "b");
    assert!(problems[0].error.to_string().contains("gone"), "{}", problems[0].error);
    assert_eq!(rest.iter().flat_map(|batch| &batch.documents).count(), 1);
}

#[tokio::test]
async fn the_listing_fails_when_the_folder_itself_is_gone() {
    let folder = folder_of(&["a.md"]);
    let source = open(folder.path(), |_| {});
    folder.close().unwrap();
    let batches: Vec<_> = source.list(None, 10).collect().await;
    assert_eq!(batches.len(), 1);
    assert!(matches!(batches[0], Err(SourceError::Vanished { .. })));
}

#[tokio::test]
async fn a_cursor_that_no_listing_gave_is_an_error() {
    let folder = folder_of(&["a.md"]);
    let batches: Vec<_> = open(folder.path(), |_| {}).list(Some(Cursor::new("../x")), 10).collect().await;
    assert!(matches!(batches[..], [Err(SourceError::InvalidCursor { .. })]));
}

#[tokio::test]
async fn a_path_longer_than_the_system_takes_is_a_problem_and_the_rest_is_listed() {
    let folder = folder_of(&["z.md"]);
    // Made from the inside out: no call can name such a path.
    let name = "d".repeat(200);
    let mut deep = folder.path().join("deep");
    fs::create_dir(&deep).unwrap();
    for _ in 0..25 {
        let outer = tempfile::tempdir_in(folder.path()).unwrap().keep();
        fs::rename(&deep, outer.join(&name)).unwrap();
        fs::rename(&outer, folder.path().join("deep")).unwrap();
        deep = folder.path().join("deep");
    }
    let (documents, problems) = list(&*open(folder.path(), |_| {})).await;
    assert_eq!(documents, ["z.md"]);
    assert_eq!(problems.len(), 1);
    // `remove_dir_all` of the temporary folder works with descriptors, and so takes paths of any length.
}

#[test]
fn a_missing_folder_is_named_with_source_and_key() {
    let file = FileSourceConfig { base_path: "/nowhere/docs".into(), ..FileSourceConfig::default() };
    let config = SourceConfig { name: SourceName::new("docs"), kind: SourceKind::File(Box::new(file)) };
    let error = open_source(&config, &SourceContext::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "source `docs`: base_path `/nowhere/docs` is no folder that can be read: No such file or directory (os error 2)"
    );
}
