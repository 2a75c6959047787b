-- The schema of distributed mode, for PostgreSQL 12 and newer. Times are by
-- the database's clock, unless a column says otherwise.
--
-- People read the views at the end: document_outline, element_details,
-- structural_relationships, all_relationships, run_summary.

-- ---------------------------------------------------------------- runs

-- One row a run: a generation of the work that a configuration defines.
CREATE TABLE processing_runs (
    run_id          text        PRIMARY KEY,
    fingerprint     text        NOT NULL,   -- of the configuration that defines the work
    generation      integer     NOT NULL,
    status          text        NOT NULL CHECK (status IN
        ('active', 'processing_complete', 'post_processing', 'completed', 'failed', 'abandoned')),
    config_snapshot text        NOT NULL,   -- YAML, secrets redacted
    leader_epoch    bigint,                 -- under which the status was set last
    created_at      timestamptz NOT NULL DEFAULT now(),
    completed_at    timestamptz,
    UNIQUE (fingerprint, generation)
);

-- A generation that somebody waits for: the leader does not wait until it is
-- time to look at the sources again.
CREATE TABLE run_requests (
    fingerprint text    PRIMARY KEY,
    generation  integer NOT NULL
);

-- How far the listing of each source has come in a run.
CREATE TABLE discovery_cursors (
    run_id          text   NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    source_name     text   NOT NULL,
    cursor          text,                        -- NULL before the first batch
    listed          bigint NOT NULL DEFAULT 0,   -- documents so far
    leader_epoch    bigint,                      -- under which it moved last
    following_since timestamptz,                 -- from when on links are followed as documents are stored
    finished_at     timestamptz,                 -- NULL while the listing goes on
    PRIMARY KEY (run_id, source_name)
);

-- What a listing could not read: a folder without permission, say.
CREATE TABLE discovery_problems (
    run_id      text NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    source_name text NOT NULL,
    locator     text NOT NULL,
    message     text NOT NULL
);
CREATE INDEX discovery_problems_by_run ON discovery_problems (run_id);

-- What became of the documents of a run, added up by each worker for itself;
-- readers sum over workers.
CREATE TABLE run_counters (
    run_id                   text   NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    worker_id                text   NOT NULL,
    source_name              text   NOT NULL,
    outcome                  text   NOT NULL CHECK (outcome IN ('stored', 'unchanged', 'skipped', 'failed')),
    format                   text   NOT NULL,   -- 'unknown' where it was not found out
    documents                bigint NOT NULL DEFAULT 0,
    elements                 bigint NOT NULL DEFAULT 0,
    structural_relationships bigint NOT NULL DEFAULT 0,
    explicit_relationships   bigint NOT NULL DEFAULT 0,
    bytes                    bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, worker_id, source_name, outcome, format)
) WITH (fillfactor = 50);

-- What each worker put into the queue of a run and what it took out of it for
-- good: the run has drained when the two sums are equal. Nobody has to look
-- through the queue for that.
CREATE TABLE run_progress (
    run_id    text   NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    worker_id text   NOT NULL,
    enqueued  bigint NOT NULL DEFAULT 0,
    ended     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, worker_id)
) WITH (fillfactor = 50);

-- ---------------------------------------------------------------- workers

-- One row a worker, now or ever.
CREATE TABLE workers (
    worker_id      text        PRIMARY KEY,
    instance_id    text        NOT NULL,    -- of the process: a new one with each start
    run_id         text,                    -- that it works on
    host           text        NOT NULL,
    process_id     bigint      NOT NULL,    -- on its host
    version        text        NOT NULL,
    status         text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'stopped', 'dead')),
    started_at     timestamptz NOT NULL DEFAULT now(),
    last_heartbeat timestamptz NOT NULL DEFAULT now(),
    in_hand        integer     NOT NULL DEFAULT 0,   -- documents claimed
    backend_pid    integer,                 -- of its session for notifications: while the server
    backend_start  timestamptz              -- lists it, the process lives
) WITH (fillfactor = 50);

-- Who leads. The epoch rises with each change of hands, and every write that
-- only a leader may make checks it. It is in a unique key so that taking over
-- waits for such writes (FOR KEY SHARE) and renewing does not.
CREATE TABLE leases (
    name        text        PRIMARY KEY,
    holder      text        NOT NULL,
    epoch       bigint      NOT NULL,
    acquired_at timestamptz NOT NULL,
    renewed_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    UNIQUE (name, epoch)
) WITH (fillfactor = 50);

-- ---------------------------------------------------------------- queue

-- Positions order the claims. No CACHE: a session that kept some for later
-- would give them to documents behind every cursor.
CREATE SEQUENCE document_queue_positions;

-- Live documents only: a finished one leaves. Its fence is (queue_id, attempt).
CREATE TABLE document_queue (
    queue_id        bigint      GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    run_id          text        NOT NULL,
    doc_id          text        NOT NULL,
    doc_key         bytea       NOT NULL,    -- 12 bytes of the BLAKE3 hash of doc_id, which may be long
    source_name     text        NOT NULL,
    locator         text        NOT NULL,
    link_depth      integer     NOT NULL DEFAULT 0,
    etag            text,
    modified_at     bigint,                  -- nanoseconds, by the source
    size_bytes      bigint,
    status          text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'processing', 'retry')),
    priority        smallint    NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
    position        bigint      NOT NULL DEFAULT nextval('document_queue_positions'),   -- a new one each time it becomes claimable; 0 while it waits for a retry
    attempt         integer     NOT NULL DEFAULT 0,
    retry_count     integer     NOT NULL DEFAULT 0,   -- failed attempts
    abandoned_count integer     NOT NULL DEFAULT 0,   -- attempts whose worker died
    worker_id       text,
    claimed_at      timestamptz,
    last_heartbeat  timestamptz,
    scheduled_for   timestamptz,             -- of a retry: when it is due
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (run_id, doc_key)
) WITH (fillfactor = 50);
ALTER SEQUENCE document_queue_positions OWNED BY document_queue.position;

-- Neither a claim nor a heartbeat changes a column that an index knows, and
-- half of each page is left free for them: no index entry is written for
-- either (a heap-only update). So no index here may know the status.
CREATE INDEX document_queue_in_order ON document_queue (run_id, priority, position);
CREATE INDEX document_queue_due ON document_queue (run_id, scheduled_for) WHERE scheduled_for IS NOT NULL;

-- What is said of a run's queue as a whole. The marks: no document of that
-- priority can be claimed, or can ever become claimable, at that position or
-- before it. The floors: no document of that priority is in the queue at that
-- position or before it. A row that is not there means an open queue, all of them at 0.
CREATE TABLE document_queue_runs (
    run_id       text   PRIMARY KEY,
    state        text   NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paused', 'closed')),
    low_mark     bigint NOT NULL DEFAULT 0,
    normal_mark  bigint NOT NULL DEFAULT 0,
    high_mark    bigint NOT NULL DEFAULT 0,
    low_floor    bigint NOT NULL DEFAULT 0,
    normal_floor bigint NOT NULL DEFAULT 0,
    high_floor   bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Attempts that did not end well, for the history in the dead letter queue.
CREATE TABLE document_attempts (
    queue_id      bigint      NOT NULL,
    attempt       integer     NOT NULL,
    worker_id     text        NOT NULL,
    started_at    timestamptz NOT NULL,
    ended_at      timestamptz NOT NULL DEFAULT now(),
    error_class   text        NOT NULL CHECK (error_class IN ('transient', 'permanent', 'poison')),
    error_message text        NOT NULL,
    PRIMARY KEY (queue_id, attempt)
);

-- Documents that were given up, with what is needed to try them again.
CREATE TABLE dead_letter_queue (
    dead_letter_id bigint      GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    run_id         text        NOT NULL,
    doc_id         text        NOT NULL,
    doc_key        bytea       NOT NULL,
    source_name    text        NOT NULL,
    locator        text        NOT NULL,
    link_depth     integer     NOT NULL,
    priority       smallint    NOT NULL,
    etag           text,
    modified_at    bigint,
    size_bytes     bigint,
    retry_count    integer     NOT NULL,
    error_class    text        NOT NULL CHECK (error_class IN ('transient', 'permanent', 'poison')),
    error_message  text        NOT NULL,
    attempts       jsonb       NOT NULL,     -- array: attempt, worker_id, started_at, ended_at, error_class, error_message
    died_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE (run_id, doc_key)
);
CREATE INDEX dead_letter_queue_by_document ON dead_letter_queue (doc_key);
CREATE INDEX dead_letter_queue_by_time ON dead_letter_queue (run_id, died_at);

-- ---------------------------------------------------------------- graph
--
-- No foreign keys within the graph: each would be looked up again for every
-- row of a document that is stored as a whole and removed as a whole.

-- Documents that were handled at least once; document_number is the short name that the tables below use.
-- A run that finds a document unchanged writes its row and no column that an index knows, and half of each page is
-- left free for that: no index entry is written, and the table does not grow from run to run.
CREATE TABLE documents (
    document_number   bigint      GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    doc_id            text        NOT NULL,
    doc_key           bytea       NOT NULL UNIQUE,   -- 12 bytes of the BLAKE3 hash of doc_id: the first part of element ids
    source_name       text        NOT NULL,
    locator           text        NOT NULL,
    outcome           text        NOT NULL CHECK (outcome IN ('stored', 'skipped')),
    format            text,
    title             text,
    metadata          jsonb,
    size_bytes        bigint      NOT NULL,
    etag              text,
    modified_at       bigint,                        -- nanoseconds, by the source
    content_hash      bytea,                         -- 16 bytes of the BLAKE3 hash of the content
    parse_fingerprint text        NOT NULL,          -- of the configuration it was parsed with
    link_depth        integer     NOT NULL,
    element_count     integer     NOT NULL,
    stored_by_run     text        NOT NULL,
    seen_by_run       text        NOT NULL,          -- the last run that stored it or found it unchanged
    stored_at         timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
-- Hash indexes take names of any length.
CREATE INDEX documents_by_doc_id ON documents USING hash (doc_id);

-- The tree of each document, flat, in document order; position 0 is the root.
CREATE TABLE elements (
    document_number  bigint  NOT NULL,
    position         integer NOT NULL,
    parent_position  integer,
    ordinal          integer NOT NULL,           -- place among its siblings
    depth            integer NOT NULL,           -- of the root: 0
    element_type     text    NOT NULL,
    text             text    NOT NULL,
    content_location text    NOT NULL,           -- finds it in the source: bytes=0-20, page=3, sheet=Plan;cells=B2
    attributes       jsonb,
    content_digest   bigint  NOT NULL,           -- 32 bits: the last part of the element id
    PRIMARY KEY (document_number, position)
);

-- Edges that are not structural: those are in structural_relationships.
CREATE TABLE relationships (
    document_number     bigint  NOT NULL,
    relationship_number integer NOT NULL,        -- place among those of its document
    position            integer NOT NULL,        -- the element it starts from
    relationship_type   text    NOT NULL CHECK (relationship_type IN ('explicit', 'semantic', 'cross_document')),
    target_doc_id       text    NOT NULL,        -- need not be stored (yet)
    target_position     integer NOT NULL,        -- 0: the document as a whole
    fragment            text    NOT NULL DEFAULT '', -- of an explicit link
    score               real,                    -- of a semantic one
    model               text,                    -- that gave the score
    PRIMARY KEY (document_number, relationship_type, relationship_number)
);
CREATE INDEX relationships_by_target ON relationships USING hash (target_doc_id);

CREATE TABLE embeddings (
    document_number bigint  NOT NULL,
    position        integer NOT NULL,
    model           text    NOT NULL,
    dimensions      integer NOT NULL,
    vector          bytea   NOT NULL,            -- dimensions × 32-bit floats, little endian
    PRIMARY KEY (document_number, position, model)
);

-- ---------------------------------------------------------------- views

-- Every element under its full name.
CREATE VIEW element_details AS
SELECT d.doc_id,
       encode(d.doc_key, 'hex') || '-' || e.position || '-' || lpad(to_hex(e.content_digest), 8, '0') AS element_id,
       encode(d.doc_key, 'hex') || '-' || e.parent_position || '-' || lpad(to_hex(p.content_digest), 8, '0') AS parent_id,
       e.position, e.parent_position, e.ordinal, e.depth, e.element_type, e.text, e.content_location, e.attributes
FROM elements e
JOIN documents d USING (document_number)
LEFT JOIN elements p ON p.document_number = e.document_number AND p.position = e.parent_position;

-- A document's tree, indented, as a person reads it:
--   SELECT outline FROM document_outline WHERE doc_id = 'examples:guide.md' ORDER BY position;
CREATE VIEW document_outline AS
SELECT d.doc_id, e.position,
       repeat('  ', e.depth) || e.element_type ||
       CASE WHEN e.element_type IN ('page', 'slide') THEN ' ' || coalesce(e.attributes ->> 'number', '') ELSE '' END ||
       CASE WHEN e.text = '' THEN '' ELSE ': ' || replace(left(e.text, 100), chr(10), ' ') END AS outline
FROM elements e
JOIN documents d USING (document_number);

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
       doc_id AS target_doc_id, target_position, NULL::text AS fragment, NULL::real AS score, NULL::text AS model
FROM structural_relationships
UNION ALL
SELECT d.doc_id, r.position, r.relationship_type, r.target_doc_id, r.target_position,
       nullif(r.fragment, ''), r.score, r.model
FROM relationships r
JOIN documents d USING (document_number)
WHERE EXISTS (SELECT 1 FROM documents target WHERE target.doc_id = r.target_doc_id AND target.outcome = 'stored');

-- What each run did.
CREATE VIEW run_summary AS
SELECT r.run_id, r.status, r.created_at AS started, r.completed_at AS completed,
       c.outcome, c.format, sum(c.documents) AS documents, sum(c.elements) AS elements,
       sum(c.explicit_relationships) AS explicit_relationships, sum(c.bytes) AS bytes
FROM processing_runs r
LEFT JOIN run_counters c USING (run_id)
GROUP BY r.run_id, c.outcome, c.format;
