-- How runs and workers were in the last minutes, so that rates can be told. A worker adds to both tables with its
-- heartbeats, at most one row a minute, and removes what has become old: some twenty rows a worker, and some hundred a run.

-- What each worker had done in a run by then.
CREATE TABLE worker_samples (
    minute       bigint      NOT NULL,           -- since 1970-01-01 UTC
    worker_id    text        NOT NULL,
    run_id       text        NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    sampled_at   timestamptz NOT NULL,
    version      text        NOT NULL,
    in_hand      integer     NOT NULL,           -- documents claimed
    ended        bigint      NOT NULL,           -- documents that it took out of the queue for good
    failed       bigint      NOT NULL,           -- of those
    bytes        bigint      NOT NULL,           -- of those
    memory_bytes bigint,                         -- of its process; NULL where the system does not tell
    PRIMARY KEY (minute, worker_id)
);

-- What all workers together had done in a run by then. They stay when the run is over.
CREATE TABLE run_samples (
    run_id       text        NOT NULL REFERENCES processing_runs ON DELETE CASCADE,
    minute       bigint      NOT NULL,           -- since 1970-01-01 UTC
    sampled_at   timestamptz NOT NULL,
    queued       bigint      NOT NULL,           -- documents in the queue
    ended        bigint      NOT NULL,           -- documents that left it for good
    failed       bigint      NOT NULL,           -- of those
    listed       bigint      NOT NULL,           -- documents that the listings had found
    leader_epoch bigint,
    PRIMARY KEY (run_id, minute)
);
