-- What elements mean, and how they are related by it.

-- No version filled the table that was here before.
DROP TABLE embeddings;

-- Vectors of elements; a long element has one for each of its parts. Those of a document are all of one model, with
-- which it was stored last.
CREATE TABLE embeddings (
    document_number bigint  NOT NULL,
    position        integer NOT NULL,
    part            integer NOT NULL,            -- of the element, from 0
    model           text    NOT NULL,
    dimensions      integer NOT NULL,
    vector          bytea   NOT NULL,            -- dimensions × 16-bit floats (IEEE 754), little endian; of length 1
    PRIMARY KEY (document_number, position, part)
);

-- How the relationships of the document to others were found: the name of the model and the options. NULL: they are to be
-- found anew. No index knows it, so that writing it leaves the indexes alone.
ALTER TABLE documents ADD COLUMN related_as text;

-- Documents that say what another one says: they are marked, rather than related element by element.
CREATE TABLE document_duplicates (
    document_number bigint  PRIMARY KEY,
    duplicate_of    bigint  NOT NULL,            -- the first document that says the same
    is_exact        boolean NOT NULL,
    share           real    NOT NULL             -- of its elements, those that have a counterpart
);
CREATE INDEX document_duplicates_by_first ON document_duplicates (duplicate_of);

-- What was embedded and related in a run, added up by each worker for itself; readers sum over workers.
CREATE TABLE meaning_counters (
    run_id                       text   NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    worker_id                    text   NOT NULL,
    vectors                      bigint NOT NULL DEFAULT 0,
    semantic_relationships       bigint NOT NULL DEFAULT 0,
    documents_compared           bigint NOT NULL DEFAULT 0,
    cross_document_relationships bigint NOT NULL DEFAULT 0,
    duplicates                   bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, worker_id)
) WITH (fillfactor = 50);
