-- Documents that a listing found unchanged were never in the queue, so that those do not count.
INSERT INTO worker_samples (minute, worker_id, run_id, sampled_at, version, in_hand, ended, failed, bytes, memory_bytes)
SELECT unixepoch() / 60, ?1, ?2, CAST(unixepoch('subsec') * 1000 AS INTEGER), ?3, ?4,
       coalesce(sum(documents) FILTER (WHERE outcome <> 'unchanged'), 0),
       coalesce(sum(documents) FILTER (WHERE outcome = 'failed'), 0),
       coalesce(sum(bytes) FILTER (WHERE outcome <> 'unchanged'), 0), ?5
FROM run_counters
WHERE run_id = ?2 AND worker_id = ?1
ON CONFLICT DO NOTHING
