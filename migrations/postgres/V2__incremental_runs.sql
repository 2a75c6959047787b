-- What a run leaves out, takes over and takes away of earlier ones.

-- Links that lead to documents which only links lead to: what a run follows besides listings. They are those of the
-- document as it was stored last.
CREATE TABLE document_dependencies (
    document_number bigint NOT NULL,             -- of the document that holds the link
    target_key      bytea  NOT NULL,             -- the doc_key of the one it leads to, which need not be stored (yet)
    target_source   text   NOT NULL,
    target_locator  text   NOT NULL,
    PRIMARY KEY (document_number, target_key)
);

-- Documents that vanished from their sources, and went with all that was stored of them. One that came back has a row in
-- documents besides.
CREATE TABLE document_tombstones (
    doc_key        bytea       NOT NULL,
    doc_id         text        NOT NULL,
    source_name    text        NOT NULL,
    locator        text        NOT NULL,
    content_hash   bytea,                        -- as it was last
    deleted_by_run text        NOT NULL,
    deleted_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (doc_key, deleted_by_run)
);
CREATE INDEX document_tombstones_by_run ON document_tombstones (deleted_by_run);

-- What a person should look at.
CREATE TABLE run_alerts (
    run_id      text        NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    kind        text        NOT NULL,            -- deletion_guard
    source_name text        NOT NULL,
    message     text        NOT NULL,
    raised_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (run_id, kind, source_name)
);

-- Whether any document of the source may lie in what could not be listed, and not only those below the locator.
ALTER TABLE discovery_problems ADD COLUMN hides_source boolean NOT NULL DEFAULT false;

-- How far the vanished documents of the source have been removed: the last number that was looked at.
ALTER TABLE discovery_cursors ADD COLUMN swept_to bigint, ADD COLUMN swept_at timestamptz;

-- Whether every link of the document stands in an element's attribute `target`, so that the graph can be taken over for
-- a document with the same content.
ALTER TABLE documents ADD COLUMN links_in_elements boolean NOT NULL DEFAULT false;
CREATE INDEX documents_by_content ON documents (content_hash);
