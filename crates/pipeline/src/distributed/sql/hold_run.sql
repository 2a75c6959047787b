-- Until this transaction ends, nobody else moves the run on or makes it active again. What refers to it goes on.
SELECT status FROM processing_runs WHERE run_id = $1 FOR NO KEY UPDATE
