-- What elements mean, and how they are related by it.

-- No version filled the table that was here before.
DROP TABLE embeddings;

-- Vectors of elements; a long element has one for each of its parts. Those of a document are all of one model, with
-- which it was stored last.
CREATE TABLE embeddings (
    document_number INTEGER NOT NULL,
    position        INTEGER NOT NULL,
    part            INTEGER NOT NULL,            -- of the element, from 0
    model           TEXT    NOT NULL,
    dimensions      INTEGER NOT NULL,
    vector          BLOB    NOT NULL,            -- dimensions × 16-bit floats (IEEE 754), little endian; of length 1
    PRIMARY KEY (document_number, position, part)
) STRICT, WITHOUT ROWID;

-- How the relationships of the document to others were found: the name of the model and the options. NULL: they are to be
-- found anew.
ALTER TABLE documents ADD COLUMN related_as TEXT;

-- Documents that say what another one says: they are marked, rather than related element by element.
CREATE TABLE document_duplicates (
    document_number INTEGER PRIMARY KEY,
    duplicate_of    INTEGER NOT NULL,            -- the first document that says the same
    is_exact        INTEGER NOT NULL,
    share           REAL    NOT NULL             -- of its elements, those that have a counterpart
) STRICT;
CREATE INDEX document_duplicates_by_first ON document_duplicates (duplicate_of);

-- What was embedded and related in a run, added up by each worker for itself; readers sum over workers.
CREATE TABLE meaning_counters (
    run_id                       TEXT    NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    worker_id                    TEXT    NOT NULL,
    vectors                      INTEGER NOT NULL DEFAULT 0,
    semantic_relationships       INTEGER NOT NULL DEFAULT 0,
    documents_compared           INTEGER NOT NULL DEFAULT 0,
    cross_document_relationships INTEGER NOT NULL DEFAULT 0,
    duplicates                   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, worker_id)
) STRICT, WITHOUT ROWID;
