-- Until this transaction ends, the run is not moved on, and no generation begins after it. What refers to it goes on.
SELECT status FROM processing_runs WHERE run_id = $1 FOR NO KEY UPDATE
