-- How the run and its worker were in the last minutes, so that rates can be told. The worker adds to both tables with its
-- heartbeats, at most one row a minute, and removes what has become old: some twenty rows a worker, and some hundred a run.

-- What the worker had done in a run by then.
CREATE TABLE worker_samples (
    minute       INTEGER NOT NULL,               -- since 1970-01-01 UTC
    worker_id    TEXT    NOT NULL,
    run_id       TEXT    NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    sampled_at   INTEGER NOT NULL,
    version      TEXT    NOT NULL,
    in_hand      INTEGER NOT NULL,               -- documents claimed
    ended        INTEGER NOT NULL,               -- documents that it took out of the queue for good
    failed       INTEGER NOT NULL,               -- of those
    bytes        INTEGER NOT NULL,               -- of those
    memory_bytes INTEGER,                        -- of its process; NULL where the system does not tell
    PRIMARY KEY (minute, worker_id)
) STRICT, WITHOUT ROWID;

-- What had been done in a run by then. They stay when the run is over.
CREATE TABLE run_samples (
    run_id       TEXT    NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    minute       INTEGER NOT NULL,               -- since 1970-01-01 UTC
    sampled_at   INTEGER NOT NULL,
    queued       INTEGER NOT NULL,               -- documents in the queue
    ended        INTEGER NOT NULL,               -- documents that left it for good
    failed       INTEGER NOT NULL,               -- of those
    listed       INTEGER NOT NULL,               -- documents that the listings had found
    leader_epoch INTEGER,                        -- NULL: nobody else could lead
    PRIMARY KEY (run_id, minute)
) STRICT, WITHOUT ROWID;
