-- The schema of single mode. Times are milliseconds since 1970-01-01 UTC, by
-- the database's clock, unless a column says otherwise.
--
-- People read the views at the end: document_outline, element_details,
-- structural_relationships, all_relationships, run_summary.

-- ---------------------------------------------------------------- runs

-- One row a run: a generation of the work that a configuration defines.
CREATE TABLE processing_runs (
    run_id          TEXT    NOT NULL PRIMARY KEY,
    fingerprint     TEXT    NOT NULL,   -- of the configuration that defines the work
    generation      INTEGER NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN
        ('active', 'processing_complete', 'post_processing', 'completed', 'failed', 'abandoned')),
    config_snapshot TEXT    NOT NULL,   -- YAML, secrets redacted
    created_at      INTEGER NOT NULL,
    completed_at    INTEGER,
    UNIQUE (fingerprint, generation)
) STRICT, WITHOUT ROWID;

-- How far the listing of each source has come in a run.
CREATE TABLE discovery_cursors (
    run_id      TEXT    NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    source_name TEXT    NOT NULL,
    cursor      TEXT,                          -- NULL before the first batch
    listed      INTEGER NOT NULL DEFAULT 0,    -- documents so far
    finished_at INTEGER,                       -- NULL while the listing goes on
    PRIMARY KEY (run_id, source_name)
) STRICT, WITHOUT ROWID;

-- What a listing could not read: a folder without permission, say.
CREATE TABLE discovery_problems (
    run_id      TEXT NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    source_name TEXT NOT NULL,
    locator     TEXT NOT NULL,
    message     TEXT NOT NULL,
    PRIMARY KEY (run_id, source_name, locator)
) STRICT, WITHOUT ROWID;

-- What became of the documents of a run, added up by each worker for itself;
-- readers sum over workers.
CREATE TABLE run_counters (
    run_id                   TEXT    NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    worker_id                TEXT    NOT NULL,
    source_name              TEXT    NOT NULL,
    outcome                  TEXT    NOT NULL CHECK (outcome IN ('stored', 'unchanged', 'skipped', 'failed')),
    format                   TEXT    NOT NULL,   -- 'unknown' where it was not found out
    documents                INTEGER NOT NULL DEFAULT 0,
    elements                 INTEGER NOT NULL DEFAULT 0,
    structural_relationships INTEGER NOT NULL DEFAULT 0,
    explicit_relationships   INTEGER NOT NULL DEFAULT 0,
    bytes                    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, worker_id, source_name, outcome, format)
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- queue

-- Live documents only: a finished one leaves. Its fence is (queue_id,
-- attempt); AUTOINCREMENT because a queue_id must never come back.
CREATE TABLE document_queue (
    queue_id        INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id          TEXT    NOT NULL,
    doc_id          TEXT    NOT NULL,
    source_name     TEXT    NOT NULL,
    locator         TEXT    NOT NULL,
    link_depth      INTEGER NOT NULL,
    etag            TEXT,
    modified_at     INTEGER,             -- nanoseconds, by the source
    size_bytes      INTEGER,
    status          TEXT    NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'processing', 'retry')),
    priority        INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 2),
    position        INTEGER NOT NULL,    -- order of claiming; a new one each time it becomes claimable again
    attempt         INTEGER NOT NULL DEFAULT 0,
    retry_count     INTEGER NOT NULL DEFAULT 0,   -- failed attempts
    abandoned_count INTEGER NOT NULL DEFAULT 0,   -- attempts whose worker died
    worker_id       TEXT,
    claimed_at      INTEGER,
    last_heartbeat  INTEGER,
    scheduled_for   INTEGER,             -- of a retry: when it is due
    created_at      INTEGER NOT NULL,
    UNIQUE (run_id, doc_id)
) STRICT;

CREATE INDEX document_queue_claimable ON document_queue (run_id, priority DESC, position) WHERE status = 'pending';
CREATE INDEX document_queue_due ON document_queue (run_id, scheduled_for) WHERE status = 'retry';
CREATE INDEX document_queue_held ON document_queue (run_id, last_heartbeat) WHERE status = 'processing';

-- The last position given out; one row.
CREATE TABLE document_queue_positions (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    last     INTEGER NOT NULL
) STRICT;
INSERT INTO document_queue_positions VALUES (1, 0);

-- Attempts that did not end well, for the history in the dead letter queue.
CREATE TABLE document_attempts (
    queue_id      INTEGER NOT NULL,
    attempt       INTEGER NOT NULL,
    worker_id     TEXT    NOT NULL,
    started_at    INTEGER NOT NULL,
    ended_at      INTEGER NOT NULL,
    error_class   TEXT    NOT NULL CHECK (error_class IN ('transient', 'permanent', 'poison')),
    error_message TEXT    NOT NULL,
    PRIMARY KEY (queue_id, attempt)
) STRICT, WITHOUT ROWID;

-- Documents that were given up, with what is needed to try them again.
CREATE TABLE dead_letter_queue (
    dead_letter_id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id         TEXT    NOT NULL,
    doc_id         TEXT    NOT NULL,
    source_name    TEXT    NOT NULL,
    locator        TEXT    NOT NULL,
    link_depth     INTEGER NOT NULL,
    priority       INTEGER NOT NULL,
    etag           TEXT,
    modified_at    INTEGER,
    size_bytes     INTEGER,
    retry_count    INTEGER NOT NULL,
    error_class    TEXT    NOT NULL CHECK (error_class IN ('transient', 'permanent', 'poison')),
    error_message  TEXT    NOT NULL,
    attempts       TEXT    NOT NULL,     -- JSON array: attempt, worker_id, started_at, ended_at, error_class, error_message
    died_at        INTEGER NOT NULL,
    UNIQUE (run_id, doc_id)
) STRICT;

CREATE INDEX dead_letter_queue_by_document ON dead_letter_queue (doc_id);

-- ---------------------------------------------------------------- graph

-- Documents that were handled at least once; document_number is the short name that the tables below use.
CREATE TABLE documents (
    document_number   INTEGER PRIMARY KEY,
    doc_id            TEXT    NOT NULL UNIQUE,
    doc_key           BLOB    NOT NULL UNIQUE,   -- 12 bytes of the BLAKE3 hash of doc_id: the first part of element ids
    source_name       TEXT    NOT NULL,
    locator           TEXT    NOT NULL,
    outcome           TEXT    NOT NULL CHECK (outcome IN ('stored', 'skipped')),
    format            TEXT,
    title             TEXT,
    metadata          TEXT,                      -- JSON object
    size_bytes        INTEGER NOT NULL,
    etag              TEXT,
    modified_at       INTEGER,                   -- nanoseconds, by the source
    content_hash      BLOB,                      -- 16 bytes of the BLAKE3 hash of the content
    parse_fingerprint TEXT    NOT NULL,          -- of the configuration it was parsed with
    link_depth        INTEGER NOT NULL,
    element_count     INTEGER NOT NULL,
    stored_by_run     TEXT    NOT NULL,
    seen_by_run       TEXT    NOT NULL,          -- the last run that stored it or found it unchanged
    stored_at         INTEGER NOT NULL
) STRICT;

-- The tree of each document, flat, in document order; position 0 is the root.
CREATE TABLE elements (
    document_number  INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    position         INTEGER NOT NULL,
    parent_position  INTEGER,
    ordinal          INTEGER NOT NULL,           -- place among its siblings
    depth            INTEGER NOT NULL,           -- of the root: 0
    element_type     TEXT    NOT NULL,
    text             TEXT    NOT NULL,
    content_location TEXT    NOT NULL,           -- finds it in the source: bytes=0-20, page=3, sheet=Plan;cells=B2
    attributes       TEXT,                       -- JSON object
    content_digest   INTEGER NOT NULL,           -- 32 bits: the last part of the element id
    PRIMARY KEY (document_number, position)
) STRICT, WITHOUT ROWID;

-- Edges that are not structural: those are in structural_relationships.
CREATE TABLE relationships (
    document_number   INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    position          INTEGER NOT NULL,          -- the element it starts from
    relationship_type TEXT    NOT NULL CHECK (relationship_type IN ('explicit', 'semantic', 'cross_document')),
    target_doc_id     TEXT    NOT NULL,          -- need not be stored (yet)
    target_position   INTEGER NOT NULL,          -- 0: the document as a whole
    fragment          TEXT    NOT NULL DEFAULT '', -- of an explicit link
    score             REAL,                      -- of a semantic one
    model             TEXT,                      -- that gave the score
    PRIMARY KEY (document_number, position, relationship_type, target_doc_id, target_position, fragment)
) STRICT, WITHOUT ROWID;

CREATE INDEX relationships_by_target ON relationships (target_doc_id);

CREATE TABLE embeddings (
    document_number INTEGER NOT NULL,
    position        INTEGER NOT NULL,
    model           TEXT    NOT NULL,
    dimensions      INTEGER NOT NULL,
    vector          BLOB    NOT NULL,            -- dimensions × 32-bit floats, little endian
    PRIMARY KEY (document_number, position, model),
    FOREIGN KEY (document_number, position) REFERENCES elements ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- views

-- Every element under its full name.
CREATE VIEW element_details AS
SELECT d.doc_id,
       printf('%s-%d-%08x', lower(hex(d.doc_key)), e.position, e.content_digest) AS element_id,
       CASE WHEN e.parent_position IS NOT NULL
            THEN printf('%s-%d-%08x', lower(hex(d.doc_key)), e.parent_position, p.content_digest)
       END AS parent_id,
       e.position, e.parent_position, e.ordinal, e.depth, e.element_type, e.text, e.content_location, e.attributes
FROM elements e
JOIN documents d USING (document_number)
LEFT JOIN elements p ON p.document_number = e.document_number AND p.position = e.parent_position;

-- A document's tree, indented, as a person reads it:
--   SELECT outline FROM document_outline WHERE doc_id = 'examples:guide.md';
CREATE VIEW document_outline AS
SELECT d.doc_id, e.position,
       printf('%*s%s%s%s', e.depth * 2, '', e.element_type,
              CASE WHEN e.element_type IN ('page', 'slide') THEN ' ' || coalesce(json_extract(e.attributes, '$.number'), '') ELSE '' END,
              CASE WHEN e.text = '' THEN '' ELSE ': ' || replace(substr(e.text, 1, 100), char(10), ' ') END) AS outline
FROM elements e
JOIN documents d USING (document_number)
ORDER BY e.document_number, e.position;

-- What the trees say: who contains whom, and who comes next.
CREATE VIEW structural_relationships AS
SELECT d.doc_id, 'contains' AS relationship_type, e.parent_position AS source_position, e.position AS target_position
FROM elements e
JOIN documents d USING (document_number)
WHERE e.parent_position IS NOT NULL
UNION ALL
SELECT d.doc_id, 'next', previous.position, e.position
FROM elements e
JOIN documents d USING (document_number)
JOIN elements previous ON previous.document_number = e.document_number
     AND previous.parent_position = e.parent_position AND previous.ordinal = e.ordinal - 1;

-- Edges between elements of stored documents, by name.
CREATE VIEW all_relationships AS
SELECT doc_id AS source_doc_id, source_position, relationship_type,
       doc_id AS target_doc_id, target_position, NULL AS fragment, NULL AS score, NULL AS model
FROM structural_relationships
UNION ALL
SELECT d.doc_id, r.position, r.relationship_type, r.target_doc_id, r.target_position,
       nullif(r.fragment, ''), r.score, r.model
FROM relationships r
JOIN documents d USING (document_number)
WHERE EXISTS (SELECT 1 FROM documents target WHERE target.doc_id = r.target_doc_id AND target.outcome = 'stored');

-- What each run did.
CREATE VIEW run_summary AS
SELECT r.run_id, r.status, datetime(r.created_at / 1000, 'unixepoch') AS started,
       datetime(r.completed_at / 1000, 'unixepoch') AS completed,
       c.outcome, c.format, sum(c.documents) AS documents, sum(c.elements) AS elements,
       sum(c.explicit_relationships) AS explicit_relationships, sum(c.bytes) AS bytes
FROM processing_runs r
LEFT JOIN run_counters c USING (run_id)
GROUP BY r.run_id, c.outcome, c.format;
