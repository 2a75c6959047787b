//! Broken, hostile and vanishing input: a clear error for that document, or at start; the rest of the run unharmed.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod support;

use serde_json::Value;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Place, send_signal, stderr};

/// The failure of a document: its class and what a person is told.
fn failure(summary: &Value, name: &str) -> (String, String) {
    let failures = summary["failures"].as_array().unwrap();
    let failure = failures.iter().find(|failure| failure["doc_id"] == format!("docs:{name}"));
    let failure = failure.unwrap_or_else(|| panic!("{name} has not failed: {summary}"));
    (failure["class"].as_str().unwrap().into(), failure["error"].as_str().unwrap().into())
}

fn text_of(place: &Place, name: &str) -> String {
    place.value(&format!("SELECT group_concat(text, ' ') FROM element_details WHERE doc_id = 'docs:{name}'"))
}

/// A DOCX whose text inflates to `megabytes` from next to nothing.
fn bomb(megabytes: usize) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    archive.start_file("[Content_Types].xml", options).unwrap();
    archive.write_all(b"<Types/>").unwrap();
    archive.start_file("word/document.xml", options).unwrap();
    archive.write_all(b"<w:document><w:body>").unwrap();
    for _ in 0..megabytes {
        archive.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn each_bad_document_fails_alone_and_says_why() {
    let place = Place::new();
    place.configure("parsing: { limits: { max_inflated_size: 4MiB } }\n");
    let cases: [(&str, Vec<u8>, &[&str]); 7] = [
        ("not-a-zip.docx", b"this is no archive".to_vec(), &["malformed docx"]),
        ("not-a-zip.xlsx", b"this is no archive".to_vec(), &["malformed xlsx"]),
        ("truncated.pdf", b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog".to_vec(), &["pdf"]),
        ("empty.md", Vec::new(), &["empty (0 bytes)"]),
        ("deep.json", ["[".repeat(300), "]".repeat(300)].concat().into(), &["parsing.limits.max_depth"]),
        ("bomb.docx", bomb(8), &["4MiB", "parsing.limits.max_inflated_size"]),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), &["no parser", "png"]),
    ];
    for (name, content, _) in &cases {
        place.write(name, content);
    }
    place.write("good.md", "# Good\n");
    let (summary, code) = place.summary(&[]);
    assert_eq!(code, Some(0));
    assert_eq!(summary["documents"]["stored"], 1);
    assert_eq!(summary["documents"]["failed"], cases.len());
    for (name, _, parts) in &cases {
        let (class, told) = failure(&summary, name);
        assert_eq!(class, "permanent", "{name}: {told}");
        for part in *parts {
            assert!(told.contains(part), "{name}: {told}");
        }
    }
}

#[test]
fn text_in_other_encodings_is_read() {
    let place = Place::new();
    place.write("latin.md", b"# Caf\xe9\n\nd\xe9j\xe0 vu, na\xefve\n");
    let utf16: Vec<u8> = "\u{feff}Grüße aus dem Hafen".encode_utf16().flat_map(u16::to_le_bytes).collect();
    place.write("utf16.txt", utf16);
    let (summary, _) = place.summary(&[]);
    assert_eq!(summary["documents"]["stored"], 2, "{summary}");
    assert!(text_of(&place, "latin.md").contains("déjà vu, naïve"));
    assert!(text_of(&place, "utf16.txt").contains("Grüße aus dem Hafen"));
}

#[test]
fn a_document_over_the_size_limit_names_the_key() {
    let place = Place::new();
    place.configure("parsing: { limits: { max_document_size: 1KiB } }\n");
    place.write("large.txt", "x".repeat(1025));
    let (summary, _) = place.summary(&[]);
    let (class, told) = failure(&summary, "large.txt");
    assert_eq!(class, "permanent");
    assert!(told.contains("parsing.limits.max_document_size"), "{told}");
}

#[test]
fn formats_without_a_parser_can_be_passed_over() {
    let place = Place::new();
    place.configure("parsing: { unsupported: skip }\n");
    place.write("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    let (first, _) = place.summary(&["--strict"]);
    assert_eq!(first["documents"]["skipped"], 1);
    let (second, code) = place.summary(&["--strict"]);
    assert_eq!((code, &second["documents"]["unchanged"]), (Some(0), &Value::from(1)));
}

#[test]
fn a_file_that_vanishes_after_it_was_listed_fails_alone() {
    let place = Place::new();
    place.configure("processing: { commit_batch_size: 4 }\n");
    place.write_many(3_000, 8);
    let worker = place.start(&["--quiet"]);
    support::wait_until("the listing is done", || {
        place.path("documents.db").exists()
            && place
                .try_value::<i64>("SELECT count(finished_at) FROM discovery_cursors")
                .is_some_and(|done| done == 1)
    });
    send_signal(&worker, "TERM");
    worker.wait_with_output().unwrap();
    let locator: String = place.value("SELECT locator FROM document_queue LIMIT 1");
    std::fs::remove_file(place.path("documents").join(&locator)).unwrap();
    let (summary, _) = place.summary(&[]);
    assert_eq!(summary["documents"]["failed"], 1, "{summary}");
    assert_eq!(failure(&summary, &locator).0, "permanent");
    assert_eq!(summary["documents"]["stored"], 2_999);
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let place = Place::new();
    place.write("a.md", "# A\n");
    let content = "these are my notes\n".repeat(300);
    std::fs::write(place.path("documents.db"), &content).unwrap();
    let output = place.run(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is not a SQLite database"), "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(place.path("documents.db")).unwrap(), content);
}

/// A small file system in memory; only root can make one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(path: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir(path).unwrap();
        let options = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(path).output();
        let disk = mounted.is_ok_and(|output| output.status.success()).then(|| Self(path.into()));
        if disk.is_none() {
            eprintln!("left out: this user cannot mount a file system");
        }
        disk
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        let status = Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn configure_database_on(place: &Place, folder: &str) {
    let config = format!(
        "storage: {{ path: {folder}/documents.db }}\n\
         content_sources: [{{ name: docs, type: file, base_path: documents }}]\n"
    );
    std::fs::write(place.path("config.yaml"), config).unwrap();
}

#[test]
fn a_full_disk_ends_the_run_with_a_sentence_and_what_was_stored_is_safe() {
    let place = Place::new();
    let Some(disk) = SmallDisk::mount(&place.path("disk"), "3m") else { return };
    configure_database_on(&place, "disk");
    place.write_many(1_500, 40);
    let output = place.run(&["--quiet"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("the disk of the database is full"), "{}", stderr(&output));

    disk.remount("size=200m");
    let (summary, code) = place.summary(&[]);
    assert_eq!(code, Some(0));
    assert_eq!(summary["documents"]["stored"], 1_500);
    assert_eq!(summary["generation"], 1);
}

#[test]
fn a_read_only_database_is_told_at_start() {
    let place = Place::new();
    let Some(disk) = SmallDisk::mount(&place.path("disk"), "8m") else { return };
    configure_database_on(&place, "disk");
    place.write("a.md", "# A\n");
    assert_eq!(place.run(&[]).status.code(), Some(0));
    disk.remount("ro");
    let output = place.run(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("read-only"), "{}", stderr(&output));
}

#[test]
fn a_large_document_is_parsed_in_a_process_of_its_own_and_killed_at_the_deadline() {
    let place = Place::new();
    place.configure("parsing: { limits: { deadline: 1 } }\nwork_queue: { retry_backoff_base: 0 }\n");
    // Attributes by the hundred thousand are compared with one another: far beyond a second.
    let attributes: String = (0..120_000).map(|number| format!(" a{number}=x")).collect();
    place.write("slow.html", format!("<p{attributes}>text</p>"));
    place.write("large.txt", "word ".repeat(300_000));
    let (summary, code) = place.summary(&[]);
    assert_eq!(code, Some(0));
    let (class, told) = failure(&summary, "slow.html");
    assert_eq!(class, "poison");
    assert!(told.contains("parsing.limits.deadline"), "{told}");
}
