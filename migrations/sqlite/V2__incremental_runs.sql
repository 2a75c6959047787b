-- What a run leaves out, takes over and takes away of earlier ones.

-- Links that lead to documents which only links lead to: what a run follows besides listings. They are those of the
-- document as it was stored last.
CREATE TABLE document_dependencies (
    document_number INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,   -- of the document that holds the link
    target_key      BLOB    NOT NULL,            -- the doc_key of the one it leads to, which need not be stored (yet)
    target_source   TEXT    NOT NULL,
    target_locator  TEXT    NOT NULL,
    PRIMARY KEY (document_number, target_key)
) STRICT, WITHOUT ROWID;

-- Documents that vanished from their sources, and went with all that was stored of them. One that came back has a row in
-- documents besides.
CREATE TABLE document_tombstones (
    doc_key        BLOB    NOT NULL,
    doc_id         TEXT    NOT NULL,
    source_name    TEXT    NOT NULL,
    locator        TEXT    NOT NULL,
    content_hash   BLOB,                         -- as it was last
    deleted_by_run TEXT    NOT NULL,
    deleted_at     INTEGER NOT NULL,
    PRIMARY KEY (doc_key, deleted_by_run)
) STRICT, WITHOUT ROWID;
CREATE INDEX document_tombstones_by_run ON document_tombstones (deleted_by_run);

-- What a person should look at.
CREATE TABLE run_alerts (
    run_id      TEXT    NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    kind        TEXT    NOT NULL,                -- deletion_guard
    source_name TEXT    NOT NULL,
    message     TEXT    NOT NULL,
    raised_at   INTEGER NOT NULL,
    PRIMARY KEY (run_id, kind, source_name)
) STRICT, WITHOUT ROWID;

-- Whether any document of the source may lie in what could not be listed, and not only those below the locator.
ALTER TABLE discovery_problems ADD COLUMN hides_source INTEGER NOT NULL DEFAULT 0;

-- How far the vanished documents of the source have been removed: the last number that was looked at.
ALTER TABLE discovery_cursors ADD COLUMN swept_to INTEGER;
ALTER TABLE discovery_cursors ADD COLUMN swept_at INTEGER;

-- Whether every link of the document stands in an element's attribute `target`, so that the graph can be taken over for
-- a document with the same content.
ALTER TABLE documents ADD COLUMN links_in_elements INTEGER NOT NULL DEFAULT 0;
CREATE INDEX documents_by_content ON documents (content_hash);
